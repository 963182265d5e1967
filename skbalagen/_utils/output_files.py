"""Files that are asked for by name: whether they can be written, before the work, and then whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from skbalagen._utils.durable import replacing

__all__ = ["check_own_file", "check_writable", "new_output"]


@contextmanager
def new_output(path: str | Path) -> Iterator[Path]:
    """Yield a file to write to, which becomes `path` at the end of the block, after it has reached the disk.

    Parameters
    ----------
    path : str or pathlib.Path
        A file that exists is replaced and keeps its permissions; others get those of the umask. A link stays one. A
        pipe or a device is written to as it is.

    Yields
    ------
    pathlib.Path
        Of the same ending as `path`.
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        yield target
        return
    with replacing(target) as part:
        yield part
        part.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())


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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _same_file(one: str, other: str) -> bool:
    if "-" in (one, other):
        return False
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there yet
        return Path(one).resolve() == Path(other).resolve()
