"""Progress bars, shown inside blocks that ask for them and silent elsewhere.

The resampler and the command line know whether bars are wanted; the loops that draw them are many calls below.
A context variable carries the answer, so that the functions in between need no parameter for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["progress_bar", "progress_hidden", "progress_shown"]

_shown: ContextVar[bool] = ContextVar("skbalagen_progress_shown", default=False)


@contextmanager
def progress_shown(verbose: int) -> Iterator[None]:
    """Show progress bars inside a ``with`` block if `verbose` is at least 1, or if a block around it shows them."""
    token = _shown.set(_shown.get() or verbose > 0)
    try:
        yield
    finally:
        _shown.reset(token)


@contextmanager
def progress_hidden() -> Iterator[None]:
    """Show no progress bars inside a ``with`` block, whatever the blocks around it say."""
    token = _shown.set(False)
    try:
        yield
    finally:
        _shown.reset(token)


def progress_bar(
    steps: Iterable[Any] | None = None,
    *,
    title: str,
    unit: str,
    total: int | None = None,
    keep: bool = True,
    **options: Any,
) -> Any:
    """Return a tqdm bar on standard error, or a widget in a notebook. It is silent unless bars are shown.

    Parameters
    ----------
    steps : iterable, default=None
        What the bar iterates over; None is a bar that its `update` moves.
    title : str
        Text in front of the bar.
    unit : str
        Name of one step.
    total : int, default=None
        Number of steps; None takes the length of `steps`.
    keep : bool, default=True
        Whether the bar stays on the screen when it is full.
    **options
        Further options of tqdm.
    """
    from tqdm.auto import tqdm

    return tqdm(
        steps,
        desc=title,
        unit=unit,
        total=total,
        leave=keep,
        disable=not _shown.get(),
        dynamic_ncols=True,
        **options,
    )
