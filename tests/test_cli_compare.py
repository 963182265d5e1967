"""The command line: compare."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from skbalagen.cli import main

pytestmark = pytest.mark.usefixtures("own_cache")


def skewed_table(tmp_path):
    source = tmp_path / "in.csv"
    rows = [
        f"a glass of {w} wine {n},drink" for w in ("red", "white", "old") for n in ("now", "please", "today")
    ]
    rows += [f"some {w},weather" for w in ("rain", "snow", "wind")]
    source.write_text("\n".join(["text,label", *rows]) + "\n")
    return source


@pytest.fixture
def free_remedies(monkeypatch):
    from skbalagen.compare import Remedy, search

    remedies = (Remedy(name="logit adjustment", tau=1.0), Remedy(name="none"))
    monkeypatch.setattr(search, "default_remedies", lambda: remedies)


def test_compare_prints_the_table_and_the_advice_and_writes_the_page(tmp_path, capsys, free_remedies):
    source, page = skewed_table(tmp_path), tmp_path / "page.html"
    assert main(["compare", str(source), "--folds", "2", "--max-minutes", "1", "--report", str(page)]) == 0
    out = capsys.readouterr().out
    assert "logit adjustment" in out
    assert "<- chosen" in out
    assert "Chosen: logit adjustment." in out
    assert "Which remedy pays" in page.read_text(encoding="utf-8")


def test_compare_keeps_what_it_computes_within_the_size_that_was_named(
    tmp_path, own_cache, monkeypatch, free_remedies
):
    memories = []
    monkeypatch.setattr(
        "skbalagen.RemedySearchCV.fit", lambda self, X, y: memories.append(self.memory) or sys.exit(0)
    )
    command = ["compare", str(skewed_table(tmp_path))]
    for options in ([], ["--cache-size", "0.5"], ["--memory", "kept"], ["--no-cache"]):
        with pytest.raises(SystemExit):
            main([*command, *options])
    assert [(m.location, m.max_bytes) for m in memories[:3]] == [
        (own_cache / "runs", 4_000_000_000),
        (own_cache / "runs", 500_000_000),
        (Path("kept"), 4_000_000_000),
    ]
    assert memories[3] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--report", "in.csv"], "--report must name a file of its own"),
        (["--report", "nodir/page.html"], "does not exist or is not writable"),
        (["--label", "class"], "expected a column 'class'"),
        (["--folds", "1"], "'cv' parameter"),
    ],
)
def test_compare_refuses_before_any_work(tmp_path, monkeypatch, capsys, options, message):
    skewed_table(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "in.csv", *options]) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "in.csv").read_text().startswith("text,label")
