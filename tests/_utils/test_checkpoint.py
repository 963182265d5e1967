"""Checkpoints in a folder that somebody else names."""

from __future__ import annotations

import os

import pytest

from skbalagen._utils.checkpoint import checkpoints_in, open_checkpoint


@pytest.fixture
def checkpoint(tmp_path):
    with checkpoints_in(tmp_path / "kept"):
        return open_checkpoint("a computation", 3)


def test_no_block_no_checkpoint(tmp_path):
    with checkpoints_in(tmp_path):
        assert open_checkpoint("a") is not None
    assert open_checkpoint("a") is None


def test_the_newest_state_alone_is_kept(checkpoint):
    assert checkpoint.read(lambda path: path.read_text()) is None
    for text in ("one", "two"):
        checkpoint.write(lambda path, text=text: path.write_text(text))
        assert checkpoint.read(lambda path: path.read_text()) == text
    assert len(os.listdir(checkpoint.folder)) == 1


def test_a_state_that_is_written_twice_stays(checkpoint):
    for _ in range(2):
        checkpoint.write(lambda path: path.write_text("same"))
    assert checkpoint.read(lambda path: path.read_text()) == "same"


def test_computations_are_told_apart(checkpoint):
    checkpoint.write(lambda path: path.write_text("mine"))
    with checkpoints_in(checkpoint.folder):
        other = open_checkpoint("a computation", 4)
        same = open_checkpoint("a computation", 3)
    assert other.read(lambda path: path.read_text()) is None
    assert same.read(lambda path: path.read_text()) == "mine"


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_a_state_that_cannot_be_written_leaves_the_one_before(checkpoint, monkeypatch, failing):
    checkpoint.write(lambda path: path.write_text("one"))

    def fail(*_):
        raise OSError(28, "No space left on device")

    if failing != "write":
        monkeypatch.setattr(os, failing, fail)
    checkpoint.write(fail if failing == "write" else lambda path: path.write_text("two"))
    assert checkpoint.read(lambda path: path.read_text()) == "one"
    assert len(os.listdir(checkpoint.folder)) == 1


def test_a_kill_before_the_old_state_is_removed_leaves_the_newest(checkpoint, monkeypatch):
    checkpoint.write(lambda path: path.write_text("one"))
    (old,) = checkpoint.folder.iterdir()
    content = old.read_text()
    checkpoint.write(lambda path: path.write_text("two"))
    old.write_text(content)
    os.utime(old, (0, 0))
    assert checkpoint.read(lambda path: path.read_text()) == "two"
    (new,) = set(checkpoint.folder.iterdir()) - {old}
    new.write_text("torn")
    assert checkpoint.read(lambda path: path.read_text()) == "one"
    old.write_text("torn")
    with pytest.warns(UserWarning, match="is damaged"):
        assert checkpoint.read(lambda path: path.read_text()) is None


def test_the_folder_is_the_owner_s(checkpoint):
    checkpoint.write(lambda path: path.write_text("one"))
    assert os.name == "nt" or checkpoint.folder.stat().st_mode & 0o077 == 0
