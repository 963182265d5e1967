"""Counts, probabilities and draws of training rows."""

from __future__ import annotations

import numpy as np

__all__ = ["class_counts", "natural_rows", "rows_of_classes", "systematic_draw"]


def class_counts(y: np.ndarray, multiplicities: np.ndarray) -> np.ndarray:
    """Count the rows of each class, or those that have each label.

    Parameters
    ----------
    y : ndarray of int, of shape (n_rows,), or of shape (n_rows, n_labels)
        Class numbers, or an indicator matrix.
    multiplicities : ndarray of float, of shape (n_rows,)
        How often each row counts.

    Returns
    -------
    ndarray of float, of shape (n_classes,)
    """
    return np.bincount(y, multiplicities) if y.ndim == 1 else multiplicities @ y


def natural_rows(multiplicities: np.ndarray) -> np.ndarray:
    """Return the probability of each row if all are equally likely; of shape (n_rows,)."""
    return multiplicities / multiplicities.sum()


def rows_of_classes(y: np.ndarray, shares: np.ndarray, multiplicities: np.ndarray) -> np.ndarray:
    """Return the probability of each row if a class is drawn first, and then one of its rows.

    Parameters
    ----------
    y : ndarray of int, of shape (n_rows,), or of shape (n_rows, n_labels)
        Class numbers, or an indicator matrix.
    shares : ndarray of float, of shape (n_classes,)
        What the probability of each class is proportional to; classes without rows do not count.
    multiplicities : ndarray of float, of shape (n_rows,)
        How often each row counts.

    Returns
    -------
    ndarray of float, of shape (n_rows,)
        They sum to 1, or are all 0 if no class with rows has a share.
    """
    counts = class_counts(y, multiplicities)
    shares = np.where(counts > 0, shares[: len(counts)], 0.0)
    per_copy = shares / (max(shares.sum(), np.finfo(float).tiny) * np.where(counts > 0, counts, 1))
    return multiplicities * (per_copy[y] if y.ndim == 1 else y @ per_copy)


def systematic_draw(p: np.ndarray, y: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw row numbers so that each row, and each class, occurs as often as expected up to rounding.

    The rows lie on a line of length n, class by class and in random order within a class, each as long as its
    expected number. Points at distance 1 from each other, with a random start, say how often each row is
    drawn. The mean of that is exact (systematic sampling).

    Parameters
    ----------
    p : ndarray of float, of shape (n_rows,)
        Probabilities that sum to 1.
    y : ndarray of shape (n_rows,) or (n_rows, n_labels)
        Class numbers; an indicator matrix is treated as one class.
    n : int
        Rows to draw.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, of shape (n,)
        In random order, but within a class each row comes once before any of them comes again.
    """
    order = rng.permutation(len(p))
    if y.ndim == 1:
        order = order[np.argsort(rng.permutation(y.max() + 1)[y[order]], kind="stable")]
    ends = n * np.cumsum(p[order])
    ends = np.rint(ends * 2**20) / 2**20  # a class of exactly k expected rows gets k, in spite of rounding
    ends[-1] = n
    # Points at start, start + 1, ...: how many of them lie before each end.
    before = np.ceil(ends - rng.random()).astype(int)
    times = np.diff(np.maximum(before, 0), prepend=0)
    rows = np.repeat(order, times)
    turn = np.arange(n) - np.repeat(np.cumsum(times) - times, times)  # 0 for the first copy of a row
    classes = y[rows] if y.ndim == 1 else np.zeros(n, dtype=int)
    # A random sequence of classes, and in each the first copies before the second ones.
    places = np.argsort(rng.permutation(classes), kind="stable")
    drawn = np.empty(n, dtype=int)
    drawn[places] = rows[np.lexsort((rng.random(n), turn, classes))]
    return drawn
