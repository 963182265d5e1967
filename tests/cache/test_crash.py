"""A kill or an error at each write, rename and lock: the old or the new, never half, and the same rows."""

from __future__ import annotations

import shutil
import sys
import warnings

import pandas as pd
import pytest

from skbalagen import ComponentCache, ShortfallWarning
from skbalagen._utils.table_files import write_table
from tests.fakes import make_counted
from tests.killing import run_apart, some

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")


def resample(log, folder, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        return [list(map(str, part)) for part in make_counted(log, folder).fit_resample(X, y)]


def leftovers(folder):
    return [path.name for path in folder.rglob(".part-*")]


@pytest.fixture
def case(corpus, log, tmp_path):
    """Arguments of `resample` that keep to one folder, and the rows that it has to give."""
    folder = tmp_path / "cache"
    rows = resample(log, None, *corpus)
    log.write_text("")
    return (str(log), str(folder), *corpus), folder, rows


def test_a_kill_at_any_change_costs_nothing_but_time(case, log):
    arguments, folder, rows = case
    whole = run_apart(resample, *arguments, folder=folder)
    assert (whole["result"], whole["warnings"]) == (rows, [])
    for stop_at in some(range(1, whole["changes"] + 1), few=4):
        shutil.rmtree(folder)
        log.write_text("")
        assert run_apart(resample, *arguments, folder=folder, stop_at=stop_at, how="kill") is None
        first = log.read_text().splitlines()
        assert resample(*arguments) == rows  # a damaged entry would be a warning, which is an error here
        then = log.read_text().splitlines()[len(first) :]
        # A fit, or the candidates of a round, was on its way and is repeated; what was finished before is not.
        repeated = [line for line in first if line in then]
        assert repeated == first[len(first) - len(repeated) :]
        assert "fit" not in repeated or repeated == ["fit"]
        log.write_text("")
        assert resample(*arguments) == rows
        assert log.read_text() == ""
        ComponentCache(folder)._trim()
        assert leftovers(folder) == []


@pytest.mark.parametrize("how", ["once", "full", "readonly"])
def test_an_error_at_any_change_costs_one_warning_at_most(case, how):
    arguments, folder, rows = case
    n_changes = run_apart(resample, *arguments, folder=folder)["changes"]
    for stop_at in some(range(1, n_changes + 1), few=3):
        shutil.rmtree(folder)
        run = run_apart(resample, *arguments, folder=folder, stop_at=stop_at, how=how)
        assert run["result"] == rows
        assert len(run["warnings"]) <= 1
        assert all("could not be kept in" in said for said in run["warnings"])
        assert resample(*arguments) == rows
        ComponentCache(folder)._trim()
        assert leftovers(folder) == []


def test_a_folder_that_cannot_be_written_from_the_start_costs_one_warning(case, log):
    arguments, folder, rows = case
    run = run_apart(resample, *arguments, folder=folder, stop_at=1, how="readonly")
    assert run["result"] == rows
    assert len(run["warnings"]) == 1
    assert "The result is not affected" in run["warnings"][0]
    assert not folder.exists()


def test_a_warm_cache_is_read_where_nothing_can_be_written(case, log):
    arguments, folder, rows = case
    resample(*arguments)
    for lock in folder.glob("*.lock"):
        lock.unlink()
    log.write_text("")
    run = run_apart(resample, *arguments, folder=folder, stop_at=1, how="readonly")
    assert (run["result"], run["warnings"]) == (rows, [])
    assert log.read_text() == ""


def write(path, rows):
    try:
        write_table(pd.DataFrame({"text": rows}), path)
    except OSError as error:
        return str(error)
    return "written"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("how", ["kill", "once"])
def test_a_table_is_the_old_or_the_new_one(tmp_path, ending, how):
    folder = tmp_path / "out"
    folder.mkdir()
    table = folder / f"table.{ending}"
    contents = []
    for rows in (["new", "rows"] * 500, ["old"]):
        write(str(table), rows)
        contents.append(table.read_bytes())
    new, old = contents
    n_changes = run_apart(write, str(table), ["new", "rows"] * 500, folder=folder)["changes"]
    for stop_at in some(range(1, n_changes + 1), few=2):
        table.write_bytes(old)
        run = run_apart(write, str(table), ["new", "rows"] * 500, folder=folder, stop_at=stop_at, how=how)
        assert table.read_bytes() in (old, new)
        if run is not None and run["result"] == "written":
            assert table.read_bytes() == new
    assert write(str(table), ["new", "rows"] * 500) == "written"
    assert table.read_bytes() == new
