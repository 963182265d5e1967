"""Weights and groups of the rows that come out."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length, column_or_1d

__all__ = ["carried_groups", "carried_weights", "check_groups"]


def check_groups(groups: Any, y: np.ndarray) -> np.ndarray:
    """Return the groups of the rows as an array that can hold the group of new texts too.

    Parameters
    ----------
    groups : array-like of shape (n_samples,)
    y : ndarray of shape (n_samples,)
        Labels of the same rows.

    Returns
    -------
    ndarray of shape (n_samples,)
        Unsigned numbers become signed ones, which have a -1.

    Raises
    ------
    ValueError
        Groups of another length, a group -1, which is that of new texts, or a number that fits no signed type.
    """
    groups = column_or_1d(groups)
    check_consistent_length(y, groups)
    if np.issubdtype(groups.dtype, np.unsignedinteger):
        most = np.iinfo(np.int64).max
        if groups.max() > most:
            row = int(groups.argmax())
            raise ValueError(
                f"groups must be numbers of at most {most}, got {groups[row]} in row {row}. Number the groups anew."
            )
        return groups.astype(np.int64)
    if np.issubdtype(groups.dtype, np.number) and (groups == -1).any():
        raise ValueError(
            f"groups must not hold -1, which is the group of new texts, got it in row {int((groups == -1).argmax())}. "
            "Give that group another number."
        )
    return groups


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
