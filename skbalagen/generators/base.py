"""The contract of a text generator, and the randomness that makes its candidates a stream."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from sklearn.utils import check_random_state

from skbalagen._text import Labels, Texts

__all__ = ["TextGenerator", "as_seed", "check_span_labels", "stream_rng", "stream_uniforms"]


@runtime_checkable
class TextGenerator(Protocol):
    """What the resampler asks of a generator.

    The candidates of a class form a *stream*: candidate ``i`` of class ``c`` is a pure function of the
    fitted generator, ``c``, ``i`` and ``random_state``. It does not depend on how many are asked for, on
    the other classes, or on the size of a batch.

    A generator may have a method ``advised_share(n_rows)`` from the rows of a class to a number in (0, 1]: how
    much of what the class lacks is better filled with its texts than with copies, all where there is no such
    method (see ``BalaGenResampler.generated_share``). And it may have a number `advised_rows`, which is 0 where it
    has none: the rows up to which all classes are better grown, the largest too (see
    ``BalaGenResampler.beta_low``).
    """

    def fit(self, X: Texts, y: Labels) -> Self:
        """Learn from the texts `X`, of shape (n_samples,), and their labels `y`, of shape (n_samples,)."""
        ...

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return candidates ``spans[label]`` of each label's stream, in order; None where one failed."""
        ...


def as_seed(random_state: int | np.random.RandomState | None) -> int:
    """Turn scikit-learn's `random_state` into one integer seed in [0, 2**31 - 1).

    An integer is its own seed; a RandomState is advanced by one draw; None draws from the global state,
    as everywhere in scikit-learn.
    """
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _stream_key(seed: int, label: Hashable) -> np.ndarray:
    """Return the Philox key of a class.

    The label enters by its text, not by its rank among the classes, so that a class keeps its stream when
    others come or go.
    """
    digest = hashlib.blake2b(f"{seed}\x1f{label}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, dtype=np.uint64)


def stream_rng(seed: int, label: Hashable, index: int) -> np.random.Generator:
    """Return the random generator of candidate `index` of the class `label`.

    Philox is counter based: the index sits in the highest word of the counter, so that the generators of
    two candidates never overlap, and making one costs microseconds.
    """
    return np.random.Generator(np.random.Philox(key=_stream_key(seed, label), counter=[0, 0, 0, index]))


def stream_uniforms(seed: int, label: Hashable, span: range) -> np.ndarray:
    """Return one uniform draw in [0, 1) for each candidate of `span`, which has step 1, all at once.

    Examples
    --------
    >>> bool((stream_uniforms(0, "a", range(10))[7:] == stream_uniforms(0, "a", range(7, 10))).all())
    True
    """
    # A Philox block holds four draws: start at the block of the first candidate.
    block = np.random.Philox(key=_stream_key(seed, label), counter=[0, 0, 1, 0]).advance(span.start // 4)
    skipped = span.start % 4
    return np.random.Generator(block).random(skipped + len(span))[skipped:]


def check_span_labels(spans: Mapping[Any, range], classes: Sequence[Any]) -> None:
    """Raise ValueError if `spans` asks for a class that is not among the fitted `classes`."""
    missing = [label for label in spans if label not in set(classes)]
    if missing:
        raise ValueError(
            f"spans must name classes that the generator was fitted on, got {missing!r}; the fitted classes "
            f"are {list(classes)!r}. Fit again with rows of that class, or leave it out."
        )
