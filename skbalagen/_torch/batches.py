"""Cut rows into batches of like length."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["length_buckets"]


def length_buckets(
    rows: np.ndarray, lengths: np.ndarray, batch_size: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Cut `rows` into batches of like length, in random order.

    Rows are shuffled, sorted by length within pools of 16 batches, cut, and the batches shuffled: less
    padding than plain shuffling, without showing the same neighbours every epoch.
    """
    shuffled = rng.permutation(rows)
    batches: list[np.ndarray] = []
    for start in range(0, len(shuffled), 16 * batch_size):
        pool = shuffled[start : start + 16 * batch_size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def batch_parts(rows: np.ndarray, lengths: np.ndarray, tokens_at_once: int) -> list[np.ndarray]:
    """Cut a batch into parts of like length, of `tokens_at_once` tokens at most or a row."""
    rows = rows[np.argsort(lengths[rows], kind="stable")]
    n_rows = max(1, tokens_at_once // int(lengths[rows[-1]]))
    return np.array_split(rows, math.ceil(len(rows) / n_rows))
