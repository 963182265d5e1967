"""The gradient of a batch as the sum over its parts, several of which are computed at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skbalagen._torch.random_state import own_random_state
from skbalagen._torch.threads import one_thread

if TYPE_CHECKING:
    import torch

__all__ = ["GradientSum"]


class GradientSum:
    """Add the gradients of the parts of a batch to those of the parameters. A context: it may hold threads.

    The threads of one process share the weights, and torch releases the interpreter while it computes. Gradients are
    added in the order of the parts, each of which is computed by one thread: the sum is the same, bit for bit, for any
    number of threads.

    Parameters
    ----------
    trained : sequence of torch.nn.Parameter
        Whose gradients are wanted.
    n_threads : int or None
        Parts that are computed at once, on a CPU, each with one thread of torch; each needs memory for a set of
        gradients. None is one part at a time with all threads of torch, or on an accelerator.

    Notes
    -----
    Where the loss draws from torch's random state, as dropout does, each part has a state of its own, whose seed comes
    from torch's: the draws are the same for any number of threads. That costs a twentieth of the time (a small encoder),
    so whether it draws is found out on the first batch.
    """

    def __init__(self, trained: Sequence[torch.nn.Parameter], n_threads: int | None) -> None:
        self.trained = list(trained)
        self.n_threads = n_threads
        # Whether the loss draws random numbers, other than on an accelerator; None: not known yet.
        self.draws: bool | None = False if n_threads is None else None
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self.n_threads is not None:
                stack.enter_context(one_thread())
                if self.n_threads > 1:
                    self._pool = stack.enter_context(ThreadPoolExecutor(self.n_threads))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._pool = None
        self._stack.close()

    def add(self, loss: Callable[[np.ndarray], torch.Tensor], parts: Sequence[np.ndarray]) -> float:
        """Add the gradients of ``loss(part)`` of each part, and return the sum of these losses."""
        states: list[Any] = [nullcontext() if self.draws is False else _state_of_a_part() for _ in parts]
        if self._pool is None or len(parts) < 2:
            total = self._add_one_by_one(loss, parts, states)
        else:
            total = self._add_at_once(self._pool, loss, parts, states)
        if self.draws is None:
            self.draws = any(state.drew for state in states)
        return total

    def _add_one_by_one(
        self, loss: Callable[[np.ndarray], torch.Tensor], parts: Sequence[np.ndarray], states: Sequence[Any]
    ) -> float:
        total = 0.0
        for part, state in zip(parts, states, strict=True):
            with state:
                part_loss = loss(part)
            part_loss.backward()
            total += part_loss.item()
        return total

    def _add_at_once(
        self,
        pool: ThreadPoolExecutor,
        loss: Callable[[np.ndarray], torch.Tensor],
        parts: Sequence[np.ndarray],
        states: Sequence[Any],
    ) -> float:
        import torch

        def computed(part: np.ndarray, state: Any) -> tuple[float, Sequence[Any]]:
            with state:
                part_loss = loss(part)
            return part_loss.item(), torch.autograd.grad(part_loss, self.trained, allow_unused=True)

        total = 0.0
        for value, gradients in self._in_order(pool, computed, zip(parts, states, strict=True)):
            total += value
            given: set[int] = set()
            for parameter, gradient in zip(self.trained, gradients, strict=True):
                if gradient is None:
                    continue
                if parameter.grad is not None:
                    parameter.grad += gradient
                else:
                    # It may be added to, unless its memory is that of another parameter's gradient, or of one number.
                    own = gradient.is_contiguous() and gradient.data_ptr() not in given
                    parameter.grad = gradient if own else gradient.clone()
                    given.add(gradient.data_ptr())
        return total

    def _in_order(
        self, pool: ThreadPoolExecutor, work: Callable[..., Any], arguments: Iterator[tuple[Any, ...]]
    ) -> Iterator[Any]:
        """Yield what `work` makes of each of the arguments, in order, `n_threads` of them under way."""
        running: deque[Future[Any]] = deque()
        for some in arguments:
            if len(running) == self.n_threads:
                yield running.popleft().result()
            running.append(pool.submit(work, *some))
        yield from (future.result() for future in running)


def _state_of_a_part() -> Any:
    import torch

    return own_random_state(int(torch.randint(2**62, ())))
