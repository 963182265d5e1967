"""Random over-sampling for several labels per row (ML-ROS, Charte et al. 2015)."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length

from skbalagen._utils.containers import take
from skbalagen._utils.random import as_seed
from skbalagen._utils.sklearn_compat import Interval, fit_context

__all__ = ["MLROS", "imbalance_ratios"]


def imbalance_ratios(y: np.ndarray) -> np.ndarray:
    """Return how many times more rows the most frequent label has than each label (IRLbl).

    Parameters
    ----------
    y : ndarray of shape (n_rows, n_labels)
        1 for each label that a row has, 0 for the others; each label has a row.

    Returns
    -------
    ndarray of shape (n_labels,)
        At least 1.

    Examples
    --------
    >>> imbalance_ratios(np.array([[1, 0], [1, 0], [1, 1]])).tolist()
    [1.0, 3.0]
    """
    counts = np.asarray(y).sum(axis=0)
    return counts.max() / counts


class MLROS(BaseEstimator):
    """Copy rows with rare labels, for several labels per row, which imbalanced-learn's samplers do not take.

    A label is rare if its imbalance ratio, the rows of the most frequent label over its own, is above the mean
    ratio of all labels. Rare labels take turns: a random row of each is copied, with all its labels, until the
    ratio of the label has come down to that mean or the copies are used up.

    Parameters
    ----------
    portion : float, default=0.25
        Most rows to add, as a fraction of the rows that there are; above 0.
    random_state : int, RandomState instance or None, default=None
        Chooses the rows.

    Attributes
    ----------
    imbalance_ratios_ : ndarray of shape (n_labels,)
        Of the labels before any copies.
    mean_ratio_ : float
        Above it, a label is rare.
    sample_indices_ : ndarray of int, of shape (n_rows_new,)
        The row of X that each row is: first all of them, then the copies.

    See Also
    --------
    skbalagen.classifiers.row_samplers.RepeatFactorSampler : Draws such rows more often in training, without copies.

    Notes
    -----
    The order of turns, and that the mean is not computed anew, are not verified against the paper. Classifiers
    that merge equal rows turn copies into weights, which has the same effect.

    References
    ----------
    Charte et al. (2015), "Addressing imbalance in multilabel classification: Measures and random resampling
    algorithms", Neurocomputing 163 (ML-ROS).

    Examples
    --------
    >>> X = [f"text {i}" for i in range(9)]
    >>> y = np.array([[1, 0, 0]] * 6 + [[0, 1, 0]] * 2 + [[0, 0, 1]])
    >>> X_new, y_new = MLROS(portion=0.3, random_state=0).fit_resample(X, y)
    >>> X_new[9:], y_new.sum(axis=0).tolist()
    (['text 8'], [6, 2, 2])
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "portion": [Interval(Real, 0, None, closed="neither")],
        "random_state": ["random_state"],
    }

    def __init__(
        self, portion: float = 0.25, random_state: int | np.random.RandomState | None = None
    ) -> None:
        self.portion = portion
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Append the copies.

        Parameters
        ----------
        X : container of n_rows rows
            Texts or vectors: a list, ndarray, sparse matrix, Series or DataFrame.
        y : array-like of shape (n_rows, n_labels)
            1 for each label that a row has, 0 for the others.

        Returns
        -------
        X_resampled : container of the type of `X`
        y_resampled : container of the type of `y`

        Raises
        ------
        ValueError
            A `y` that is no indicator matrix, or a label without rows.
        """
        labels = _check_indicator(y)
        check_consistent_length(X, labels)
        self.imbalance_ratios_ = imbalance_ratios(labels)
        self.mean_ratio_ = float(self.imbalance_ratios_.mean())
        n_copies = int(self.portion * len(labels))
        copies = self._copies(labels, n_copies, np.random.default_rng(as_seed(self.random_state)))
        rows = np.concatenate([np.arange(len(labels)), np.array(copies, dtype=int)])
        self.sample_indices_ = rows
        return X.tocsr()[rows] if hasattr(X, "tocsr") else take(X, rows), take(y, rows)

    def _copies(self, labels: np.ndarray, n_copies: int, rng: np.random.Generator) -> list[int]:
        counts = labels.sum(axis=0)
        rare = np.flatnonzero(self.imbalance_ratios_ > self.mean_ratio_)
        rows_of = {label: np.flatnonzero(labels[:, label]) for label in rare.tolist()}
        copies: list[int] = []
        while rows_of and len(copies) < n_copies:
            for label in list(rows_of)[: n_copies - len(copies)]:
                row = int(rng.choice(rows_of[label]))
                copies.append(row)
                counts = counts + labels[row]
                if counts.max() / counts[label] <= self.mean_ratio_:
                    del rows_of[label]
        return copies


def _check_indicator(y: Any) -> np.ndarray:
    labels = np.asarray(y)
    if labels.ndim != 2 or labels.shape[1] < 2 or not np.isin(labels, [0, 1]).all():
        raise ValueError(
            f"y must be an indicator matrix of shape (n_rows, n_labels), 0 or 1 for each of at least two labels, got an "
            f"array of {labels.dtype} of shape {labels.shape}. With one label per row, take RandomOverSampler."
        )
    labels = labels.astype(int)
    empty = np.flatnonzero(labels.sum(axis=0) == 0)
    if len(empty):
        raise ValueError(
            f"y must have a row of each label, got none of the label in column {empty[0]}. Leave the column out."
        )
    return labels
