"""Weights and groups of the rows that come out."""

from __future__ import annotations

import numpy as np

__all__ = ["carried_groups", "carried_weights"]


def carried_weights(weights: np.ndarray, y: np.ndarray, rows: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return the weights of the rows that come out; new texts have the mean weight of their class.

    Parameters
    ----------
    weights, y : ndarray of shape (n_samples,)
        Weights and labels of the rows that went in.
    rows : ndarray of int, of shape (n_samples_new,)
        The row that each row is or copies; for a new text, any row of its class.
    new : ndarray of bool, of shape (n_samples_new,)
        Which rows are new texts.

    Examples
    --------
    >>> carried_weights(np.array([1.0, 3.0, 5.0]), np.array(["a", "a", "b"]), np.array([2, 0]), np.array([False, True]))
    array([5., 2.])
    """
    labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    means = np.bincount(codes, weights=weights, minlength=len(labels)) / counts
    return np.where(new, means[codes[rows]], weights[rows])


def carried_groups(groups: np.ndarray, rows: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return the groups of the rows that come out; new texts have -1 if groups are numbers, else None.

    Parameters
    ----------
    groups : ndarray of shape (n_samples,)
    rows, new : ndarray of shape (n_samples_new,)
        As for :func:`carried_weights`.
    """
    numbers = np.issubdtype(groups.dtype, np.number)
    carried = groups[rows] if numbers else groups[rows].astype(object)
    carried[new] = -1 if numbers else None
    return carried
