"""scikit-learn's private names, which the whole package imports from here alone.

They have no public counterpart: third-party estimators that validate parameters, check weights and names as
scikit-learn does, and tell callbacks of their progress, have to use them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import _check_feature_names as check_feature_names
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Support for no callbacks."""


__all__ = [
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "StrOptions",
    "callback_task",
    "check_feature_names",
    "check_sample_weight",
    "fit_context",
]


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
