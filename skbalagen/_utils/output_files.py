"""Files that are to be written: whether they can be, before the work and not after it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["check_own_file", "check_writable"]


def check_writable(path: str) -> None:
    """Raise if a file cannot be written there.

    Parameters
    ----------
    path : str
        The file; "-" is standard output.

    Raises
    ------
    OSError
        If `path` is a folder or not writable, or its folder does not exist or is not writable.
    """
    if path == "-":
        return
    target = Path(path).resolve()
    if target.is_dir():
        raise IsADirectoryError(f"{path} cannot be written: it is a folder. Name a file in it.")
    if not (target.parent.is_dir() and os.access(target.parent, os.W_OK)):
        raise OSError(
            f"{path} cannot be written: {target.parent} does not exist or is not writable. Create it, or name "
            "another folder."
        )
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(f"{path} cannot be written: it is not writable. Name another file.")


def check_own_file(option: str, path: str, others: Mapping[str, str | None]) -> None:
    """Raise if a file that is to be written is another one too, also through links and relative names.

    Parameters
    ----------
    option : str
        What named the file.
    path : str
        The file; "-", a stream, is no file.
    others : mapping of str to (str or None)
        What else is read or written, by what it is called.
    """
    for other, taken in others.items():
        if taken is not None and _same_file(path, taken):
            raise ValueError(
                f"{option} must name a file of its own, got {path!r}, which is {other} too and would be replaced. "
                "Name another file."
            )


def _same_file(one: str, other: str) -> bool:
    if "-" in (one, other):
        return False
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there yet
        return Path(one).resolve() == Path(other).resolve()
