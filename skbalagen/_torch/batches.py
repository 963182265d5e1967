"""Batches of rows of similar length."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["batch_parts", "length_buckets"]

_POOL = 16  # batches whose rows are sorted together


def length_buckets(
    rows: np.ndarray,
    lengths: np.ndarray,
    batch_size: int,
    rng: np.random.Generator,
    places: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Cut rows into batches of similar length, in random order.

    Rows are shuffled, sorted by length within pools of 16 batches, cut into batches, and the batches
    shuffled. This needs less padding than plain shuffling, and the batches still differ between epochs.

    Parameters
    ----------
    rows : ndarray of int
        Row numbers; repeats are allowed.
    lengths : ndarray of int, of shape (n_rows,)
        Tokens of each row.
    batch_size : int
        Rows per batch, at least 1; the last batch of a pool may be smaller.
    rng : numpy.random.Generator
        Shuffles.
    places : ndarray of int, of shape (n_rows,), default=None
        How many of the places of a batch each row takes; one if None. A row that takes more than are left goes where
        its last place is.

    Returns
    -------
    list of ndarray of int
        The batches.
    """
    shuffled = rng.permutation(rows)
    batches: list[np.ndarray] = []
    for start in range(0, len(shuffled), _POOL * batch_size):
        pool = shuffled[start : start + _POOL * batch_size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        last_place = np.cumsum(np.ones(len(pool), dtype=int) if places is None else places[pool]) - 1
        batch = last_place // batch_size
        batches += np.split(pool, np.flatnonzero(np.diff(batch)) + 1)
    return [batches[i] for i in rng.permutation(len(batches))]


def batch_parts(
    rows: np.ndarray, lengths: np.ndarray, tokens_at_once: int, *, to_share: bool = False
) -> list[np.ndarray]:
    """Cut a batch into parts of similar length that fit into memory.

    Parameters
    ----------
    rows : ndarray of int
        Row numbers of the batch, at least one.
    lengths : ndarray of int, of shape (n_rows,)
        Tokens of each row.
    tokens_at_once : int
        Most tokens of a part, padding included; a longer row is a part of its own.
    to_share : bool, default=False
        Whether there are 2, 4, 8, ... parts, or as many as rows, so that threads get as much each.

    Returns
    -------
    list of ndarray of int
        The parts, shortest rows first.
    """
    rows = rows[np.argsort(lengths[rows], kind="stable")]
    n_rows = max(1, tokens_at_once // int(lengths[rows[-1]]))
    n_parts = math.ceil(len(rows) / n_rows)
    if to_share:
        n_parts = min(max(2, 2 ** (n_parts - 1).bit_length()), len(rows))
    return np.array_split(rows, n_parts)
