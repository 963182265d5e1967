"""Threads that share work, and end soon when it is interrupted or fails in one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import ContextVar, copy_context
from threading import Event
from typing import TypeVar

__all__ = ["StoppedError", "check_stopped", "in_worker_thread", "map_threads"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_stop: ContextVar[Event | None] = ContextVar("skbalagen_stop", default=None)


class StoppedError(Exception):
    """The work of this thread is no longer wanted."""


def check_stopped() -> None:
    """Raise in a thread whose work is no longer wanted. Long loops call it, since a thread cannot be ended from outside.

    Raises
    ------
    StoppedError
        Nobody sees it: the error that stopped the work is what :func:`map_threads` raises.
    """
    stop = _stop.get()
    if stop is not None and stop.is_set():
        raise StoppedError


def in_worker_thread() -> bool:
    """Return whether a thread of :func:`map_threads` runs this."""
    return _stop.get() is not None


def map_threads(work: Callable[[Item], Result], pieces: Sequence[Item]) -> list[Result]:
    """Return what `work` makes of each piece, each in a thread of its own with a copy of the context variables.

    Parameters
    ----------
    work : callable
        It calls :func:`check_stopped` now and then.
    pieces : sequence

    Raises
    ------
    Exception
        What the first thread that failed raised, or what interrupted the wait, such as KeyboardInterrupt. All threads
        have ended by then.

    Examples
    --------
    >>> map_threads(str.upper, ["a", "b"])
    ['A', 'B']
    """
    stop = Event()

    def run(piece: Item) -> Result:
        _stop.set(stop)  # in this thread's copy of the context
        return work(piece)

    with ThreadPoolExecutor(max(1, len(pieces))) as pool:
        try:
            futures = [pool.submit(copy_context().run, run, piece) for piece in pieces]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
            return [future.result() for future in futures]
        finally:
            stop.set()
