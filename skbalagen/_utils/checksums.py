"""A list of the files of a folder, with their checksums, that tells whether they are still what was written."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

__all__ = ["CHECKSUMS", "find_fault", "read_checksums", "write_checksums"]

CHECKSUMS = "checksums.json"

# Larger files are sampled: so many blocks of so many bytes, evenly spread, the first and the last among them.
_SMALL, _BLOCKS, _BLOCK = 16 * 2**20, 256, 4096


def write_checksums(folder: Path) -> None:
    """Write the size, the sha256 and a sampled sha256 of each file of a folder into its ``checksums.json``."""
    facts = {
        file: {
            "size": (folder / file).stat().st_size,
            "sha256": _sha256(folder / file),
            "sample": _sample(folder / file),
        }
        for file in sorted(_files(folder))
    }
    (folder / CHECKSUMS).write_text(json.dumps(facts, indent=1), encoding="utf-8")


def read_checksums(folder: Path) -> dict[str, dict[str, Any]]:
    """Return {file: {"size": int, "sha256": str, "sample": str}} as it was written.

    Raises
    ------
    OSError, ValueError
        There is none that can be read.
    """
    facts = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    if not isinstance(facts, dict) or not all(isinstance(fact, dict) for fact in facts.values()):
        raise ValueError("no JSON object of files")
    return facts


def find_fault(folder: Path, *, whole: bool) -> str | None:
    """Return what is wrong with a folder; None if its files are those that were written, and no others.

    Parameters
    ----------
    folder : pathlib.Path
        Its hidden files do not count.
    whole : bool
        Whether to read every byte. Else 1 MiB of each file above 16 MiB is read: enough to notice, in
        milliseconds, one that was cut, emptied or exchanged.

    Returns
    -------
    str or None
        Such as "model.safetensors has 7 bytes, expected 9".
    """
    if not folder.is_dir():
        return f"there is no folder {folder}"
    try:
        facts = read_checksums(folder)
    except (OSError, ValueError) as error:
        return f"{CHECKSUMS} cannot be read: {error}"
    found = _files(folder)
    if found != facts.keys():
        return f"it holds the files {sorted(found)}, expected {sorted(facts)}"
    for file, fact in facts.items():
        try:
            size = (folder / file).stat().st_size
            if size != fact.get("size"):
                return f"{file} has {size} bytes, expected {fact.get('size')}"
            kind = "sha256" if whole else "sample"
            checksum = (_sha256 if whole else _sample)(folder / file)
        except OSError as error:
            return f"{file} cannot be read: {error}"
        if checksum != fact.get(kind):
            return f"{file} has the {kind} {checksum}, expected {fact.get(kind)}"
    return None


def _files(folder: Path) -> set[str]:
    """Return the files below a folder, with forward slashes; without hidden ones and the list itself."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix() for path in paths if not path.name.startswith(".")}
    return names - {CHECKSUMS}


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sample(path: Path) -> str:
    """Return the sha256 of a part of a large file, of the whole of a small one."""
    size = os.path.getsize(path)
    if size <= _SMALL:
        return _sha256(path)
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for i in range(_BLOCKS):
            file.seek((size - _BLOCK) * i // (_BLOCKS - 1))
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()
