"""Recipes on pools of candidates: which become rows, with which targets and weights; soft targets."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from skbalagen.benchmark import Split

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """Import a module of the benchmark scripts."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module


@pytest.fixture
def pool(script):
    """Class "big" of four rows and "small" of one; three labelers that give candidates of "small" less and less."""

    def column(*values):
        return np.array(values, dtype=object)

    X, y = column("b one", "b two", "b three", "b four", "s one"), column("big", "big", "big", "big", "small")
    rest = column("s rest one", "s rest two"), column("small", "small")
    split = Split(X, y, X, y, X, y, *rest)
    texts = column("s new", "s new new", "s odd", "b new", "s wrong")
    labels = column("small", "small", "small", "big", "small")
    of_small = np.array([[0.9, 0.8, 0.6, 0.1, 0.2], [0.9, 0.8, 0.4, 0.6, 0.1], [0.9, 0.7, 0.6, 0.2, 0.1]])
    proba = np.stack([1 - of_small, of_small], axis=2)
    test = np.full((3, 5, 2), 0.5)
    pool = script("pool_rows").Pool(split, texts, labels, column("big", "small"), proba, test, test)
    assert pool.sizes == {"big": 4, "small": 1}
    return pool


def names(pool, mask):
    return pool.texts[mask].tolist()


def test_rules_of_acceptance_by_hand(pool):
    # Mean of "small" with weights 1, 1, 4: .9, .733, .567, .25 and .117.
    assert pool.mean[:, 1] == pytest.approx([0.9, 4.4 / 6, 3.4 / 6, 1.5 / 6, 0.7 / 6])
    assert names(pool, pool.accepted("mean")) == ["s new", "s new new", "s odd", "b new"]
    assert names(pool, pool.accepted("majority")) == ["s new", "s new new", "s odd", "b new"]
    assert names(pool, pool.accepted("all")) == ["s new", "s new new"]
    assert names(pool, pool.accepted("margin 0.2")) == ["s new", "s new new", "b new"]
    assert names(pool, pool.accepted("words"))[:2] == ["s new", "s new new"]
    assert pool.accepted("any").all()


@pytest.mark.parametrize(
    ("parameters", "added"),
    [
        ({"most": 2}, ["s new", "s new new"]),
        ({"most": 9, "upto": 3}, ["s new", "s new new"]),
        ({"most": 9, "fill": "all"}, ["b new", "s new", "s new new", "s odd"]),
        ({"most": 9, "fill": "below median"}, ["s new", "s new new", "s odd"]),
        ({"most": 9, "select": "any"}, ["s new", "s new new", "s odd", "s wrong"]),
        ({"most": 9, "select": "rest"}, ["s rest one", "s rest two"]),
        ({}, []),
    ],
)
def test_which_candidates_become_rows(script, pool, parameters, added):
    recipe = script("recipe_names").Recipe(labels=False, **parameters)
    rows = script("pool_rows").make_rows(recipe, pool)
    assert rows.n_real == 5
    assert rows.X[:5].tolist() == pool.split.X_train.tolist()
    assert sorted(rows.X[5:]) == added
    assert rows.targets.sum(axis=1) == pytest.approx(np.ones(5 + len(added)))
    assert rows.targets[:5].argmax(axis=1).tolist() == [0, 0, 0, 0, 1]


def test_weights_and_shares(script, pool):
    recipe = script("recipe_names").Recipe(labels=False, most=2, weight=0.5)
    rows = script("pool_rows").make_rows(recipe, pool)
    assert rows.weights.tolist() == [1, 1, 1, 1, 1, 0.5, 0.5]
    assert rows.shares() == pytest.approx([4 / 6, 2 / 6])
    assert rows.shares(slice(5)) == pytest.approx([0.8, 0.2])
    copied = script("pool_rows").make_rows(script("recipe_names").Recipe(labels=False, copies=True), pool)
    assert copied.weights.tolist() == [1, 1, 1, 1, 4]


