"""Locks on the entries of a cache folder, and what killed processes leave in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["PART", "collect_leftovers", "locked", "unless_locked"]

# What is being written begins with this, followed by the name of its entry and "-".
PART = ".part-"

# A checkpoint belongs to the component whose fit it interrupts, and is guarded by its lock.
_GUARDED_BY = {"checkpoint": "fitted"}


@contextmanager
def locked(entry: Path) -> Iterator[None]:
    """Let one process at a time into a block, where the folder can be written.

    A folder that cannot be written has nothing to guard, so the block runs without a lock there.

    Parameters
    ----------
    entry : pathlib.Path
        The folder around it is created, for its owner alone, if it does not exist.
    """
    from filelock import FileLock

    lock = FileLock(_lock_file(entry))
    with suppress(OSError, NotImplementedError):
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def unless_locked(entry: Path) -> Iterator[bool]:
    """Yield whether an entry could be locked without waiting."""
    from filelock import FileLock

    lock = FileLock(_lock_file(entry), timeout=0)
    with suppress(OSError, NotImplementedError):  # held by another, or a folder that cannot be written
        lock.acquire()
    try:
        yield lock.is_locked
    finally:
        lock.release()


def collect_leftovers(location: Path) -> None:
    """Remove what no living process is writing, and locks without an entry.

    Two processes that meet exactly while a lock is removed may both compute its entry: nothing is lost, since
    an entry appears in one step.
    """
    for part in [*location.glob(f"{PART}*"), *location.glob(f"*/{PART}*")]:
        owner = part.name[len(PART) :].rpartition("-")[0] if part.parent == location else part.parent.name
        with unless_locked(location / owner) as free:
            if free:
                _remove(part)
    for file in location.glob("*.lock"):
        entry = file.with_suffix("")
        if not entry.exists():
            with unless_locked(entry) as free, suppress(OSError):
                if free and not entry.exists():
                    file.unlink()


def _lock_file(entry: Path) -> Path:
    kind, _, key = entry.name.partition("-")
    return entry.parent / f"{_GUARDED_BY.get(kind, kind)}-{key}.lock"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
