"""Tables of the benchmark scripts: recipes beside the free one and real rows; the search beside free remedies."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """Import a module of the benchmark scripts."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module


def row(task, seed, recipe, macro, tau=1.0, **more):
    return {
        "task": task,
        "seed": seed,
        "classifier": "tfidf",
        "recipe": recipe,
        "priors": "fitted",
        "tau": tau,
        "macro": macro,
        **more,
    }


ROWS = [
    row("a", 0, "labels alone", 0.50),
    row("a", 1, "labels alone", 0.60),
    row("b", 0, "labels alone", 0.80),
    row("a", 0, "ours", 0.56),
    row("a", 1, "ours", 0.58),
    row("b", 0, "ours", 0.90),
    row("a", 0, "ours", 0.99, tau=0.5),
]


def test_a_recipe_stands_beside_the_free_one_on_the_splits_of_both(script, capsys):
    more = [row("b", 1, "ours", 0.1)]  # a split that the free one lacks
    free = [
        {"task": "a", "seed": seed, "classifier": "tfidf", "method": method, "macro": macro}
        for method, scored in {"ros": [0.58, 0.58], "smote": [0.99], "mine": [0.9, 0.9]}.items()
        for seed, macro in enumerate(scored)
    ]
    table = script("recipe_tables").beside_free([*ROWS, *more], free, "tfidf", "ours", [0, 1])
    assert table.loc["a", ["recipe", "difference", "worst seed"]].tolist() == pytest.approx([57, 2, -2])
    assert table.loc["a", ["seeds", "better", "worse"]].tolist() == [2, 1, 1]
    assert table.loc["b", "seeds"] == 1
    # "smote" lacks a split, and "mine" is not free.
    assert table["best free"].tolist() == ["ros", "label-texts+logit-adjustment", ""]
    assert table["difference "].tolist() == pytest.approx([57 - 58, 10, 4.5])
    assert table.loc["mean of tasks", "difference"] == pytest.approx((2 + 10) / 2)
    said = capsys.readouterr().out
    assert "pairs are tasks: 6.00" in said
    assert "pairs are splits: 4.67" in said
    assert "2 better, 1 worse" in said


def test_seeds_that_a_recipe_was_chosen_on_stand_apart(script, capsys):
    table = script("recipe_tables").beside_free(ROWS, [], "tfidf", "ours", [1])
    assert table.index.tolist() == ["a", "mean of tasks"]
    assert table.loc["a", "difference"] == pytest.approx(-2)


def test_measures_are_means_over_tasks(script):
    rows = [
        r | {"micro": r["macro"], "macro_f1": 0.5, "brier": 0.25, "ece": 0.125} for r in ROWS if r["tau"] == 1
    ]
    table = script("recipe_tables").all_measures(rows, "tfidf", "ours", [0, 1])
    assert table.loc["labels alone", "macro"] == pytest.approx((55 + 80) / 2)
    assert table.loc["ours", ["macro_f1", "brier", "ece"]].tolist() == [50, 25, 12.5]


def test_the_share_of_what_real_rows_bring(script):
    real = [row(t, 0, f"most={n}, select=rest", 0.70 + n / 1000) for t in "ab" for n in (5, 20, 100)]
    table = script("recipe_tables").share_of_real([*ROWS, *real], "tfidf", "ours")
    # Only split a, 0 and b, 0 have all: 6 of 30 points, and 10 of none.
    assert table.loc["a", "share gained"] == pytest.approx(100 * 6 / 30)
    assert np.isnan(table.loc["b", "share gained"])  # less than a point to gain
    assert table.loc["mean of tasks", "share gained"] == pytest.approx(100 * 8 / 15)
    assert table.loc["a", "seeds"] == 1


def test_the_search_stands_beside_the_best_free_remedy(script):
    module = script("remedy_search")
    best = module.BEST_FREE
    rows = [
        {"task": "a", "seed": s, "classifier": "tfidf", "macro": m, "seconds": 1.0, "chosen": c, "free": f}
        for s, m, c, f in [
            (0, 0.7, "none", {best: 0.6, "none": 0.7}),
            (1, 0.5, best, {best: 0.5, "none": 0.4}),
        ]
    ]
    table = module.table(rows, "tfidf")
    assert table.loc["a", ["search", "best free", "best of five"]].tolist() == pytest.approx([60, 55, 60])
    assert table.loc["a", "difference"] == pytest.approx(5)
    assert table.loc["a", "chosen"] == f"{best}, none"
    assert module.table(rows, "embedding").empty
