"""Files and folders that appear whole or not at all, also after a power cut."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["replace_folder", "write_file"]


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that its readers, and whoever comes after a crash, find the old one or the new one.

    Parameters
    ----------
    path : pathlib.Path
        In a folder that exists. What a killed write leaves beside it begins with ".part-" and the name.
    content : bytes
    """
    number, part = tempfile.mkstemp(prefix=f".part-{path.name}-", dir=path.parent)
    try:
        with open(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
    _sync_entries(path.parent)


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
