"""Until when a computation may go on; loops many calls below ask for it, and end early with what they have.

Whoever promises to be done in time knows the limit. A context variable carries it, so that the functions in between
need no parameter for it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["now", "out_of_time", "seconds_left", "time_limit"]

_end: ContextVar[float] = ContextVar("skbalagen_time_limit", default=math.inf)  # as `now` counts


def now() -> float:
    """Return the seconds that a clock shows which nobody sets."""
    return time.monotonic()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let loops inside a ``with`` block end after so many seconds, or when a block around it says so, if that is sooner.

    Parameters
    ----------
    seconds : float
        Infinity is no limit.
    """
    token = _end.set(min(_end.get(), now() + seconds))
    try:
        yield
    finally:
        _end.reset(token)


def seconds_left() -> float:
    """Return the seconds that are left, negative when time is up; infinity outside a block of :func:`time_limit`."""
    return _end.get() - now()


def out_of_time(estimator: Any) -> bool:
    """Return whether the training of a fitted estimator ended early for a limit, as its `history_` says."""
    return getattr(getattr(estimator, "history_", None), "stopped", None) == "time"
