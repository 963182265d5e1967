"""Lists of stages: which there are, how long each is, and which rows it has."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen.classifiers.stages import (
    STAGE_NAMES,
    Stage,
    balanced_rows,
    named_stages,
    runs_of,
    split_epochs,
)


def test_named_stages_are_what_the_papers_say():
    features, head = named_stages("crt")
    assert (features, head.train, head.reset_head, head.sampler) == (Stage(), "head", True, "class-aware")
    assert split_epochs([features.share_of_epochs, head.share_of_epochs], 8) == [8, 10]
    uniform, weighted = named_stages("drw")
    assert (uniform.class_weight, weighted.class_weight) == (None, "effective-number")
    first, second = named_stages("sequential-targeting")
    assert (first.rows, second.rows, first.penalty, second.penalty) == ("rest", "balanced", 0.0, 1000.0)
    assert STAGE_NAMES == ("crt", "drw", "sequential-targeting")


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"stages must be a list of Stage or one of \['crt', .*got 'two'"):
        named_stages("two")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"share_of_epochs": 0}, "share_of_epochs of a Stage must be above 0, got 0"),
        ({"rows": "some"}, "rows of a Stage must be 'balanced', 'rest', a callable or None, got 'some'"),
        ({"train": "encoder"}, "train of a Stage must be 'all' or 'head', got 'encoder'"),
        ({"penalty": -1.0}, "penalty of a Stage must be at least 0, got -1.0"),
        ({"penalty": 1.0, "reset_head": True}, "must not have both reset_head=True and a penalty"),
    ],
)
def test_a_stage_refuses_what_it_cannot_do(parameters, message):
    with pytest.raises(ValueError, match=message):
        Stage(**parameters)


@pytest.mark.parametrize(
    ("shares", "epochs", "expected"),
    [([1.0], 5, [5]), ([0.5, 0.5], 5, [3, 2]), ([0.8, 0.2], 10, [8, 2]), ([0.8, 0.2], 1, [1, 1])],
)
def test_split_epochs(shares, epochs, expected):
    assert split_epochs(shares, epochs) == expected


def test_balanced_rows_have_half_of_the_rarest_class_of_each():
    codes = np.random.default_rng(0).permutation(np.repeat([0, 1], [900, 100]))
    chosen = balanced_rows(codes, np.random.default_rng(0))
    assert np.bincount(codes[chosen]).tolist() == [50, 50]
    assert len(np.unique(chosen)) == 100
    assert np.bincount(np.delete(codes, chosen)).tolist() == [850, 50]


def test_balanced_rows_need_four_rows_of_each_class():
    assert len(balanced_rows(np.repeat([0, 1], [9, 4]), np.random.default_rng(0))) == 4
    with pytest.raises(ValueError, match=r"at least 4 distinct rows of each class.* got 3 of the smallest"):
        balanced_rows(np.repeat([0, 1], [9, 3]), np.random.default_rng(0))


def test_stages_that_differ_in_loss_weights_or_sampler_are_one_run():
    stages = [
        Stage(0.5),
        Stage(0.3, loss="focal"),
        Stage(0.2, sampler="class-aware", class_weight="balanced"),
    ]
    assert runs_of(stages) == [[0, 1, 2]]


@pytest.mark.parametrize(
    "other", [Stage(train="head"), Stage(reset_head=True), Stage(penalty=1.0), Stage(rows="balanced")]
)
def test_a_stage_that_trains_or_holds_something_else_is_a_run_of_its_own(other):
    assert runs_of([Stage(), other]) == [[0], [1]]
