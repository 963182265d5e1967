"""Logistic regression on the vectors of a frozen sentence encoder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.sklearn_compat import HasMethods, Interval, StrOptions, check_sample_weight, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts, label_words
from skbalagen._utils.validation import TextClassifierTags
from skbalagen.classifiers._training_rows import check_texts_and_targets
from skbalagen.classifiers.label_texts import labels_speak, nearest_label_accuracy
from skbalagen.classifiers.logits import class_shares, log_shares
from skbalagen.encoders import SentenceEncoder

__all__ = ["EmbeddingClassifier"]


class EmbeddingClassifier(TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Logistic regression on the vectors of a frozen sentence encoder.

    Rows of several labels have one column of 0 and 1 per label, and one binary regression per label.

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
        is ``1 / n_classes``. For one label per row.
    max_iter : int, default=1000
        Maximum number of iterations of the solver.
    logit_adjustment : float, default=0.0
        Strength of post-hoc logit adjustment, at least 0: ``predict`` subtracts it times the log of the class
        share from the log probability. 0 is none, 1 is optimal for macro accuracy if probabilities are
        calibrated. Of several labels, the log odds of the share are subtracted from those of the label.
        ``predict_proba`` is not adjusted. It is read when predicting, so that ``set_params`` takes
        effect without another fit. A warning is issued if `class_weight` is set too.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    encoder_ : transformer
    linear_ : LogisticRegression, or MultiOutputClassifier of several labels
    label_texts_used_ : bool
        Whether labels were learned as texts.
    n_iter_ : int
        Iterations of its solver.
    class_shares_ : ndarray of shape (n_classes,)
        Share of each class in the weights of the rows, labels as texts included; they sum to 1, unless rows have
        several labels.

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
        """Fit on texts, labels and weights.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            One label per row, or one column of 0 and 1 per label.
        sample_weight : array-like of shape (n_samples,), default=None

        Raises
        ------
        TypeError, ValueError
            Input that is not texts with labels, a single class, a column without both values, or ``label_texts=True``
            for several labels per row.
        """
        texts, labels = check_texts_and_targets(X, y)
        several = labels.ndim == 2
        if several:
            self._check_columns(labels)
        if self.logit_adjustment > 0 and self.class_weight is not None:
            warnings.warn(
                f"class_weight={self.class_weight!r} already weights the classes, and "
                f"logit_adjustment={self.logit_adjustment} adjusts for their shares once more. Set one of the two.",
                UserWarning,
                stacklevel=3,
            )
        self.encoder_ = SentenceEncoder() if self.encoder is None else clone(self.encoder)
        linear = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=self.max_iter)
        self.linear_ = MultiOutputClassifier(linear) if several else linear
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
        weights = None if sample_weight is None else check_sample_weight(sample_weight, labels)
        members = self.linear_.estimators_ if several else [self.linear_]
        self.n_iter_ = int(max(member.n_iter_.max() for member in members))
        self.classes_ = np.arange(labels.shape[1]) if several else self.linear_.classes_
        self.class_shares_ = (
            np.average(labels, axis=0, weights=weights)
            if several
            else class_shares(labels, weights, self.classes_)
        )
        return self

    def _check_columns(self, indicator: np.ndarray) -> None:
        if self.label_texts:
            raise ValueError(
                f"label_texts=True needs one label per row, got y of shape {indicator.shape}. Set label_texts=False."
            )
        full = np.flatnonzero(indicator.all(axis=0))
        if len(full):
            raise ValueError(
                f"y must have rows with and rows without each label, got column {full[0]} with 1 in all "
                f"{len(indicator)} rows. Leave the column out."
            )

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the probability of each class, or of each label, of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        proba = self.linear_.predict_proba(self.encoder_.transform(as_texts(X, allow_empty=True)))
        return np.column_stack([each[:, 1] for each in proba]) if isinstance(proba, list) else proba

    def predict(self, X: Texts) -> np.ndarray:
        """Return the class of each text, the likeliest after `logit_adjustment`, of shape (n_samples,).

        Of several labels, those that are at least as likely as not: int, of shape (n_samples, n_labels).
        """
        check_is_fitted(self)
        proba, shares = self.predict_proba(X), self.class_shares_
        if isinstance(self.linear_, MultiOutputClassifier):
            return (logit(proba) >= self.logit_adjustment * logit(shares)).astype(int)
        adjusted = proba * np.exp(-self.logit_adjustment * log_shares(shares))
        return self.classes_[adjusted.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
