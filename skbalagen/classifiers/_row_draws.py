"""The rows that an epoch is drawn from, and the draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["EpochRows", "epoch_rows", "systematic_draw"]


@dataclass(frozen=True)
class EpochRows:
    """What a sampler may look at.

    Attributes
    ----------
    y : ndarray of int, of shape (n_rows,), or of shape (n_rows, n_labels)
        Class numbers, or an indicator matrix.
    multiplicities : ndarray of float, of shape (n_rows,)
        How many rows of the training set each row stands for.
    epoch, n_epochs : int
        Epochs are counted from 0.
    scores : ndarray of float, of shape (n_classes,), or None
        F1 score of each class after the epoch before.
    """

    y: np.ndarray
    multiplicities: np.ndarray
    epoch: int
    n_epochs: int
    scores: np.ndarray | None

    @property
    def counts(self) -> np.ndarray:
        """Rows of each class, or rows that have each label; of shape (n_classes,)."""
        if self.y.ndim == 1:
            return np.bincount(self.y, self.multiplicities)
        return self.multiplicities @ self.y

    @property
    def natural(self) -> np.ndarray:
        """The probability of each row if all are equally likely; of shape (n_rows,)."""
        return self.multiplicities / self.multiplicities.sum()

    def class_first(self, shares: np.ndarray) -> np.ndarray:
        """Return the probability of each row if a class is drawn first, and then one of its rows.

        Parameters
        ----------
        shares : ndarray of float, of shape (n_classes,)
            What the probability of each class is proportional to; classes without rows do not count.

        Returns
        -------
        ndarray of float, of shape (n_rows,)
            They sum to 1, or are all 0 if no class with rows has a share.
        """
        counts = self.counts
        shares = np.where(counts > 0, shares[: len(counts)], 0.0)
        shares = shares / max(shares.sum(), np.finfo(float).tiny)
        per_copy = shares / np.where(counts > 0, counts, 1)
        return self.multiplicities * (per_copy[self.y] if self.y.ndim == 1 else self.y @ per_copy)


def epoch_rows(y: Any, epoch: int, n_epochs: int, scores: Any, multiplicities: Any) -> EpochRows:
    """Return the rows of an epoch if they fit each other.

    Raises
    ------
    ValueError
        Arrays or numbers that do not fit each other.
    """
    y = np.asarray(y)
    if not len(y) or y.ndim > 2:
        raise ValueError(
            f"y must have the shape (n_rows,) or (n_rows, n_labels) and at least one row, got {y.shape}. "
            "Pass class numbers or an indicator matrix."
        )
    multiplicities = np.ones(len(y)) if multiplicities is None else np.asarray(multiplicities, dtype=float)
    if multiplicities.shape != (len(y),) or not (multiplicities >= 0).all() or not multiplicities.any():
        raise ValueError(
            f"multiplicities must be one number of at least 0 per row, {len(y)} of them, not all 0, got an array of "
            f"shape {multiplicities.shape}. Leave them out, or count each row."
        )
    if not 0 <= epoch < n_epochs:
        raise ValueError(f"epoch must be from 0 to n_epochs - 1 = {n_epochs - 1}, got {epoch}. Count from 0.")
    rows = EpochRows(
        y, multiplicities, epoch, n_epochs, None if scores is None else np.asarray(scores, float)
    )
    n_classes = len(rows.counts)
    if rows.scores is not None and not (
        rows.scores.ndim == 1
        and len(rows.scores) >= n_classes
        and ((rows.scores >= 0) & (rows.scores <= 1)).all()
    ):
        raise ValueError(
            f"scores must be one F1 score in [0, 1] for each of {n_classes} classes, got {rows.scores.tolist()}. "
            "Score each class."
        )
    return rows


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
    # How many of the points start, start + 1, ... lie before each end.
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
