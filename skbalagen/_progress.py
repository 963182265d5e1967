"""Progress bars, shown in blocks that asked for them and silent otherwise, and the callbacks of scikit-learn.

Whether bars are shown is known to the resampler and the command line, and wanted many calls further down.
A context variable carries it there, so that no function between the two has to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Support for no callbacks."""


__all__ = ["CallbackSupportMixin", "callback_task", "progress_bar", "progress_shown"]

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


@contextmanager
def callback_task(estimator: Any, name: str, *, n_steps: int = 0) -> Iterator[None]:
    """Tell the callbacks that were set on an estimator of a task of its fit: the whole of it, or a step.

    Parameters
    ----------
    estimator : CallbackSupportMixin
        Within a method that `_fit_context` decorates, which ends what begins here.
    name : str
        Of the task.
    n_steps : int, default=0
        Most steps of the whole; 0 is a step itself.
    """
    if not hasattr(estimator, "set_callbacks"):
        yield
        return
    if n_steps:
        context = estimator._init_callback_context(name, max_subtasks=n_steps)
    else:
        context = estimator._callback_fit_ctx.subcontext(name)
    context.call_on_fit_task_begin(estimator=estimator)
    yield
    context.call_on_fit_task_end(estimator=estimator)
