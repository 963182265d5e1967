"""Work that is cut into pieces for several workers: threads of this process, or those that joblib is told to use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from joblib import Parallel, cpu_count, delayed, effective_n_jobs
from joblib.parallel import get_active_backend

from skbalagen._utils.threads import in_worker_thread, map_threads

if TYPE_CHECKING:
    import torch

__all__ = ["map_pieces", "n_threads", "n_workers"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def n_workers(n_jobs: int | None) -> int:
    """Return how many workers of one thread share the work.

    Parameters
    ----------
    n_jobs : int or None
        By the conventions of joblib, -1 all cores that the process may use, with one difference: where
        ``joblib.parallel_config`` says nothing, None is as many as torch would use threads, and no more than the
        cores that the process may use. Within a worker, None is 1.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> n_workers(1), n_workers(3)
    (1, 3)
    """
    if n_jobs is not None:
        return effective_n_jobs(n_jobs)
    backend, configured = get_active_backend()
    if backend.nesting_level or in_worker_thread():
        return 1
    if configured is not None:
        return effective_n_jobs(None)
    import torch

    return max(1, min(cpu_count(), torch.get_num_threads()))


def n_threads(n_jobs: int | None, device: torch.device) -> int | None:
    """Return how many threads of this process share the work on a device; None on an accelerator, which shares itself.

    Parameters
    ----------
    n_jobs : int or None
        As in :func:`n_workers`; workers elsewhere, of which there may be more than cores here, do not count.
    device : torch.device

    Examples
    --------
    >>> import torch
    >>> n_threads(1, torch.device("cpu")), n_threads(1, torch.device("cuda"))
    (1, None)
    """
    return min(n_workers(n_jobs), cpu_count()) if device.type == "cpu" else None


def map_pieces(
    work: Callable[[Sequence[Item]], list[Result]],
    items: Sequence[Item],
    *,
    n_jobs: int | None,
    smallest: int = 1,
    worth_sending: int | None = 1,
) -> list[Result]:
    """Return what `work` makes of the items, one result per item, computed by several workers.

    Workers are threads of this process: torch and NumPy release the interpreter while they compute, and nothing has
    to be loaded or copied. ``joblib.parallel_config(backend=...)`` replaces them by processes, here or elsewhere.

    Parameters
    ----------
    work : callable
        From a sequence of items to a list of as many results, each of which depends on its own item only. Workers
        that are processes get it as a pickle.
    items : sequence
        Every worker gets each n-th of them, since neighbours take about as long.
    n_jobs : int or None
        As in :func:`n_workers`. With 1, `work` is called here, on all items.
    smallest : int, default=1
        Fewest items of a worker; there are fewer workers where items are few.
    worth_sending : int or None, default=1
        Fewest items of a worker for which another process is asked; below, threads of this process do the work. None
        asks none.

    Returns
    -------
    list
        In the order of `items`.

    Examples
    --------
    >>> map_pieces(lambda words: [word.upper() for word in words], ["a", "b"], n_jobs=1)
    ['A', 'B']
    """
    n_wanted = n_workers(n_jobs)
    n_pieces = min(n_wanted, len(items) // smallest)
    if n_pieces <= 1:
        return work(items)
    pieces = [items[first::n_pieces] for first in range(n_pieces)]
    backend, _ = get_active_backend(prefer="threads")
    here = worth_sending is None or len(items) < n_pieces * worth_sending
    if here or getattr(backend, "supports_sharedmem", False):
        results = map_threads(work, pieces)
    else:
        # As many workers as wanted, whatever the pieces: joblib stops processes when their number changes.
        results = Parallel(n_jobs=n_wanted)(delayed(work)(piece) for piece in pieces)
    return [results[i % n_pieces][i // n_pieces] for i in range(len(items))]
