"""Pseudo-labels, with no class grown beyond the largest."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.semi_supervised import SelfTrainingClassifier

from skbalagen._utils.sklearn_compat import HasMethods, Interval

__all__ = ["BalancedSelfTrainingClassifier"]


class BalancedSelfTrainingClassifier(SelfTrainingClassifier):
    """scikit-learn's self-training, in which pseudo-labels fill small classes and leave the largest alone.

    A classifier is fitted on the labeled rows and labels the others; those of which it is confident join the labeled
    rows, and so on until none is left. Left to itself this feeds the largest class most. Here a class of n_j rows
    gets at most ``max n - n_j`` new ones, the most confident first.

    Parameters
    ----------
    estimator : classifier
        With `predict_proba`, on vectors: put the whole behind an encoder or a vectorizer.
    threshold : float, default=0.9
        Confidence above which a pseudo-label is taken, in [0, 1).
    max_iter : int, default=10
        Most rounds, at least 1; None is no limit.
    verbose : bool, default=False
        Whether each round is printed.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on the labeled and the pseudo-labeled rows.
    classes_ : ndarray of shape (n_classes,)
    transduction_ : ndarray of shape (n_samples,)
        The labels that it was fitted on; -1 where none was found.
    labeled_iter_ : ndarray of int, of shape (n_samples,)
        The round in which each row got its label: 0 for labeled rows, -1 where none was found.
    n_iter_ : int
        Rounds, at least 1: where all rows have labels, the classifier is fitted once.
    termination_condition_ : {"max_iter", "no_change", "all_labeled"}

    See Also
    --------
    skbalagen.BalaGenResampler : ``fit_resample(unlabeled=)`` has labelers vote on unlabeled texts, once.

    Notes
    -----
    The rows without a label have -1 in `y`, as in scikit-learn: where labels are texts, `y` is of dtype object.

    References
    ----------
    Henning et al. (2023), "A Survey of Methods for Addressing Class Imbalance in Deep-Learning Based NLP", EACL, for
    self-training under imbalance. The cap is that of pseudo-labels which fill classes up to the largest.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> X = np.array([[0.0], [0.1], [0.2], [5.0], [0.3], [0.4], [5.1], [5.2], [5.3]])
    >>> y = np.array([0, 0, 0, 1, -1, -1, -1, -1, -1])
    >>> model = BalancedSelfTrainingClassifier(LogisticRegression(C=100)).fit(X, y)
    >>> model.transduction_.tolist()
    [0, 0, 0, 1, -1, -1, -1, 1, 1]
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "threshold": [Interval(Real, 0.0, 1.0, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        threshold: float = 0.9,
        max_iter: int | None = 10,
        verbose: bool = False,
    ) -> None:
        self.estimator = estimator
        self.threshold = threshold
        self.max_iter = max_iter
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the classifier on the labeled rows, and on the others as they get labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels; -1 where there is none.

        Returns
        -------
        self : object
        """
        self._validate_params()
        if getattr(y, "dtype", None) is not None and getattr(y.dtype, "kind", "") == "U":
            y = y.astype(object)  # of texts alone: all rows have labels
        rounds = SelfTrainingClassifier(
            _CappedConfidence(self.estimator),
            threshold=self.threshold,
            max_iter=self.max_iter,
            verbose=self.verbose,
        ).fit(X, y)
        self.__dict__.update({name: value for name, value in vars(rounds).items() if name.endswith("_")})
        self.n_iter_ = max(1, rounds.n_iter_)
        self.estimator_ = rounds.estimator_.estimator_
        return self


class _CappedConfidence(ClassifierMixin, BaseEstimator):
    """A classifier that admits no confidence for rows beyond those that a class lacks; for the rounds alone."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any) -> Self:
        """Fit, and count what each class lacks: pseudo-labels of earlier rounds are in `y`."""
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.classes_ = self.estimator_.classes_
        sizes = np.array([(y == label).sum() for label in self.classes_])
        self.lacking_ = sizes.max() - sizes
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities, and zeros for the rows of a class beyond its most confident `lacking_` ones."""
        proba = self.estimator_.predict_proba(X)
        likeliest, confidence = proba.argmax(axis=1), proba.max(axis=1)
        capped = np.zeros_like(proba)
        for code, n_lacking in enumerate(self.lacking_):
            rows = np.flatnonzero(likeliest == code)
            rows = rows[np.argsort(-confidence[rows], kind="stable")[:n_lacking]]
            capped[rows] = proba[rows]
        return capped
