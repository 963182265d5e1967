"""Logistic regression on the vectors of a frozen sentence encoder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.sklearn_compat import HasMethods, Interval, StrOptions, check_sample_weight, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts, label_words
from skbalagen._utils.validation import TextClassifierTags, check_texts_and_labels
from skbalagen.classifiers.label_texts import labels_speak, nearest_label_accuracy
from skbalagen.classifiers.logits import class_shares, log_shares
from skbalagen.encoders import SentenceEncoder

__all__ = ["EmbeddingClassifier"]


class EmbeddingClassifier(TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Logistic regression on the vectors of a frozen sentence encoder.

    Parameters
    ----------
    encoder : SentenceEncoder, default=None
        A transformer from texts to vectors; None is the embedded encoder.
    C : float, default=10.0
        Inverse strength of the regularisation, above 0. scikit-learn's default of 1 is too strong for unit
        vectors.
    class_weight : dict, "balanced" or None, default=None
        As in LogisticRegression.
    label_texts : bool, default=False
        Whether each label, in words, is learned as one more text of its class, if labels say what classes
        are about: if nearest-label macro accuracy is at least ``chance + 0.1 * (1 - chance)``, where chance
        is ``1 / n_classes``.
    max_iter : int, default=1000
        Maximum number of iterations of the solver.
    logit_adjustment : float, default=0.0
        Strength of post-hoc logit adjustment, at least 0: ``predict`` subtracts it times the log of the class
        share from the log probability. 0 is none, 1 is optimal for macro accuracy if probabilities are
        calibrated. ``predict_proba`` is not adjusted. It is read when predicting, so that ``set_params`` takes
        effect without another fit. A warning is issued if `class_weight` is set too.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    encoder_ : transformer
    linear_ : LogisticRegression
    label_texts_used_ : bool
        Whether labels were learned as texts.
    n_iter_ : int
        Iterations of its solver.
    class_shares_ : ndarray of shape (n_classes,)
        Share of each class in the weights of the rows, labels as texts included; they sum to 1.

    See Also
    --------
    skbalagen.LogitAdjustedClassifier : The adjustment for any classifier, with a tuned strength.
    skbalagen.LabelTextOverSampler : Labels as texts for any classifier.

    References
    ----------
    Menon et al. (2021), "Long-tail learning via logit adjustment", ICLR (post-hoc logit adjustment).

    Examples
    --------
    >>> from skbalagen import EmbeddingClassifier
    >>> EmbeddingClassifier().fit(["hi", "bye"], ["greeting", "farewell"]).predict(["hello"])  # doctest: +SKIP
    array(['greeting'], dtype='<U8')
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "encoder": [None, HasMethods(["fit", "transform"])],
        "C": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "label_texts": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "logit_adjustment": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        encoder: SentenceEncoder | None = None,
        C: float = 10.0,
        class_weight: Mapping[Any, float] | str | None = None,
        label_texts: bool = False,
        max_iter: int = 1000,
        logit_adjustment: float = 0.0,
    ) -> None:
        self.encoder = encoder
        self.C = C
        self.class_weight = class_weight
        self.label_texts = label_texts
        self.max_iter = max_iter
        self.logit_adjustment = logit_adjustment

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Texts, y: Labels, sample_weight: np.ndarray | None = None) -> Self:
        """Fit on the texts `X`, labels `y` and weights, each of shape (n_samples,)."""
        texts, labels = check_texts_and_labels(X, y)
        if self.logit_adjustment > 0 and self.class_weight is not None:
            warnings.warn(
                f"class_weight={self.class_weight!r} already weights the classes, and "
                f"logit_adjustment={self.logit_adjustment} adjusts for their shares once more. Set one of the two.",
                UserWarning,
                stacklevel=3,
            )
        self.encoder_ = SentenceEncoder() if self.encoder is None else clone(self.encoder)
        self.linear_ = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=self.max_iter)
        vectors = self.encoder_.fit_transform(texts)
        self.label_texts_used_ = False
        if self.label_texts:
            classes = np.unique(labels)
            names = self.encoder_.transform(np.array([label_words(c) for c in classes], dtype=object))
            accuracy = nearest_label_accuracy(vectors, labels, names, classes)
            self.label_texts_used_ = labels_speak(accuracy, len(classes))
        if self.label_texts_used_:
            # A label counts like one distinct row of its class, however often rows are repeated.
            weights = check_sample_weight(sample_weight, texts)
            each = [weights[labels == c].sum() / len(set(texts[labels == c])) for c in classes]
            vectors, labels = np.vstack([vectors, names]), np.concatenate([labels, classes])
            sample_weight = np.concatenate([weights, each])
        self.linear_.fit(vectors, labels, sample_weight=sample_weight)
        self.classes_ = self.linear_.classes_
        self.n_iter_ = int(self.linear_.n_iter_.max())
        weights = None if sample_weight is None else check_sample_weight(sample_weight, labels)
        self.class_shares_ = class_shares(labels, weights, self.classes_)
        return self

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the probability of each class, of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self.linear_.predict_proba(self.encoder_.transform(as_texts(X, allow_empty=True)))

    def predict(self, X: Texts) -> np.ndarray:
        """Return the class of each text, of shape (n_samples,): the likeliest, after `logit_adjustment`."""
        check_is_fitted(self)
        adjusted = self.predict_proba(X) * np.exp(-self.logit_adjustment * log_shares(self.class_shares_))
        return self.classes_[adjusted.argmax(axis=1)]
