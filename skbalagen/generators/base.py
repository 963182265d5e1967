"""The contract of a text generator, and the randomness that makes its candidates a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from skbalagen._utils.text import Labels, Texts

__all__ = ["TextGenerator", "check_span_labels"]


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


def check_span_labels(spans: Mapping[Any, range], classes: Sequence[Any]) -> None:
    """Raise ValueError if `spans` asks for a class that is not among the fitted `classes`."""
    missing = [label for label in spans if label not in set(classes)]
    if missing:
        raise ValueError(
            f"spans must name classes that the generator was fitted on, got {missing!r}; the fitted classes "
            f"are {list(classes)!r}. Fit again with rows of that class, or leave it out."
        )
