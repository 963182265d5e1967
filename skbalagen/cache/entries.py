"""Read and write the entries of a cache folder: whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import joblib

from skbalagen._utils.checksums import find_fault, write_checksums
from skbalagen._utils.durable import replace_folder, write_file
from skbalagen.cache.locks import PART

__all__ = ["DamagedEntryError", "read_estimator", "read_kept", "write_estimator", "write_kept"]

_PICKLE, _KEPT = "estimator.joblib", "kept.jsonl"


class DamagedEntryError(Exception):
    """An entry is not what was written."""


def read_estimator(entry: Path, kind: type) -> Any:
    """Return the fitted estimator in an entry; None if there is no entry.

    Parameters
    ----------
    entry : pathlib.Path
    kind : type
        Its class. Where it has a ``load``, that reads it, and no pickle is read.

    Raises
    ------
    DamagedEntryError
        A checksum does not match, or what was kept cannot be loaded.
    """
    if not entry.is_dir():
        return None
    fault = find_fault(entry, whole=True)
    if fault is not None:
        raise DamagedEntryError(fault)
    try:
        if hasattr(kind, "load"):
            return kind.load(entry)
        return joblib.load(entry / _PICKLE)
    except Exception as error:  # a pickle may raise anything
        raise DamagedEntryError(f"{type(error).__name__}: {error}") from error


def write_estimator(entry: Path, estimator: Any) -> None:
    """Store a fitted estimator, by its own ``save`` if its class has a ``load``, else as a pickle."""
    work = Path(tempfile.mkdtemp(prefix=f"{PART}{entry.name}-", dir=entry.parent))
    try:
        new = work / "new"
        new.mkdir()
        if hasattr(type(estimator), "load"):
            estimator.save(new)
        else:
            joblib.dump(estimator, new / _PICKLE)
        write_checksums(new)
        replace_folder(new, entry, aside=work / "old")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def read_kept(entry: Path) -> dict[str, Any]:
    """Return the lists and dicts in an entry; none if there is no entry.

    Raises
    ------
    DamagedEntryError
        The checksum does not match.
    """
    try:
        content = (entry / _KEPT).read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DamagedEntryError(str(error)) from error
    head, _, body = content.partition(b"\n")
    if head != _head(entry, body):
        raise DamagedEntryError(f"{_KEPT} does not match its checksum")
    return json.loads(body)


def write_kept(entry: Path, kept: dict[str, Any]) -> None:
    """Store lists and dicts of what JSON can hold."""
    body = json.dumps(kept).encode()
    entry.mkdir(exist_ok=True)
    write_file(entry / _KEPT, _head(entry, body) + b"\n" + body)


def _head(entry: Path, body: bytes) -> bytes:
    """Return the first line of an entry; the file of another entry does not match it."""
    return json.dumps({"sha256": hashlib.sha256(entry.name.encode() + b"\n" + body).hexdigest()}).encode()
