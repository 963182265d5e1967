"""The component cache: fitted generators and labelers, their candidates and their verdicts, in a folder."""

from __future__ import annotations

import os
import pickle
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from sklearn.base import clone

from skbalagen._utils.checkpoint import checkpoints_in
from skbalagen._utils.text import Labels, Texts
from skbalagen._utils.time_limit import out_of_time
from skbalagen.cache.entries import (
    DamagedEntryError,
    read_estimator,
    read_kept,
    write_estimator,
    write_kept,
)
from skbalagen.cache.locks import collect_leftovers, locked, unless_locked

__all__ = ["ComponentCache", "open_cache"]

_KINDS = ("fitted", "checkpoint", "streams", "verdicts")

# Part of every key: raised when what is kept changes its form, so that older entries are not read.
FORMAT = 4

# Parameters that no result depends on: how many workers compute it, and what is shown meanwhile.
_HOW = ("n_jobs", "verbose")


class ComponentCache:
    """Keep fitted components and candidates in a folder.

    The key of a component is its class, its parameters but `n_jobs` and `verbose`, and its training rows. The key of
    candidates is that of their generator and the seed of the streams; the key of verdicts is that of the labelers.
    If two processes want the same component, the second waits for the first.

    An entry appears by one rename, after it has reached the disk, so it is never half written. It is read only
    if its checksum matches; else it is computed again, with a warning. While a language model is fine-tuned, a
    checkpoint is kept after each epoch, and candidates are kept round by round: a run that was killed goes on
    from there, and ends in the same rows. A folder that cannot be written is read, and what cannot be kept is
    returned all the same, with one warning.

    Parameters
    ----------
    location : str or path-like
        Folder; it is created, for its owner alone, if it does not exist. Generators with a ``save`` and a
        ``load`` are stored by these: :class:`skbalagen.CausalLMGenerator` as safetensors. All others, and
        labelers, are stored as pickles: anyone who can write to the folder can run code here, as with
        joblib.Memory.
    max_bytes : int, default=4 * 2**30
        Size of the folder above which the least recently used entries are removed; unfinished writes count.

    Examples
    --------
    >>> import warnings
    >>> from tempfile import TemporaryDirectory
    >>> from skbalagen import BalaGenResampler
    >>> X, y = ["a beer", "red wine", "a glass of wine", "rain today"], ["drink", "drink", "drink", "air"]
    >>> with TemporaryDirectory() as folder:
    ...     cache = ComponentCache(folder)
    ...     resampler = BalaGenResampler(generator="markov-chain", labelers=[], memory=cache, random_state=0)
    ...     with warnings.catch_warnings():  # one row is too few to say anything new
    ...         warnings.simplefilter("ignore")
    ...         _ = resampler.fit_resample(X, y)
    ...     len(cache.entries())
    ...     cache.clear()
    ...     len(cache.entries())
    2
    0
    """

    def __init__(self, location: str | os.PathLike[str], *, max_bytes: int = 4 * 2**30) -> None:
        self.location = Path(location)
        self.max_bytes = max_bytes
        self._warned = False

    def __repr__(self) -> str:
        return f"ComponentCache({str(self.location)!r}, max_bytes={self.max_bytes})"

    def entries(self) -> list[Path]:
        """Return the folders of the entries, the least recently used first."""
        found = [path for kind in _KINDS for path in self.location.glob(f"{kind}-*/")]
        return sorted(found, key=_last_used)

    def clear(self) -> None:
        """Remove all entries, and what killed processes left."""
        for entry in self.entries():
            with locked(entry):
                shutil.rmtree(entry, ignore_errors=True)
        collect_leftovers(self.location)

    def fitted(self, estimator: Any, X: Texts, y: Labels, *, key_of: Any = None) -> tuple[Any, str]:
        """Return `estimator` fitted on the texts `X` and labels `y`, and the key that it is kept under.

        An estimator whose training a time limit cut short is not kept, and has the key "".

        The one that was passed in is fitted only if no equal one is kept. `key_of`, if given, is an estimator whose
        parameters stand for those of `estimator` in the key.
        """
        kind = type(estimator)
        key = _key(kind, estimator if key_of is None else key_of, X, y)
        entry, checkpoint = self.location / f"fitted-{key}", self.location / f"checkpoint-{key}"
        with suppress(DamagedEntryError):  # or just being replaced: seen again under the lock
            kept = read_estimator(entry, kind)
            if kept is not None:
                _touch(entry)
                return _as_asked(kept, estimator), key
        with locked(entry):
            kept = self._sound(entry, lambda: read_estimator(entry, kind), None)
            if kept is not None:  # another process has written it meanwhile
                return _as_asked(kept, estimator), key
            with checkpoints_in(checkpoint):
                estimator.fit(X, y)
            if out_of_time(estimator):  # its checkpoint stays, from which the next run goes on
                return estimator, ""
            if self._keeps(entry, lambda: write_estimator(entry, estimator)):
                shutil.rmtree(checkpoint, ignore_errors=True)
        self._trim()
        return estimator, key

    def holds(self, estimator: Any, X: Texts, y: Labels) -> bool:
        """Return whether there is an entry of `estimator` fitted on the texts `X` and labels `y`, sound or not."""
        return (self.location / f"fitted-{_key(type(estimator), estimator, X, y)}").is_dir()

    @contextmanager
    def kept(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the lists and dicts in the entry `name`, and store them again if they grew."""
        entry = self.location / name
        with locked(entry):
            kept = self._sound(entry, lambda: read_kept(entry), {})
            _touch(entry)
            before = sum(map(len, kept.values()))
            yield kept
            grown = sum(map(len, kept.values())) > before
            if grown:
                self._keeps(entry, lambda: write_kept(entry, kept))
        if grown:
            self._trim()

    def _sound(self, entry: Path, read: Callable[[], Any], otherwise: Any) -> Any:
        """Return what `read` returns, or `otherwise` and a warning where the entry is damaged."""
        try:
            return read()
        except DamagedEntryError as error:
            warnings.warn(
                f"{entry.name} in {self.location} is damaged ({error}). It is computed again.",
                UserWarning,
                stacklevel=2,
            )
            return otherwise

    def _keeps(self, entry: Path, write: Callable[[], None]) -> bool:
        """Write an entry; return whether that was possible, and warn once if it was not."""
        try:
            write()
        except Exception as error:  # a full disk has an error of its own in each library
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{entry.name} could not be kept in {self.location} ({type(error).__name__}: {error}). The result "
                    "is not affected, but a later run computes it again. Make room, or name a folder that can be "
                    "written in memory.",
                    UserWarning,
                    stacklevel=2,
                )
            return False
        return True

    def _trim(self) -> None:
        """Remove the least recently used entries until the rest fits; the newest entry always stays."""
        collect_leftovers(self.location)
        total = _size(self.location)
        for entry in self.entries()[:-1]:
            if total <= self.max_bytes:
                return
            with unless_locked(entry) as free:
                if free:
                    total -= _size(entry)
                    shutil.rmtree(entry, ignore_errors=True)


def open_cache(memory: Any) -> ComponentCache | None:
    """Return the cache that the parameter `memory` of the resampler means; None where nothing is kept."""
    if memory is None:
        return None
    if isinstance(memory, ComponentCache):  # a new one for each run, which warns once
        return ComponentCache(memory.location, max_bytes=memory.max_bytes)
    if isinstance(memory, str | os.PathLike):
        return ComponentCache(memory)
    location = getattr(memory, "location", None)  # joblib.Memory, which keeps nothing if it has none
    return None if location is None else ComponentCache(Path(location) / "skbalagen")


def _key(kind: type, params: Any, X: Texts, y: Labels) -> str:
    """Return the key of a component of class `kind`, with the parameters of `params`, fitted on these rows."""
    rows = joblib.hash([np.asarray(X).tolist(), np.asarray(y).tolist()])
    try:
        # Pickles are safe to read with the version that wrote them alone.
        return joblib.hash(
            [FORMAT, sklearn.__version__, f"{kind.__module__}.{kind.__qualname__}", _neutral(params), rows]
        )
    except pickle.PicklingError as error:
        raise TypeError(
            f"memory= needs parts that can be pickled, got a {kind.__name__} that cannot: its class, and the functions "
            "among its parameters, must be defined at the top of a module. Move them there, or leave memory out."
        ) from error


def _neutral(estimator: Any) -> Any:
    """Return a component without the parameters that no result depends on, its own and those of its members."""
    if not hasattr(estimator, "get_params"):
        return estimator
    how = [name for name in estimator.get_params() if name.rpartition("__")[2] in _HOW]
    return clone(estimator).set_params(**dict.fromkeys(how)) if how else estimator


def _as_asked(kept: Any, estimator: Any) -> Any:
    """Give a component that was kept those parameters of the one that was asked for that no result depends on."""
    for name in _HOW:
        if hasattr(estimator, name):
            setattr(kept, name, getattr(estimator, name))
    return kept


def _touch(entry: Path) -> None:
    """Note that an entry was used; a folder that cannot be written keeps no such notes."""
    with suppress(OSError):
        os.utime(entry)


def _last_used(path: Path) -> float:
    with suppress(FileNotFoundError):  # another process has just removed it
        return path.stat().st_mtime
    return 0.0


def _size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    total = 0
    for root, _, files in os.walk(folder):
        for file in files:
            with suppress(FileNotFoundError):
                total += os.path.getsize(os.path.join(root, file))
    return total
