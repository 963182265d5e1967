"""D_S, the balanced training set of generator and labelers: which rows to keep, copy or drop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["rebalance_rows", "repeat_rows"]


def rebalance_rows(
    y: np.ndarray,
    targets: Mapping[Any, int],
    rng: np.random.Generator,
    *,
    over: bool = True,
    under: bool = True,
) -> np.ndarray:
    """Choose the rows of a copy-and-thin balanced data set.

    A class below its target keeps all its rows and repeats some (each row equally often, give or take
    one); a class above it keeps a random part.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    targets : mapping of label to int
        Rows wanted; classes that are not named stay as they are.
    rng : numpy.random.Generator
        Source of the draws, used once a class in sorted label order.
    over, under : bool, default=True
        Whether to copy, and whether to thin.

    Returns
    -------
    ndarray of int, of shape (n_rows,)
        Row numbers of `y`: kept originals in ascending order, then the copies.
    """
    labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    keep = np.ones(len(codes), dtype=bool)
    by_class = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    copies: list[np.ndarray] = []
    for label, rows in zip(labels.tolist(), by_class, strict=True):
        target = targets.get(label, len(rows))
        if under and target < len(rows):
            keep[rng.permutation(rows)[target:]] = False
        elif over and target > len(rows):
            copies.append(repeat_rows(rows, target - len(rows), rng))
    return np.concatenate([np.flatnonzero(keep), *copies])


def repeat_rows(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` of the row numbers `rows`, each equally often, give or take one."""
    whole, rest = divmod(n, len(rows))
    return np.concatenate([np.tile(rows, whole), rng.permutation(rows)[:rest]])
