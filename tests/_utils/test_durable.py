"""Writes that are whole or not at all."""

from __future__ import annotations

import os

import pytest

from skbalagen._utils.durable import replace_folder, replacing, write_file


def test_a_file_reaches_the_disk_before_its_name_and_the_name_after_it(tmp_path, disk_calls):
    write_file(tmp_path / "kept.json", b"new")
    # Windows cannot sync a folder.
    assert disk_calls in (["fsync", "replace", "fsync"], ["fsync", "replace"])
    assert (tmp_path / "kept.json").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["kept.json"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch, failing):
    (tmp_path / "kept.json").write_bytes(b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="No space left"):
        write_file(tmp_path / "kept.json", b"new")
    assert (tmp_path / "kept.json").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["kept.json"]


def test_a_file_is_written_beside_its_place_under_a_name_of_the_same_ending(tmp_path):
    path = tmp_path / f"{'x' * 240}.csv"  # no longer name would do
    with replacing(path) as part:
        assert part.parent == path.parent
        assert part.name.startswith(".part-xxx")
        assert part.suffix == ".csv"
        part.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"


def test_a_block_that_raises_leaves_no_file(tmp_path):
    def stopped():
        with replacing(tmp_path / "a.csv") as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert os.listdir(tmp_path) == []


def test_a_folder_is_synced_whole_before_it_is_renamed(tmp_path, monkeypatch):
    (tmp_path / "new" / "deeper").mkdir(parents=True)
    (tmp_path / "new" / "a").write_bytes(b"1")
    (tmp_path / "new" / "deeper" / "b").write_bytes(b"2")
    synced, fsync = [], os.fsync

    def note(number):
        synced.append((os.fstat(number).st_ino, (tmp_path / "target").exists()))
        fsync(number)

    monkeypatch.setattr(os, "fsync", note)
    files = {path.stat().st_ino for path in (tmp_path / "new").rglob("*") if path.is_file()}
    replace_folder(tmp_path / "new", tmp_path / "target", aside=tmp_path / "aside")
    assert files <= {inode for inode, there in synced if not there}
    assert (tmp_path / "target" / "deeper" / "b").read_bytes() == b"2"
    assert not (tmp_path / "aside").exists()


def test_a_folder_that_is_replaced_is_put_aside(tmp_path):
    for name in ("new", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    replace_folder(tmp_path / "new", tmp_path / "target", aside=tmp_path / "aside")
    assert (tmp_path / "target" / "file").read_text() == "new"
    assert (tmp_path / "aside" / "file").read_text() == "target"
