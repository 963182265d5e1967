"""How long a run may take, and how it is divided: a part for training, the rest for candidates, a few at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from skbalagen._utils.text import Labels, Texts
from skbalagen._utils.time_limit import now, time_limit

__all__ = ["TimeBudget", "TimedGenerator"]

# Candidates take about as long as the training, by default; what training leaves is theirs as well.
_TRAINING_SHARE = 0.6
# Candidates in the first round, whose time is not known yet, and in any later one: two batches of the language model.
_FIRST, _MOST = 64, 256


class TimeBudget:
    """The time of one run, which begins when this is made.

    Parameters
    ----------
    minutes : float or None
        None is no limit.
    """

    def __init__(self, minutes: float | None = None) -> None:
        self._end = math.inf if minutes is None else now() + 60 * minutes
        self._round_began = 0.0
        self._seconds_each = 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds that are left, negative when time is up; infinity if there is no limit."""
        return self._end - now()

    @property
    def is_spent(self) -> bool:
        """Whether time is up."""
        return self.seconds_left <= 0

    @property
    def for_training(self) -> float:
        """Seconds that a training which begins now may take."""
        return _TRAINING_SHARE * self.seconds_left

    def begin_round(self, most: int) -> int:
        """Return how many candidates, up to `most`, there is time for in a round that begins now."""
        if self._end == math.inf:
            return most
        self._round_began = now()
        in_time = self.seconds_left / self._seconds_each if self._seconds_each else _FIRST
        return min(most, int(np.clip(in_time, 1, _MOST)))

    def end_round(self, n_candidates: int) -> None:
        """Learn from a round of so many candidates how long one takes."""
        self._seconds_each = (now() - self._round_began) / n_candidates


class TimedGenerator:
    """A generator whose training leaves time for candidates.

    Parameters
    ----------
    generator : TextGenerator
    budget : TimeBudget
    """

    def __init__(self, generator: Any, budget: TimeBudget) -> None:
        self.generator = generator
        self.budget = budget

    def fit(self, X: Texts, y: Labels) -> Self:
        """Fit the generator, unless time is up: no candidate would be asked for."""
        if not self.budget.is_spent:
            with time_limit(self.budget.for_training):
                self.generator.fit(X, y)
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return what the generator samples."""
        return self.generator.sample(spans, random_state=random_state)