def test_distilled_targets_are_what_the_labelers_say_of_all_candidates(script, pool):
    Recipe, make_rows = script("recipe_names").Recipe, script("pool_rows").make_rows
    rows = make_rows(Recipe(labels=False, most=9, fill="all", targets="distilled"), pool)
    of_small = dict(zip(rows.X[5:], rows.targets[5:, 1], strict=True))
    assert of_small == pytest.approx(dict(zip(pool.texts, pool.mean[:, 1], strict=True)))
    squared = make_rows(Recipe(labels=False, most=9, targets="distilled", power=2.0), pool)
    assert squared.targets[5, 1] == pytest.approx(0.81 / 0.82)
    words = make_rows(Recipe(labels=False, most=9, targets="distilled", teacher="words"), pool)
    assert words.targets[7, 1] == pytest.approx(0.5)  # "s odd": 0.6 and 0.4
    soft = make_rows(Recipe(labels=False, most=9, targets="soft"), pool)
    assert soft.X[5:].tolist() == ["s new", "s new new", "s odd"]


def test_relabeled_candidates_go_to_their_likeliest_class(script, pool):
    recipe = script("recipe_names").Recipe(labels=False, most=9, weight=0.5, targets="relabeled")
    rows = script("pool_rows").make_rows(recipe, pool)
    assert rows.X[5:].tolist() == ["s new", "s new new", "s odd", "s wrong"]
    assert rows.targets[5:].tolist() == [[0, 1], [0, 1], [0, 1], [1, 0]]
    assert rows.weights[5:] == pytest.approx([0.45, 2.2 / 6, 1.7 / 6, 0.5 * 5.3 / 6])


def test_hard_rows_stand_for_soft_ones(script, pool):
    recipe = script("recipe_names").Recipe(labels=False, most=1, targets="distilled")
    X, y, weights = script("pool_rows").make_rows(recipe, pool).hard(pool.classes)
    assert X.tolist()[5:] == ["s new", "s new"]
    assert y.tolist()[5:] == ["big", "small"]
    assert weights[5:] == pytest.approx([0.1, 0.9])


def test_recipes_are_named_by_what_differs_from_the_defaults(script):
    module = script("recipe_names")
    assert module.Recipe().name == "labels alone"
    assert module.Recipe(most=20, weight=0.5).name == "most=20, weight=0.5"
    every = [recipe.name for group in module.GROUPS.values() for recipe in dict.fromkeys(group)]
    assert len(every) > 50


def test_a_pool_is_read_without_failed_repeated_and_label_texts(script, pool, tmp_path):
    texts = np.array(["", "s new", "S  new", "b one", "small", "s odd"])
    labels = np.array(["small", "small", "small", "big", "small", "small"])
    proba = np.arange(3 * 6 * 2, dtype=np.float16).reshape(3, 6, 2)
    np.savez(
        tmp_path / "pool.npz",
        texts=texts,
        labels=labels,
        classes=np.array(["big", "small"]),
        proba=proba,
        valid=proba[:, :5],
        test=proba[:, :5],
    )
    read = script("pool_rows").load_pool(tmp_path / "pool.npz", pool.split)
    assert read.texts.tolist() == ["s new", "s odd"]
    assert (read.proba == proba[:, [1, 5]]).all()


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_soft_targets_are_rows_of_each_class_weighted_by_its_share(script, form):
    rng = np.random.default_rng(0)
    X, targets, weights = rng.normal(size=(40, 4)), rng.dirichlet(np.ones(3), 40), rng.uniform(0.5, 2, 40)
    soft = script("soft_regression").SoftLogisticRegression(C=5.0, tol=1e-8).fit(form(X), targets, weights)
    row, column = np.nonzero(targets)
    hard = LogisticRegression(C=5.0, tol=1e-8, max_iter=5000)
    hard.fit(X[row], column, sample_weight=weights[row] * targets[row, column])
    assert soft.predict_log_proba(form(X)) == pytest.approx(hard.predict_log_proba(X), abs=1e-4)


def test_quick_suite_names_what_is_lower(script):
    recorded = {"tfidf": {"free": 70.0, "gain": 3.0}}
    worse = script("quick_suite").worse
    assert worse({"tfidf": {"free": 69.6, "gain": 2.6}}, recorded) == []
    assert worse({"tfidf": {"free": 70.0, "gain": 2.4}}, recorded) == ["tfidf: gain 2.4 instead of 3.0"]
    assert worse({"new": {"free": 1.0, "gain": 1.0}}, recorded) == []
