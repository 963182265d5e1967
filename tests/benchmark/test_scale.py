"""The script that measures scale: its rows, and one small measurement."""

from __future__ import annotations

import importlib
import warnings
from collections import Counter
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def scale(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module("scale")


def test_class_sizes_follow_zipf_and_texts_have_the_words_of_their_class(scale):
    X, y = scale.make_rows(1000, 10)
    sizes = [n for _, n in Counter(y.tolist()).most_common()]
    assert sum(sizes) == len(X) == 1000
    assert sizes[0] / sizes[4] == pytest.approx(5, abs=0.2)
    assert {len(text.split()) for text in X} == {scale.WORDS_PER_TEXT}
    first_words = {label: {text.split()[0] for text in X[y == label]} for label in ("class 0", "class 9")}
    assert len(first_words["class 9"] & first_words["class 0"]) < len(first_words["class 9"]) / 2


def test_a_measurement_says_what_it_took_and_what_was_made(scale):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = scale.measure("rows", {"n_rows": 400, "n_classes": 4, "n_wanted": 20})
    assert row["n_generated"] <= 20 <= row["n_candidates"]
    assert row["rows_per_class"] is None
    assert row["peak_gb"] >= row["rows_gb"] > 0


def test_a_plot_is_drawn_from_rows(scale, tmp_path):
    rows = [
        {"what": what, "n_rows": n, "n_classes": n, "n_candidates": n, "cpu_seconds": n, "peak_gb": 1}
        for what in ("rows", "classes", "candidates")
        for n in (10, 100)
    ]
    scale.plot(rows, tmp_path / "scale.png")
    assert (tmp_path / "scale.png").stat().st_size > 5000
