"""scikit-learn's private names; the package imports them from this file only.

They have no public counterpart. An estimator needs them to validate its parameters, check weights and column names
as scikit-learn does, name the parameters of its parts, and report progress to callbacks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import _BaseComposition as BaseComposition
from sklearn.utils.validation import _check_feature_names as check_feature_names
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """A stand-in that supports no callbacks."""


__all__ = [
    "BaseComposition",
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
def callback_task(estimator: Any, name: str, *, n_steps: int | None = 0) -> Iterator[None]:
    """Report the beginning and the end of a fit, or of one of its steps, to the callbacks of an estimator.

    Parameters
    ----------
    estimator : CallbackSupportMixin
        One whose running method is decorated with `fit_context`, which closes the contexts that are opened here.
    name : str
        Name of the fit or the step.
    n_steps : int or None, default=0
        Upper bound on the number of steps of a fit, or None if it is unknown; 0 marks a step.
    """
    if not getattr(
        estimator, "_skl_callbacks", None
    ):  # nor is there a context, which threads would have to share
        yield
        return
    if n_steps != 0:
        context = estimator._init_callback_context(name, max_subtasks=n_steps)
    else:
        context = estimator._callback_fit_ctx.subcontext(name)
    context.call_on_fit_task_begin(estimator=estimator)
    yield
    context.call_on_fit_task_end(estimator=estimator)
