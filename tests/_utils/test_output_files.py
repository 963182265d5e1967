"""Files that cannot be written, or are another one too, are named before any work; the others are written whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skbalagen._utils.output_files import check_own_file, check_writable, new_output

needs_links = pytest.mark.skipif(os.name == "nt", reason="Windows needs a privilege for links")


def test_what_can_be_written_is_accepted_and_not_created(tmp_path):
    (tmp_path / "old.csv").write_text("")
    for name in ("new.csv", "old.csv"):
        check_writable(str(tmp_path / name))
    check_writable("-")
    assert [p.name for p in tmp_path.iterdir()] == ["old.csv"]


def test_a_place_that_is_none_is_named(tmp_path):
    with pytest.raises(IsADirectoryError, match=r"cannot be written: it is a folder. Name a file in it."):
        check_writable(str(tmp_path))
    folder = tmp_path / "nodir"
    with pytest.raises(OSError, match=r"nodir does not exist or is not writable. Create it, or name another"):
        check_writable(str(folder / "out.csv"))
    folder.write_text("a file")
    with pytest.raises(OSError, match="nodir does not exist or is not writable"):
        check_writable(str(folder / "out.csv"))


def test_what_is_not_writable_is_named(tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    path.write_text("")
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place).is_dir())
    with pytest.raises(
        PermissionError, match=r"out.csv cannot be written: it is not writable. Name another file."
    ):
        check_writable(str(path))
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    with pytest.raises(OSError, match="does not exist or is not writable"):
        check_writable(str(path))


def names_of(folder):
    """Return several names of the file a.csv, which need not exist."""
    (folder / "sub").mkdir()
    return ["a.csv", "./a.csv", "sub/../a.csv", str(folder / "a.csv")]


@pytest.mark.parametrize("exists", [True, False])
def test_the_same_file_by_another_name_is_refused(tmp_path, monkeypatch, exists):
    monkeypatch.chdir(tmp_path)
    if exists:
        Path("a.csv").write_text("")
    for name in names_of(tmp_path):
        with pytest.raises(
            ValueError,
            match=r"-o must name a file of its own, got '.*a.csv', which is the input too and would be replaced",
        ):
            check_own_file("-o", name, {"nothing": None, "the input": "a.csv"})
    check_own_file("-o", "b.csv", {"the input": "a.csv"})


@needs_links
@pytest.mark.parametrize("exists", [True, False])
def test_links_are_followed(tmp_path, monkeypatch, exists):
    monkeypatch.chdir(tmp_path)
    if exists:
        Path("a.csv").write_text("")
        os.link("a.csv", "hard.csv")
    Path("soft.csv").symlink_to("a.csv")
    Path("folder").symlink_to(tmp_path)
    for name in ["soft.csv", "folder/a.csv", "folder/soft.csv", *(["hard.csv"] if exists else [])]:
        with pytest.raises(ValueError, match="which is -o too"):
            check_own_file("--report", name, {"-o": "a.csv"})


def test_standard_input_and_output_are_no_files():
    check_own_file("-o", "-", {"the input": "-"})


# Writing, all or nothing


def test_an_output_is_on_the_disk_before_it_has_its_name(tmp_path, disk_calls):
    with new_output(tmp_path / "out.txt") as part:
        part.write_text("new")
        assert disk_calls == []
    assert disk_calls[:2] == ["fsync", "replace"]
    assert (tmp_path / "out.txt").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with new_output(pipe) as part:
            part.write_text("through")
        assert pipe.is_fifo()
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
