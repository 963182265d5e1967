"""D_S: which rows generator and labelers learn from."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from skbalagen.balagen.training_set import (
    ALL_ROWS,
    BalanceTraining,
    balance_of,
    rebalance_rows,
    repeat_rows,
    rows_per_class,
    sample_rows,
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
        ({"labelers": "band", "max_rows": 50}, (None, "band", 50)),
        ({"labelers": "band", "max_rows": None}, (None, "band", None)),
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
        (
            {"max_rows": 0},
            r"balance_training\['max_rows'\] must be a whole number of rows, at least 1, or None, got 0",
        ),
        ({"max_rows": True}, "got True. 20000 is the default"),
        ({"max_rows": 0.5}, "got 0.5"),
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


@pytest.mark.parametrize(
    ("max_rows", "most"),
    [(None, None), (142, None), (141, 89), (103, 51), (102, 50), (101, 49), (6, 2), (5, 1), (3, 1), (1, 1)],
)
def test_rows_per_class_is_the_most_that_keeps_the_sum_within_the_bound(max_rows, most):
    sizes = {"a": 2, "b": 50, "c": 90}
    assert rows_per_class(sizes, max_rows) == most
    if most is not None and max_rows >= len(sizes):
        kept, one_more = (sum(min(n, m) for n in sizes.values()) for m in (most, most + 1))
        assert kept <= max_rows < one_more


def test_many_rows_are_learned_from_in_part_and_no_class_outgrows_the_others():
    y = np.repeat(list("abcd"), [2, 30, 60, 90])
    targets = {"a": 60, "b": 60, "c": 60, "d": 80}
    rows = training_rows(y, targets, BalanceTraining("band", "largest", 62), seed=0)
    assert Counter(y[rows.generator].tolist()) == {"a": 20, "b": 20, "c": 20, "d": 20}
    assert len(set(rows.generator.tolist())) == 62
    np.testing.assert_array_equal(rows.labelers, rows.generator)
    as_they_are = training_rows(y, targets, BalanceTraining(None, ALL_ROWS, 62), seed=0)
    assert Counter(y[as_they_are.generator].tolist()) == {"a": 2, "b": 20, "c": 20, "d": 20}
    assert as_they_are.labelers.tolist() == list(range(182))


def test_a_bound_that_is_not_reached_changes_nothing():
    y = np.repeat(list("abc"), [2, 5, 10])
    for training in (("band", "largest"), (None, "band")):
        bounded = training_rows(y, {"a": 7, "c": 4}, BalanceTraining(*training, 17), seed=3)
        free = training_rows(y, {"a": 7, "c": 4}, BalanceTraining(*training, None), seed=3)
        assert [rows.tolist() for rows in bounded] == [rows.tolist() for rows in free]


def test_sample_rows_takes_some_of_each_class_and_all_of_few():
    y = np.repeat(list("abc"), [2, 50, 90])
    rows = sample_rows(y, 42)
    assert (np.diff(rows) > 0).all()
    assert Counter(y[rows].tolist()) == {"a": 2, "b": 20, "c": 20}
    assert sample_rows(y, 42, seed=1).tolist() != rows.tolist()
    assert sample_rows(y).tolist() == list(range(142))


def test_rows_are_repeated_equally_often():
    rows = repeat_rows(np.array([3, 5, 8]), 8, np.random.default_rng(0))
    assert sorted(Counter(rows.tolist()).values()) == [2, 3, 3]
    assert len(repeat_rows(np.array([1]), 0, np.random.default_rng(0))) == 0
