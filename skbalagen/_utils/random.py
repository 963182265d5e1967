"""Seeds, and the random generator of each candidate in a stream."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["as_seed", "stream_rng", "stream_uniforms"]


def as_seed(random_state: int | np.random.RandomState | None) -> int:
    """Turn scikit-learn's `random_state` into one integer seed in [0, 2**31 - 1).

    An integer is its own seed. A RandomState is advanced by one draw. None draws from numpy's global state, as
    everywhere in scikit-learn.

    Examples
    --------
    >>> as_seed(7)
    7
    """
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _stream_key(seed: int, label: Hashable) -> np.ndarray:
    """Return the Philox key of a class.

    It depends on the text of the label and not on its position among the classes, so that a class keeps its
    stream when other classes come or go.
    """
    digest = hashlib.blake2b(f"{seed}\x1f{label}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, dtype=np.uint64)


def stream_rng(seed: int, label: Hashable, index: int) -> np.random.Generator:
    """Return the random generator of candidate `index` of the class `label`.

    Philox is counter based (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). The index is the
    highest word of the counter, so that the draws of two candidates never overlap; making a generator takes
    microseconds.

    Examples
    --------
    >>> float(stream_rng(0, "a", 3).random()) == float(stream_rng(0, "a", 3).random())
    True
    """
    return np.random.Generator(np.random.Philox(key=_stream_key(seed, label), counter=[0, 0, 0, index]))


def stream_uniforms(seed: int, label: Hashable, span: range) -> np.ndarray:
    """Return one uniform draw in [0, 1) per candidate of `span`, a range of step 1; of shape (len(span),).

    Examples
    --------
    >>> bool((stream_uniforms(0, "a", range(10))[7:] == stream_uniforms(0, "a", range(7, 10))).all())
    True
    """
    # A Philox block holds four draws: start at the block of the first candidate.
    block = np.random.Philox(key=_stream_key(seed, label), counter=[0, 0, 1, 0]).advance(span.start // 4)
    skipped = span.start % 4
    return np.random.Generator(block).random(skipped + len(span))[skipped:]
