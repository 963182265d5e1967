"""A classifier and its remedy as one estimator, so that the weights of generated rows reach the classifier."""

from __future__ import annotations

from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.sklearn_compat import HasMethods, Interval, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts
from skbalagen._utils.validation import TextClassifierTags, check_texts_and_labels
from skbalagen.classifiers.label_texts import LabelTextOverSampler
from skbalagen.classifiers.logit_adjustment import LogitAdjustedClassifier

__all__ = ["RemedyClassifier"]

# Classes below are left out of soft labels, so that a row is not repeated for each of a hundred classes.
_LEAST_PROBABLE = 0.01


class RemedyClassifier(TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Fit a text classifier with a remedy for class imbalance.

    The steps of ``fit``: new rows by `sampler`, each label as one more row, weights, the classifier, and logit
    adjustment of its scores. Each of them can be switched off.

    Parameters
    ----------
    classifier : classifier on raw text
        Or a pipeline of a vectorizer and a classifier. It is cloned.
    sampler : sampler of texts, default=None
        Such as BalaGenResampler or ``TextSampler(RandomOverSampler())``; None adds no rows.
    label_texts : bool, default=False
        Whether each label in words is one more row of its class, where labels speak: see
        :class:`~skbalagen.LabelTextOverSampler`.
    teacher : classifier on raw text, default=None
        Gives the rows that `sampler` marks in `is_synthetic_` soft labels instead of the label that they were written
        for: it is fitted on the rows as they are, and each new row counts for each class as much as the
        teacher finds it probable (distillation). Then the sampler need not have labelers.
    generated_weight : float, default=1.0
        Weight of the rows that `sampler` marks in `is_synthetic_`, above 0; all other rows have 1.
    class_weights : bool, default=False
        Whether all classes get the same total weight.
    tau : float, default=0.0
        Strength of the logit adjustment, at least 0: see :class:`~skbalagen.LogitAdjustedClassifier`. Class shares
        are those of the rows and weights that the classifier is fitted on.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    classifier_ : LogitAdjustedClassifier
        The fitted classifier with its adjustment.
    sampler_ : sampler or None
        The fitted sampler.
    teacher_ : classifier or None
        The fitted teacher.
    n_rows_ : int
        Rows that the classifier was fitted on.

    Notes
    -----
    A teacher that reads more than the classifier, such as :class:`~skbalagen.EmbeddingClassifier` beside TF-IDF, passes
    on what it knows: the generated texts carry it. It is not needed for predicting.

    References
    ----------
    Hinton, Vinyals & Dean (2015), "Distilling the Knowledge in a Neural Network", section 2.
    Menon et al. (2021), "Long-tail learning via logit adjustment", ICLR.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skbalagen import RemedyClassifier
    >>> words = make_pipeline(TfidfVectorizer(), LogisticRegression())
    >>> X, y = ["red wine", "white wine", "a beer", "rain"], ["drink", "drink", "drink", "weather"]
    >>> RemedyClassifier(words).fit(X, y).predict(["some rain"])
    array(['drink'], dtype='<U7')
    >>> RemedyClassifier(words, tau=1.0).fit(X, y).predict(["some rain"])
    array(['weather'], dtype='<U7')
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "classifier": [HasMethods(["fit", "predict"])],
        "sampler": [HasMethods(["fit_resample"]), None],
        "label_texts": ["boolean"],
        "teacher": [HasMethods(["fit", "predict_proba"]), None],
        "generated_weight": [Interval(Real, 0, None, closed="neither")],
        "class_weights": ["boolean"],
        "tau": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        classifier: Any,
        *,
        sampler: Any = None,
        label_texts: bool = False,
        teacher: Any = None,
        generated_weight: float = 1.0,
        class_weights: bool = False,
        tau: float = 0.0,
    ) -> None:
        self.classifier = classifier
        self.sampler = sampler
        self.label_texts = label_texts
        self.teacher = teacher
        self.generated_weight = generated_weight
        self.class_weights = class_weights
        self.tau = tau

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Apply the remedy to the rows, and fit the classifier.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
        y : array-like of shape (n_samples,)
            One label per text.

        Returns
        -------
        self : object
        """
        texts, labels = check_texts_and_labels(X, y)
        rows, classes, new = texts, labels, np.zeros(len(texts), dtype=bool)
        self.sampler_ = None if self.sampler is None else clone(self.sampler)
        if self.sampler_ is not None:
            rows, classes = self.sampler_.fit_resample(texts, labels)
            new = np.asarray(getattr(self.sampler_, "is_synthetic_", np.zeros(len(rows), dtype=bool)))
        rows, classes, new = _kept_first(rows, classes, new)
        n_kept = int((~new).sum())
        if self.label_texts:
            # The rows of D decide whether labels speak; a label that was generated is not added twice.
            names = LabelTextOverSampler().fit(texts, labels).label_texts_
            known = set(rows)
            added = {label: text for label, text in names.items() if text not in known}
            rows = np.insert(rows, n_kept, np.array(list(added.values()), dtype=object))
            classes = np.insert(classes, n_kept, np.array(list(added), dtype=classes.dtype))
            n_kept += len(added)
        weights = np.ones(len(rows))
        weights[n_kept:] = self.generated_weight
        self.teacher_ = None
        if self.teacher is not None and n_kept < len(rows):
            self.teacher_ = clone(self.teacher).fit(texts, labels)
            rows, classes, weights = _soft_labels(self.teacher_, rows, classes, weights, n_kept)
        if self.class_weights:
            weights = weights * compute_sample_weight("balanced", classes)
        self.n_rows_ = len(rows)
        self.classifier_ = LogitAdjustedClassifier(self.classifier, tau=self.tau)
        equal = bool((weights == weights[0]).all())
        self.classifier_.fit(rows, classes, sample_weight=None if equal else weights)
        self.classes_ = self.classifier_.classes_
        return self

    def predict(self, X: Texts) -> np.ndarray:
        """Return the class of each text after the adjustment, of shape (n_samples,)."""
        check_is_fitted(self)
        return self.classifier_.predict(as_texts(X, allow_empty=True))

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the classifier's own probabilities, not adjusted, of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self.classifier_.predict_proba(as_texts(X, allow_empty=True))


def _kept_first(
    rows: np.ndarray, classes: np.ndarray, new: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows with the new ones last, each part in its order."""
    order = np.argsort(new, kind="stable")
    return rows[order], classes[order], new[order]


def _soft_labels(
    teacher: Any, rows: np.ndarray, classes: np.ndarray, weights: np.ndarray, n_kept: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows with each from `n_kept` on once per class that the teacher finds probable.

    The weight of a new row is divided among these classes by their probability: the cross-entropy of soft targets.
    """
    new = rows[n_kept:]
    probabilities = teacher.predict_proba(new)  # (n_new, n_classes)
    least = np.minimum(_LEAST_PROBABLE, probabilities.max(axis=1, keepdims=True))
    probabilities = np.where(probabilities >= least, probabilities, 0)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    row, column = np.nonzero(probabilities)
    return (
        np.concatenate([rows[:n_kept], new[row]]),
        np.concatenate([classes[:n_kept], np.asarray(teacher.classes_)[column]]),
        np.concatenate([weights[:n_kept], weights[n_kept:][row] * probabilities[row, column]]),
    )
