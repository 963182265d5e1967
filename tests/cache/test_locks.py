"""Locks, and what is collected."""

from __future__ import annotations

import os

import filelock
import pytest

from skbalagen.cache.locks import collect_leftovers, locked, unless_locked


def test_one_at_a_time(tmp_path):
    with locked(tmp_path / "fitted-a"):
        with unless_locked(tmp_path / "fitted-a") as free:
            assert not free
        with unless_locked(tmp_path / "fitted-b") as free:
            assert free
    with unless_locked(tmp_path / "fitted-a") as free:
        assert free


def test_a_checkpoint_is_guarded_by_the_fit_it_belongs_to(tmp_path):
    with locked(tmp_path / "fitted-a"), unless_locked(tmp_path / "checkpoint-a") as free:
        assert not free


def test_the_folder_is_created_for_its_owner_alone(tmp_path):
    with locked(tmp_path / "deep" / "cache" / "fitted-a"):
        pass
    assert os.name == "nt" or (tmp_path / "deep" / "cache").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_is_entered_without_a_lock(tmp_path, monkeypatch):
    def refuse(self, *_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    entered = []
    with locked(tmp_path / "fitted-a"):
        entered.append(1)
    with unless_locked(tmp_path / "fitted-a") as free:
        assert not free
    assert entered


def test_an_error_in_a_block_is_passed_on_and_ends_the_lock(tmp_path):
    with pytest.raises(PermissionError, match="mine"), locked(tmp_path / "fitted-a"):
        raise PermissionError("mine")
    with unless_locked(tmp_path / "fitted-a") as free:
        assert free


def test_what_the_dead_left_is_collected_and_what_the_living_write_is_not(tmp_path):
    for entry in ("fitted-dead", "fitted-alive"):
        (tmp_path / f".part-{entry}-x_1" / "new").mkdir(parents=True)
        (tmp_path / f".part-{entry}-x_1" / "new" / "weights").write_bytes(b"half")
    for entry in ("streams-dead", "streams-alive"):
        (tmp_path / entry).mkdir()
        (tmp_path / entry / ".part-kept.jsonl-x_1").write_bytes(b"half")
        (tmp_path / entry / "kept.jsonl").write_bytes(b"whole")
    (tmp_path / "fitted-gone.lock").touch()
    with locked(tmp_path / "fitted-alive"), locked(tmp_path / "streams-alive"):
        collect_leftovers(tmp_path)
        left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
        assert {name for name in left if "part" in name} == {
            ".part-fitted-alive-x_1/new/weights",
            "streams-alive/.part-kept.jsonl-x_1",
        }
    collect_leftovers(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert {name for name in left if not name.endswith(".lock")} == {
        "streams-dead",
        "streams-dead/kept.jsonl",
        "streams-alive",
        "streams-alive/kept.jsonl",
    }
    assert "fitted-gone.lock" not in left
    assert "fitted-dead.lock" not in left


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path):
    collect_leftovers(tmp_path / "none")
