"""Files and folders that appear whole or not at all, also after a power cut."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["replace_folder", "replacing", "write_file"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a file to write to, which becomes `path`; readers, and whoever comes after a crash, find the old or the new.

    Parameters
    ----------
    path : pathlib.Path
        In a folder that exists.

    Yields
    ------
    pathlib.Path
        An empty file beside `path`, of the same ending, for its owner alone. It is removed if the block raises; if the
        process is killed, it stays, and its name begins with ".part-".
    """
    # The whole name would not do: with a prefix it may be longer than the system takes.
    number, name = tempfile.mkstemp(prefix=f".part-{path.stem[:40]}-", suffix=path.suffix, dir=path.parent)
    os.close(number)
    part = Path(name)
    try:
        yield part
        _sync(name, os.O_RDWR)
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _sync_entries(path.parent)


def write_file(path: Path, content: bytes) -> None:
    """Write a file by :func:`replacing`.

    Parameters
    ----------
    path : pathlib.Path
        In a folder that exists.
    content : bytes
    """
    with replacing(path) as part:
        part.write_bytes(content)


def replace_folder(new: Path, target: Path, aside: Path) -> None:
    """Bring a folder to its place in one rename, after all of it has reached the disk.

    Parameters
    ----------
    new : pathlib.Path
        The folder, beside `target` or deeper.
    target : pathlib.Path
        Where it belongs.
    aside : pathlib.Path
        Where a folder goes that stands there; no other folder can be replaced in one step.
    """
    for root, _, files in os.walk(new):
        for file in files:
            _sync(os.path.join(root, file), os.O_RDWR)
        _sync_entries(Path(root))
    if target.exists():
        target.rename(aside)
    new.rename(target)
    _sync_entries(target.parent)


def _sync_entries(folder: Path) -> None:
    """Sync the entries of a folder, where the system has a call for it: Windows has none."""
    with suppress(PermissionError):
        _sync(str(folder), os.O_RDONLY)


def _sync(path: str, mode: int) -> None:
    number = os.open(path, mode)
    try:
        os.fsync(number)
    finally:
        os.close(number)
