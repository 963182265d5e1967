"""Random damage of a cache: the right rows, with one warning at most, and a cache that is whole again."""

from __future__ import annotations

import shutil
import warnings

import numpy as np
import pytest

from skbalagen import ComponentCache, ShortfallWarning
from tests.fakes import make_counted
from tests.killing import is_thorough

N_DAMAGES = 1000 if is_thorough() else 12


def resample(log, folder, corpus):
    """Return the rows, and what was said about the cache."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = make_counted(log, folder).fit_resample(*corpus)
    return rows, [str(w.message) for w in caught if not issubclass(w.category, ShortfallWarning)]


def damage(path, files, rng):
    content = path.read_bytes()
    place = int(rng.integers(len(content)))
    kinds = {
        "flip": lambda: (
            content[:place] + bytes([content[place] ^ (1 << int(rng.integers(8)))]) + content[place + 1 :]
        ),
        "cut": lambda: content[:place],
        "zeros": lambda: content[:place] + bytes(len(content) - place),
        "insert": lambda: content[:place] + rng.bytes(5) + content[place:],
        "noise": lambda: rng.bytes(len(content)),
        "other": lambda: rng.choice(files).read_bytes(),
        "lost": None,
    }
    kind = str(rng.choice(list(kinds)))
    if kind == "lost":
        path.unlink()
    else:
        path.write_bytes(kinds[kind]())
    return kind


def test_any_damage_gives_the_right_rows_with_one_warning(corpus, log, tmp_path):
    rows, _ = resample(log, tmp_path / "warm", corpus)
    rng = np.random.default_rng(0)
    for number in range(N_DAMAGES):
        folder = shutil.copytree(tmp_path / "warm", tmp_path / "cache")
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
        path = files[rng.integers(len(files))]
        before = path.read_bytes()
        kind = damage(path, files, rng)
        changed = kind == "lost" or path.read_bytes() != before
        found, said = resample(log, folder, corpus)
        context = (number, path.name, kind)
        assert found == rows, context
        assert len(said) <= 1, context
        # A list of checksums holds spaces, and samples that are not read here; a lost list of texts is no entry.
        if changed and path.name != "checksums.json" and (kind, path.name) != ("lost", "kept.jsonl"):
            assert len(said) == 1, context
        assert all("is damaged (" in message and "It is computed again" in message for message in said)
        log.write_text("")
        assert resample(log, folder, corpus) == (rows, [])
        assert log.read_text() == ""
        shutil.rmtree(folder)


def test_a_damaged_entry_is_the_only_one_that_is_computed_again(corpus, log, tmp_path):
    rows, _ = resample(log, tmp_path, corpus)
    log.write_text("")
    (candidates,) = tmp_path.glob("streams-*/kept.jsonl")
    candidates.write_bytes(candidates.read_bytes().replace(b"meal", b"deal", 1))
    assert resample(log, tmp_path, corpus)[0] == rows
    lines = log.read_text().splitlines()
    assert lines
    assert "fit" not in lines


@pytest.mark.parametrize("kind", ["fitted", "streams", "verdicts"])
def test_a_damaged_entry_where_nothing_can_be_written_still_gives_the_rows(
    corpus, log, tmp_path, monkeypatch, kind
):
    rows, _ = resample(log, tmp_path, corpus)
    for file in tmp_path.glob(f"{kind}-*/*"):
        file.write_bytes(b"")

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    found, said = resample(log, tmp_path, corpus)
    assert found == rows
    assert sum("could not be kept" in message for message in said) == 1
    assert ComponentCache(tmp_path).entries()
