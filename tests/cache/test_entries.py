"""Entries: what is written, what is read, and what is never executed."""

from __future__ import annotations

import os

import joblib
import pytest
from sklearn.naive_bayes import MultinomialNB

from skbalagen._utils.checksums import write_checksums
from skbalagen.cache.entries import (
    DamagedEntryError,
    read_estimator,
    read_kept,
    write_estimator,
    write_kept,
)


class Saved:
    """Has a format of its own."""

    def __init__(self, value=0):
        self.value = value

    def save(self, folder):
        (folder / "value.txt").write_text(str(self.value))

    @classmethod
    def load(cls, folder):
        return cls(int((folder / "value.txt").read_text()))


class Trap:
    """Notes that it was unpickled."""

    def __reduce__(self):
        return os.mkdir, (os.environ["SKBALAGEN_TRAP"],)


@pytest.fixture
def trap(tmp_path, monkeypatch):
    monkeypatch.setenv("SKBALAGEN_TRAP", str(tmp_path / "sprung"))
    return tmp_path / "sprung"


def test_an_estimator_comes_back(tmp_path):
    write_estimator(tmp_path / "fitted-a", MultinomialNB(alpha=3))
    assert read_estimator(tmp_path / "fitted-a", MultinomialNB).alpha == 3
    write_estimator(tmp_path / "fitted-b", Saved(7))
    assert read_estimator(tmp_path / "fitted-b", Saved).value == 7
    assert {path.name for path in (tmp_path / "fitted-b").iterdir()} == {"value.txt", "checksums.json"}
    assert read_estimator(tmp_path / "fitted-c", Saved) is None
    assert {path.name for path in tmp_path.iterdir()} == {"fitted-a", "fitted-b"}


def test_an_estimator_with_a_format_of_its_own_reads_no_pickle(tmp_path, trap):
    entry = tmp_path / "fitted-a"
    write_estimator(entry, Saved(7))
    joblib.dump(Trap(), entry / "estimator.joblib")
    with pytest.raises(DamagedEntryError, match="it holds the files"):
        read_estimator(entry, Saved)
    write_checksums(entry)  # planted with care
    assert read_estimator(entry, Saved).value == 7
    (entry / "value.txt").unlink()
    write_checksums(entry)
    with pytest.raises(DamagedEntryError, match=r"FileNotFoundError: .*value\.txt"):
        read_estimator(entry, Saved)
    assert not trap.exists()


def test_a_pickle_that_was_changed_is_not_read(tmp_path, trap):
    entry = tmp_path / "fitted-a"
    write_estimator(entry, MultinomialNB())
    joblib.dump(Trap(), entry / "estimator.joblib")
    with pytest.raises(DamagedEntryError, match=r"estimator\.joblib has \d+ bytes"):
        read_estimator(entry, MultinomialNB)
    assert not trap.exists()


def test_a_pickle_that_cannot_be_loaded_is_damaged(tmp_path):
    entry = tmp_path / "fitted-a"
    write_estimator(entry, MultinomialNB())
    (entry / "estimator.joblib").write_bytes(b"\x80\x04cno_such_module\nName\n.")
    write_checksums(entry)
    with pytest.raises(DamagedEntryError, match="ModuleNotFoundError"):
        read_estimator(entry, MultinomialNB)


def test_a_damaged_estimator_is_replaced(tmp_path):
    entry = tmp_path / "fitted-a"
    write_estimator(entry, Saved(1))
    (entry / "value.txt").write_text("2")
    write_estimator(entry, Saved(3))
    assert read_estimator(entry, Saved).value == 3
    assert [path.name for path in tmp_path.iterdir()] == ["fitted-a"]


def test_an_estimator_that_cannot_be_saved_leaves_nothing(tmp_path):
    class Unsavable(Saved):
        def save(self, folder):
            (folder / "half").touch()
            raise TypeError("no such label")

    with pytest.raises(TypeError, match="no such label"):
        write_estimator(tmp_path / "fitted-a", Unsavable())
    assert list(tmp_path.iterdir()) == []


def test_lists_and_dicts_come_back(tmp_path):
    kept = {"str:a": ["text", None, "\ud800", "\u2028\n"], "int:1": {"b": [[True], 0.1, False]}}
    assert read_kept(tmp_path / "streams-a") == {}
    write_kept(tmp_path / "streams-a", kept)
    assert read_kept(tmp_path / "streams-a") == kept
    write_kept(tmp_path / "streams-a", {"str:a": []})
    assert read_kept(tmp_path / "streams-a") == {"str:a": []}
    assert os.listdir(tmp_path / "streams-a") == ["kept.jsonl"]


def test_an_entry_that_was_begun_holds_nothing(tmp_path):
    (tmp_path / "streams-a").mkdir()
    assert read_kept(tmp_path / "streams-a") == {}


@pytest.mark.parametrize(
    "spoil", [lambda c: c[:-1], lambda c: c.replace(b"text", b"test"), lambda c: b"", lambda c: c[3:]]
)
def test_changed_lists_are_damaged(tmp_path, spoil):
    write_kept(tmp_path / "streams-a", {"str:a": ["text"]})
    path = tmp_path / "streams-a" / "kept.jsonl"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DamagedEntryError, match=r"kept\.jsonl does not match its checksum"):
        read_kept(tmp_path / "streams-a")


def test_the_lists_of_another_entry_are_damaged(tmp_path):
    write_kept(tmp_path / "streams-a", {"str:a": ["text"]})
    (tmp_path / "streams-a").rename(tmp_path / "verdicts-a")
    with pytest.raises(DamagedEntryError, match=r"kept\.jsonl does not match its checksum"):
        read_kept(tmp_path / "verdicts-a")
