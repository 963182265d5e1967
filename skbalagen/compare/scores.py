"""Macro accuracy over scored rows, and the standard error of a difference between two remedies."""

from __future__ import annotations

import numpy as np

__all__ = ["macro_mean", "macro_standard_error"]


def macro_mean(values: np.ndarray, y: np.ndarray) -> float:
    """Return the mean over classes of the mean over rows.

    Parameters
    ----------
    values : ndarray of float, of shape (n_rows,)
        Such as how often each row was predicted right.
    y : ndarray of shape (n_rows,)
        Labels.

    Examples
    --------
    >>> macro_mean(np.array([1.0, 0.0, 1.0]), np.array(["a", "a", "b"]))
    0.75
    """
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    return float((np.bincount(codes, weights=values) / counts).mean())


def macro_standard_error(values: np.ndarray, y: np.ndarray) -> float:
    """Return the standard error of :func:`macro_mean`, the rows of each class being drawn at random.

    The variance within classes is pooled over the classes, since most have too few rows for one of their own:
    ``sqrt(s**2 / K**2 * sum(1 / n_c))`` for K classes of n_c rows.

    Parameters
    ----------
    values : ndarray of float, of shape (n_rows,)
        For a difference between two remedies, the differences row by row: then the error is a paired one.
    y : ndarray of shape (n_rows,)
        Labels.

    Returns
    -------
    float
        nan if no class has two rows.

    Examples
    --------
    >>> round(macro_standard_error(np.array([1.0, 0.0, 1.0, 0.0]), np.array(["a", "a", "b", "b"])), 4)
    0.3536
    """
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    freedom = int((counts - 1).sum())
    if not freedom:
        return float("nan")
    means = np.bincount(codes, weights=values) / counts
    variance = float(((values - means[codes]) ** 2).sum()) / freedom
    return float(np.sqrt(variance * (1 / counts).sum()) / len(counts))
