"""How unequal the class sizes are."""

from __future__ import annotations

import numpy as np
from scipy import stats

from skbalagen.metrics._checks import Labels, as_labels

__all__ = ["balance_ratio", "entropy", "imbalance_ratio"]


def _class_counts(y: Labels) -> np.ndarray:
    """Return the number of rows of each class, of shape (n_classes,)."""
    return np.unique(as_labels(y, "y"), return_counts=True)[1]


def entropy(y: Labels) -> float:
    """Return the Shannon entropy of the class sizes, the measure of balance that the paper reports.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    float
        In nats, from 0 for a single class to ``log(n_classes)`` for classes of equal size.

    Raises
    ------
    ValueError
        If `y` is empty or lacks a label.

    Examples
    --------
    >>> round(entropy(["a", "a", "b", "b"]), 4)
    0.6931
    """
    return float(stats.entropy(_class_counts(y)))


def balance_ratio(y: Labels) -> float:
    """Return the normalised entropy of the class sizes, ``entropy(y) / log(n_classes)``.

    Unlike the entropy, it can be compared between data sets with different numbers of classes.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    float
        In [0, 1]: 1 if all classes have the same size, near 0 if one class has almost all rows. It is 1 for a
        single class.

    Raises
    ------
    ValueError
        If `y` is empty or lacks a label.

    Examples
    --------
    >>> balance_ratio(["a", "a", "b", "b"])
    1.0
    >>> round(balance_ratio(["a", "a", "a", "b"]), 4)
    0.8113
    """
    counts = _class_counts(y)
    if len(counts) == 1:
        return 1.0
    # Rounding can lift the quotient of equal classes above 1 by one unit in the last place.
    return min(1.0, float(stats.entropy(counts) / np.log(len(counts))))


def imbalance_ratio(y: Labels) -> float:
    """Return the size of the largest class over the size of the smallest.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    float
        At least 1; it is 1 if all classes have the same size.

    Raises
    ------
    ValueError
        If `y` is empty or lacks a label.

    Examples
    --------
    >>> imbalance_ratio(["a", "a", "a", "b"])
    3.0
    """
    counts = _class_counts(y)
    return float(counts.max() / counts.min())
