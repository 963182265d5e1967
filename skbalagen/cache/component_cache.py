"""The component cache: fitted generators and labelers, their candidates and their verdicts, in a folder."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from skbalagen._utils.text import Labels, Texts

__all__ = ["ComponentCache", "open_cache"]


_KINDS = ("fitted", "streams", "verdicts")


# Part of every key: raised when what is kept changes its form, so that older entries are not read.
FORMAT = 2


class ComponentCache:
    """Keep fitted components and candidates in a folder.

    The key of a component is its class, its parameters and its training rows. The key of candidates is that of
    their generator and the seed of the streams; the key of verdicts is that of the labelers. If two processes
    want the same component, the second waits for the first. An entry appears by one rename, so it is never
    half written.

    Parameters
    ----------
    location : str or path-like
        Folder; it is created if it does not exist. Labelers are stored as pickles, so anyone who can write to
        the folder can run code here, as with joblib.Memory.
    max_bytes : int, default=4 * 2**30
        Size of the folder above which the least recently used entries are removed.

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

    def __repr__(self) -> str:
        return f"ComponentCache({str(self.location)!r}, max_bytes={self.max_bytes})"

    def entries(self) -> list[Path]:
        """Return the folders of the entries, the least recently used first."""
        found = [path for kind in _KINDS for path in self.location.glob(f"{kind}-*/")]
        return sorted(found, key=lambda path: path.stat().st_mtime)

    def clear(self) -> None:
        """Remove all entries."""
        for entry in self.entries():
            with self._locked(entry):
                shutil.rmtree(entry, ignore_errors=True)

    def fitted(self, estimator: Any, X: Texts, y: Labels, *, key_of: Any = None) -> tuple[Any, str]:
        """Return `estimator` fitted on the texts `X` and labels `y`, and the key that it is kept under.

        The one that was passed in is fitted only if no equal one is kept. `key_of`, if given, is an estimator whose
        parameters stand for those of `estimator` in the key.
        """
        kind = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
        rows = joblib.hash([np.asarray(X).tolist(), np.asarray(y).tolist()])
        try:
            key = joblib.hash([FORMAT, kind, estimator if key_of is None else key_of, rows])
        except pickle.PicklingError as error:
            raise TypeError(
                f"memory= needs parts that can be pickled, got a {type(estimator).__name__} that cannot: its class, "
                "and the functions among its parameters, must be defined at the top of a module. Move them there, "
                "or leave memory out."
            ) from error
        entry = self.location / f"fitted-{key}"
        with self._locked(entry):
            if entry.is_dir():
                os.utime(entry)
                return _load(entry, type(estimator)), key
            estimator.fit(X, y)
            with self._written(entry) as folder:
                _save(estimator, folder)
        self._trim()
        return estimator, key

    @contextmanager
    def _locked(self, entry: Path) -> Iterator[None]:
        from filelock import FileLock

        self.location.mkdir(parents=True, exist_ok=True)
        with FileLock(self.location / f"{entry.name}.lock"):
            yield

    @contextmanager
    def kept(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the lists and dicts in the entry `name`, and store them again if they grew."""
        entry = self.location / name
        with self._locked(entry):
            kept: dict[str, Any] = {}
            if entry.is_dir():
                os.utime(entry)
                kept = json.loads((entry / "kept.json").read_text(encoding="utf-8"))
            before = sum(map(len, kept.values()))
            yield kept
            grown = sum(map(len, kept.values())) > before
            if grown:
                with self._written(entry) as folder:
                    (folder / "kept.json").write_text(json.dumps(kept), encoding="utf-8")
        if grown:
            self._trim()

    @contextmanager
    def _written(self, entry: Path) -> Iterator[Path]:
        """Yield a folder that takes the place of `entry` when the block ends without an error."""
        folder = Path(tempfile.mkdtemp(prefix=".part-", dir=self.location))
        try:
            yield folder
            shutil.rmtree(entry, ignore_errors=True)
            folder.rename(entry)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _trim(self) -> None:
        """Remove the least recently used entries until the rest fits; the newest entry always stays."""
        from filelock import FileLock, Timeout

        entries = self.entries()
        sizes = [sum(f.stat().st_size for f in e.rglob("*") if f.is_file()) for e in entries]
        total = sum(sizes)
        for entry, size in zip(entries[:-1], sizes[:-1], strict=True):
            if total <= self.max_bytes:
                return
            try:
                with FileLock(self.location / f"{entry.name}.lock", timeout=0):
                    shutil.rmtree(entry, ignore_errors=True)
                    total -= size
            except Timeout:  # in use
                continue


def open_cache(memory: Any) -> ComponentCache | None:
    """Return the cache that the parameter `memory` of the resampler means; None where nothing is kept."""
    if memory is None or isinstance(memory, ComponentCache):
        return memory
    if isinstance(memory, str | os.PathLike):
        return ComponentCache(memory)
    location = getattr(memory, "location", None)  # joblib.Memory, which keeps nothing if it has none
    return None if location is None else ComponentCache(Path(location) / "skbalagen")


def _save(estimator: Any, folder: Path) -> None:
    """Store a fitted estimator: by its own `save`, if it has one, else as a pickle."""
    if hasattr(estimator, "save"):
        estimator.save(folder)
    else:
        joblib.dump(estimator, folder / "estimator.joblib")


def _load(folder: Path, kind: type) -> Any:
    pickled = folder / "estimator.joblib"
    return joblib.load(pickled) if pickled.is_file() else kind.load(folder)  # type: ignore[attr-defined]
