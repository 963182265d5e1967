"""The command line: compare."""

from __future__ import annotations

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
    assert main(["compare", str(source), "--folds", "2", "--report", str(page)]) == 0
    out = capsys.readouterr().out
    assert "logit adjustment" in out
    assert "<- chosen" in out
    assert "Chosen: logit adjustment." in out
    assert "Which remedy pays" in page.read_text(encoding="utf-8")


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
