"""The gradient of a batch as the sum over its parts, several of which are computed at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import numpy as np

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
    Where the loss draws from torch's random state, as dropout does, one thread computes the losses one after the other,
    and only the backward passes, two thirds of the work, run at once: the draws are the same for any number of threads.
    Whether it does is found out on the first batch.
    """

    def __init__(self, trained: Sequence[torch.nn.Parameter], n_threads: int | None) -> None:
        self.trained = list(trained)
        self.n_threads = n_threads
        self.draws: bool | None = None  # whether the loss draws random numbers; None: not known yet
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
        if self._pool is None or len(parts) < 2:
            losses = []
            for part in parts:
                part_loss = loss(part)
                part_loss.backward()
                losses.append(part_loss.item())
            return sum(losses)
        total = 0.0
        for value, gradients in self._at_once(self._pool, loss, parts):
            total += value
            for parameter, gradient in zip(self.trained, gradients, strict=True):
                if parameter.grad is not None and gradient is not None:
                    parameter.grad += gradient
                elif gradient is not None:
                    parameter.grad = gradient.clone()  # two parameters may have been given one tensor
        return total

    def _at_once(
        self,
        pool: ThreadPoolExecutor,
        loss: Callable[[np.ndarray], torch.Tensor],
        parts: Sequence[np.ndarray],
    ) -> Iterator[tuple[float, Sequence[Any]]]:
        """Yield the loss and the gradients of each part, in order, `n_threads` of them under way."""
        import torch

        def backward(part_loss: torch.Tensor) -> tuple[float, Sequence[Any]]:
            return part_loss.item(), torch.autograd.grad(part_loss, self.trained, allow_unused=True)

        def both(part: np.ndarray) -> tuple[float, Sequence[Any]]:
            return backward(loss(part))

        before = torch.get_rng_state() if self.draws is None else None
        running: deque[Future[tuple[float, Sequence[Any]]]] = deque()
        for part in parts:
            if len(running) == self.n_threads:
                yield running.popleft().result()
            if self.draws is False:
                running.append(pool.submit(both, part))
            else:
                running.append(pool.submit(backward, loss(part)))
        if before is not None:
            self.draws = not torch.equal(before, torch.get_rng_state())
        yield from (future.result() for future in running)
