"""Checksums of a folder: every change of every file is noticed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from skbalagen._utils import checksums
from skbalagen._utils.checksums import find_fault, read_checksums, write_checksums


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "deeper" / "b.json").write_text("{}")
    write_checksums(folder)
    return folder


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_written_has_no_fault(folder, whole):
    assert find_fault(folder, whole=whole) is None
    sizes = {file: fact["size"] for file, fact in read_checksums(folder).items()}
    assert sizes == {"a.bin": 1024, "deeper/b.json": 2}


def test_hidden_files_do_not_count(folder):
    (folder / ".nfs0001").touch()
    assert find_fault(folder, whole=True) is None


def test_a_folder_that_is_not_there_is_a_fault(tmp_path):
    assert find_fault(tmp_path / "none", whole=True) == f"there is no folder {tmp_path / 'none'}"


@pytest.mark.parametrize("content", ["", "[]", '{"a.bin": 3, "deeper/b.json": 4}', "\xff", None])
def test_a_list_that_cannot_be_read_is_a_fault(folder, content):
    (folder / "checksums.json").unlink()
    if content is not None:
        (folder / "checksums.json").write_text(content, encoding="latin-1")
    assert "checksums.json cannot be read" in find_fault(folder, whole=True)


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_of_any_file_is_noticed(folder, seed):
    rng = np.random.default_rng(seed)
    path = rng.choice(sorted(p for p in folder.rglob("*") if p.is_file()))
    content = path.read_bytes()
    place, kind = int(rng.integers(len(content))), rng.integers(4)
    if kind == 3:
        path.unlink()
    else:
        changed = bytes([content[place] ^ (1 << int(rng.integers(7)))])
        path.write_bytes(
            content[:place] + [changed + content[place + 1 :], b"", b"\0" + content[place:]][kind]
        )
    fault = find_fault(folder, whole=True)
    assert fault is not None or _says_the_same(path, content)


def _says_the_same(path, content):
    """Return whether the list of checksums was changed where it does not matter, as in a sample or a space."""
    if path.name != "checksums.json":
        return False
    before, after = json.loads(content), json.loads(path.read_bytes())
    return all(before[file][key] == after[file][key] for file in before for key in ("size", "sha256"))


def test_a_large_file_is_sampled_at_both_ends_and_in_between(folder, monkeypatch):
    for name, value in {"_SMALL": 100, "_BLOCKS": 3, "_BLOCK": 4}.items():
        monkeypatch.setattr(checksums, name, value)
    write_checksums(folder)
    content = (folder / "a.bin").read_bytes()
    for place, noticed in ((0, True), (1023, True), (510, True), (300, False)):
        changed = bytearray(content)
        changed[place] ^= 1
        (folder / "a.bin").write_bytes(changed)
        assert bool(find_fault(folder, whole=False)) == noticed
        assert "a.bin has the sha256" in find_fault(folder, whole=True)
