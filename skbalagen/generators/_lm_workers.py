"""Candidates of a language model from several workers of one thread each.

Threads of this process share the model. Other processes, where joblib is told to use them, read it from a folder.
"""

from __future__ import annotations

import platform
import shutil
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from skbalagen._torch.threads import one_thread
from skbalagen.generators._lm_sampling import sample_texts
from skbalagen.models.load import load_causal_lm
from skbalagen.models.quiet import quiet_transformers
from skbalagen.parallel import map_pieces, n_workers

__all__ = ["ModelFolder", "map_in_workers", "sample_in_workers"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_SMALLEST_PIECE = 16  # rows of a batch below which a worker gains too little
_loading = threading.Lock()  # transformers cannot load in two threads at a time


class ModelFolder:
    """A folder for workers with a model and its tokenizer, written when it is first asked for.

    It lies where temporary files do, and is removed with the object. Copies and pickles write a folder of their own.
    """

    def __init__(self) -> None:
        self._path: str | None = None

    def path(self, model: Any, tokenizer: Any) -> str:
        """Return the path of the folder."""
        if self._path is None:
            path = mkdtemp(prefix="skbalagen-model-")
            weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
            with quiet_transformers():
                model.save_pretrained(path)
                tokenizer.save_pretrained(path)
            self._path = path
        return self._path

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return ModelFolder, ()


def sample_in_workers(
    model: Any,
    tokenizer: Any,
    prompts: Mapping[Any, str],
    candidates: Sequence[tuple[Any, int]],
    *,
    folder: ModelFolder,
    n_jobs: int | None,
    **options: Any,
) -> list[str | None]:
    """Return candidates as :func:`~skbalagen.generators._lm_sampling.sample_texts` does, from `n_jobs` workers.

    Parameters
    ----------
    model, tokenizer, prompts, candidates, **options
        As in :func:`~skbalagen.generators._lm_sampling.sample_texts`.
    folder : ModelFolder
        Of this model and tokenizer.
    n_jobs : int or None
        As in :func:`map_in_workers`.

    Returns
    -------
    list of (str or None), of length len(candidates)

    Raises
    ------
    FileNotFoundError
        A worker on another machine does not see the folder.
    """
    work = partial(_sample_piece, dict(prompts), options)
    return map_in_workers(work, candidates, model, tokenizer, folder=folder, n_jobs=n_jobs)


def map_in_workers(
    work: Callable[[Any, Any, Sequence[Item]], list[Result]],
    items: Sequence[Item],
    model: Any,
    tokenizer: Any,
    *,
    folder: ModelFolder,
    n_jobs: int | None,
    smallest: int = _SMALLEST_PIECE,
) -> list[Result]:
    """Return what ``work(model, tokenizer, items)`` makes of the items, one result per item, from `n_jobs` workers.

    Parameters
    ----------
    work : callable
        Each result depends on its own item only. Worker processes get it as a pickle.
    items : sequence
    model, tokenizer
        What this process works with.
    folder : ModelFolder
        Of this model and tokenizer, for other processes.
    n_jobs : int or None
        As in :func:`~skbalagen.parallel.map_pieces`. A model on an accelerator works here, on all items.
    smallest : int, default=16
        Fewest items of a worker.

    Raises
    ------
    FileNotFoundError
        A worker on another machine does not see the folder.
    """
    if model.device.type != "cpu":
        return work(model, tokenizer, items)
    on_piece = partial(_work_on_piece, _SharedModel(model, tokenizer, folder), work)
    n_jobs = n_workers(n_jobs)  # None asks how many threads torch has
    with one_thread():
        return map_pieces(on_piece, items, n_jobs=n_jobs, smallest=smallest)


class _SharedModel:
    """A model and its tokenizer for any worker: a thread gets the model itself, another process reads the folder."""

    def __init__(self, model: Any, tokenizer: Any, folder: ModelFolder) -> None:
        self.model, self.tokenizer, self.folder = model, tokenizer, folder
        self.thread = threading.get_ident()

    def run(
        self, work: Callable[[Any, Any, Sequence[Item]], list[Result]], items: Sequence[Item]
    ) -> list[Result]:
        if threading.get_ident() == self.thread:
            return work(self.model, self.tokenizer, items)
        # A tokenizer of its own for each thread: options of a call are state of the tokenizer.
        return work(self.model, deepcopy(self.tokenizer), items)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return _SavedModel, (self.folder.path(self.model, self.tokenizer),)


class _SavedModel:
    """What a :class:`_SharedModel` is in another process."""

    def __init__(self, path: str) -> None:
        self.path = path

    def run(
        self, work: Callable[[Any, Any, Sequence[Item]], list[Result]], items: Sequence[Item]
    ) -> list[Result]:
        with _loading:
            model, tokenizer = _loaded(self.path)
        return work(model, tokenizer, items)


def _sample_piece(
    prompts: dict[Any, str],
    options: dict[str, Any],
    model: Any,
    tokenizer: Any,
    candidates: Sequence[tuple[Any, int]],
) -> list[str | None]:
    return sample_texts(model, tokenizer, prompts, candidates, **options)


def _work_on_piece(
    shared: _SharedModel | _SavedModel,
    work: Callable[[Any, Any, Sequence[Item]], list[Result]],
    items: Sequence[Item],
) -> list[Result]:
    with one_thread():
        return shared.run(work, items)


@lru_cache(maxsize=1)
def _loaded(folder: str) -> tuple[Any, Any]:
    """Return the model and the tokenizer of a folder. Workers of one machine share the memory of the weights."""
    if not Path(folder).is_dir():
        raise FileNotFoundError(
            f"Workers must see the folder of the model, got none at {folder} on {platform.node()}. Let TMPDIR "
            "name a folder that all machines share, or sample with n_jobs=1."
        )
    model, tokenizer = load_causal_lm(folder, dtype="auto")
    model.requires_grad_(False)
    model.set_attn_implementation("sdpa")
    return model, tokenizer
