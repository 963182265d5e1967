"""Progress bars, shown in blocks that asked for them and silent otherwise.

Whether bars are shown is known to the resampler and the command line, and wanted many calls further down.
A context variable carries it there, so that no function between the two has to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["progress_bar", "progress_shown"]

_shown: ContextVar[bool] = ContextVar("skbalagen_progress_shown", default=False)


@contextmanager
def progress_shown(verbose: int) -> Iterator[None]:
    """Show the bars of a block if `verbose` is 1 or more, or if a block around it shows them."""
    token = _shown.set(_shown.get() or verbose > 0)
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
    """Return a tqdm bar on standard error, or a widget in a notebook; it does nothing unless bars are shown.

    Parameters
    ----------
    steps : iterable, default=None
        What the bar passes on, one by one; None is a bar that is moved by its `update`.
    title, unit : str
        Of the whole, and of one step.
    total : int, default=None
        Number of steps; None is the length of `steps`.
    keep : bool, default=True
        Whether the bar stays when it is full.
    **options
        Others of tqdm.
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
