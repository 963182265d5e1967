"""A random state for each piece of work: torch has one for all threads, which would take turns at random."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

__all__ = ["own_random_state"]

_turn = Lock()  # whoever holds it has its own state in the place of torch's


def own_random_state(seed: int) -> Any:
    """Return a context in which torch draws, on a CPU and in this thread, from a random state of its own.

    Torch's own state is as before after each draw. Backward passes draw nothing, and do not have to be inside.

    Parameters
    ----------
    seed : int
        Of the state.

    Returns
    -------
    context manager
        Its attribute `drew` says whether anything was drawn in it.

    Examples
    --------
    >>> import torch
    >>> before = torch.get_rng_state()
    >>> with own_random_state(0) as own:
    ...     dropped = torch.nn.functional.dropout(torch.ones(4))
    >>> own.drew, torch.equal(torch.get_rng_state(), before)
    (True, True)
    """
    return _context_class()(seed)


@cache
def _context_class() -> Any:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class Context(TorchDispatchMode):
        """Sees each operation of the thread that entered it, also those that an operation consists of."""

        def __init__(self, seed: int) -> None:
            super().__init__()
            self.state = torch.Generator().manual_seed(seed).get_state()
            self.drew = False

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if torch.Tag.nondeterministic_seeded not in func.tags:
                return func(*args, **(kwargs or {}))
            with _turn:
                shared = torch.get_rng_state()
                torch.set_rng_state(self.state)
                try:
                    return func(*args, **(kwargs or {}))
                finally:
                    after = torch.get_rng_state()
                    torch.set_rng_state(shared)
                    self.drew = self.drew or not torch.equal(after, self.state)
                    self.state = after

    return Context
