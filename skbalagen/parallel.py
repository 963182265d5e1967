"""Work that is cut into pieces for the workers of joblib: processes here, or those of Dask or Ray elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from joblib import Parallel, delayed, effective_n_jobs

__all__ = ["map_pieces"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_pieces(
    work: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item], *, n_jobs: int | None
) -> list[Result]:
    """Return what `work` makes of the items, one result per item, computed by several workers.

    Parameters
    ----------
    work : callable
        From a sequence of items to a list of as many results, each of which depends on its own item only. Workers
        that are processes get it as a pickle.
    items : sequence
        Every worker gets each n-th of them, since neighbours take about as long.
    n_jobs : int or None
        By the conventions of joblib: None is 1 unless ``joblib.parallel_config`` says otherwise, and -1 all cores
        that the process may use. With 1, `work` is called here, on all items.

    Returns
    -------
    list
        In the order of `items`.

    Examples
    --------
    >>> map_pieces(lambda words: [word.upper() for word in words], ["a", "b"], n_jobs=1)
    ['A', 'B']
    """
    n_pieces = min(effective_n_jobs(n_jobs), len(items))
    if n_pieces <= 1:
        return work(items)
    pieces = Parallel(n_jobs=n_jobs)(delayed(work)(items[first::n_pieces]) for first in range(n_pieces))
    return [pieces[i % n_pieces][i // n_pieces] for i in range(len(items))]
