"""The plan of a fit: which rows are merged, held out, and rare."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import TransformerClassifier
from skbalagen.classifiers._fit_plan import plan_fit
from skbalagen.classifiers._remedies import resolve_remedies
from skbalagen.classifiers.stages import Stage

TEXTS = np.array([f"text {i}" for i in range(30)], dtype=object)
CODES = np.repeat([0, 1], [24, 6])


def plan(texts=TEXTS, targets=CODES, **parameters):
    classifier = TransformerClassifier(**parameters)
    classes = np.unique(targets) if targets.ndim == 1 else np.arange(targets.shape[1])
    return plan_fit(
        resolve_remedies(classifier, indicator=targets.ndim == 2, classes=classes),
        texts,
        targets,
        np.ones(len(texts)),
        classes=classes,
        catch_all=None,
        epochs=8,
        validation_fraction=classifier.validation_fraction,
        seed=0,
    )


@pytest.mark.parametrize(
    ("parameters", "n_rows"),
    [
        ({}, 1),
        ({"sampler": "class-aware"}, 2),
        ({"validation_fraction": 0.5}, 2),
        ({"stages": [Stage(rows=lambda y, rng: np.arange(len(y)))]}, 2),
    ],
)
def test_a_text_of_two_classes_is_one_row_unless_rows_are_chosen(parameters, n_rows):
    distinct = np.array(["same", "same", "a", "b", "c", "d"], dtype=object)
    found = plan(distinct, np.array([0, 1, 0, 0, 1, 1]), **parameters)
    assert len(found.rows) == 4 + n_rows


def test_nothing_is_held_out_unless_asked_for():
    found = plan()
    assert (found.held_out.tolist(), found.n_held_out.tolist()) == ([], [0, 0])
    assert found.stages[0].rows.tolist() == list(range(30))


def test_held_out_rows_are_in_no_stage():
    found = plan(validation_fraction=0.25, stages="crt")
    assert found.n_held_out.tolist() == [6, 1]
    for stage in found.stages:
        assert sorted([*stage.rows, *found.held_out]) == list(range(30))


def test_a_sampler_that_asks_for_scores_holds_out_a_tenth():
    assert plan(sampler="performance").n_held_out.tolist() == [2, 0]
    assert plan(sampler="performance", validation_fraction=0.25).n_held_out.tolist() == [6, 1]
    assert plan(sampler="class-aware").n_held_out.tolist() == [0, 0]


def test_a_fraction_that_holds_out_no_row_is_refused():
    with pytest.raises(ValueError, match=r"got validation_fraction=0.04 and 24 distinct rows of the largest"):
        plan(validation_fraction=0.04)


def test_rare_rows_are_those_of_classes_below_the_mean():
    assert plan().rare().tolist() == [False] * 24 + [True] * 6
    y = np.array([[1, 0]] * 8 + [[1, 1]] * 2)
    several = plan(TEXTS[:10], y, loss="binary-cross-entropy")
    assert several.rare().tolist() == [False] * 8 + [True] * 2
