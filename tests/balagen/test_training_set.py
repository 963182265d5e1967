"""D_S: which rows generator and labelers learn from."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from skbalagen.balagen.training_set import (
    BalanceTraining,
    balance_of,
    rebalance_rows,
    repeat_rows,
    training_rows,
)


def test_rebalance_rows_copies_and_thins():
    y = np.repeat(list("abc"), [2, 5, 10])
    rng = np.random.default_rng(0)
    rows = rebalance_rows(y, {"a": 7, "c": 4}, rng)
    assert Counter(y[rows].tolist()) == {"a": 7, "b": 5, "c": 4}
    assert sorted(Counter(rows[y[rows] == "a"].tolist()).values()) == [3, 4]  # each row about equally often
    assert len(set(rows[y[rows] == "c"].tolist())) == 4
    n_kept = 2 + 5 + 4
    assert (np.diff(rows[:n_kept]) > 0).all()


def test_rebalance_rows_can_switch_off_each_half():
    y = np.repeat(list("abc"), [2, 5, 10])
    targets = {"a": 7, "c": 4}
    only_over = y[rebalance_rows(y, targets, np.random.default_rng(0), under=False)]
    only_under = y[rebalance_rows(y, targets, np.random.default_rng(0), over=False)]
    assert Counter(only_over.tolist()) == {"a": 7, "b": 5, "c": 10}
    assert Counter(only_under.tolist()) == {"a": 2, "b": 5, "c": 4}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("both", ("band", "band")),
        ("generator", ("band", None)),
        ("labelers", (None, "band")),
        (None, (None, None)),
        ({"generator": "largest"}, ("largest", None)),
        ({"generator": None, "labelers": "largest"}, (None, "largest")),
        ({}, (None, None)),
    ],
)
def test_balance_training_means_a_balance_for_each_part(given, meant):
    assert balance_of(given) == BalanceTraining(*meant)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("labeler", "must be 'both', 'generator', 'labelers', None or a dict, got 'labeler'"),
        ({"labeler": "band"}, "must map 'generator' and 'labelers' to 'band', 'largest' or None"),
        ({"generator": "classes"}, "got {'generator': 'classes'}"),
    ],
)
def test_other_values_of_balance_training_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        balance_of(given)


def test_each_part_gets_its_own_balance():
    y = np.array(["a"] * 2 + ["b"] * 4 + ["c"] * 8)
    targets = {"a": 4, "b": 4, "c": 6}
    rows = training_rows(y, targets, BalanceTraining("band", "largest"), seed=0)
    assert Counter(y[rows.generator].tolist()) == targets
    assert Counter(y[rows.labelers].tolist()) == {"a": 8, "b": 8, "c": 8}
    plain = training_rows(y, targets, BalanceTraining(None, "band"), seed=0)
    assert plain.generator.tolist() == list(range(14))
    np.testing.assert_array_equal(plain.labelers, rows.generator)  # equal balances give equal rows


def test_rows_are_repeated_equally_often():
    rows = repeat_rows(np.array([3, 5, 8]), 8, np.random.default_rng(0))
    assert sorted(Counter(rows.tolist()).values()) == [2, 3, 3]
    assert len(repeat_rows(np.array([1]), 0, np.random.default_rng(0))) == 0
