"""Where a long computation may leave how far it has come, so that a killed one goes on.

Whoever keeps results knows the folder; the loop that trains is many calls below. A context variable carries the
folder, so that the functions in between need no parameter for it.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import joblib

__all__ = ["Checkpoint", "checkpoints_in", "open_checkpoint"]

_folder: ContextVar[Path | None] = ContextVar("skbalagen_checkpoint_folder", default=None)


@contextmanager
def checkpoints_in(folder: Path) -> Iterator[None]:
    """Let computations inside a ``with`` block keep checkpoints in a folder, which one of them creates."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def open_checkpoint(*identity: Any) -> Checkpoint | None:
    """Return the checkpoint of a computation, or None outside a block of :func:`checkpoints_in`.

    Parameters
    ----------
    *identity
        All that the result depends on: parameters, rows, seed. Another computation has another checkpoint.
    """
    folder = _folder.get()
    return None if folder is None else Checkpoint(folder, joblib.hash(identity))


class Checkpoint:
    """The newest state of one computation, in a file whose name ends with the sha256 of its content.

    Parameters
    ----------
    folder : pathlib.Path
        It may hold the checkpoints of other computations too.
    name : str
        The beginning of the file's name.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name

    def read(self, read: Callable[[Path], Any]) -> Any:
        """Return the newest state, None if there is none that is whole.

        Parameters
        ----------
        read : callable
            From the path of a file to the state.

        Warns
        -----
        UserWarning
            The only state is damaged.
        """
        states = sorted(self._states(), key=os.path.getmtime, reverse=True)
        for path in states:
            with suppress(OSError):
                if path.stem.endswith(_sha256(path)):
                    return read(path)
        if states:
            warnings.warn(
                f"The checkpoint in {self.folder} is damaged. The computation starts again from its beginning.",
                UserWarning,
                stacklevel=2,
            )
        return None

    def write(self, write: Callable[[Path], Any]) -> None:
        """Replace the state by a newer one; where it cannot be written, the computation goes on without it.

        Parameters
        ----------
        write : callable
            It gets the path to write to.
        """
        part = self.folder / f".part-{self.name}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            older = self._states()
            write(part)
            with open(part, "rb+") as file:
                os.fsync(file.fileno())
            whole = self.folder / f"{self.name}-{_sha256(part)}.state"
            os.replace(part, whole)
            for path in older:
                if path != whole:
                    path.unlink()
        except Exception:  # a full disk has an error of its own in each library
            with suppress(OSError):
                part.unlink()

    def _states(self) -> list[Path]:
        return list(self.folder.glob(f"{self.name}-*.state"))


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
