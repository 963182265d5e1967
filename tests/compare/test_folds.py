"""Folds for classes of very few rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from skbalagen.compare.folds import rare_class_folds

Y = np.array(["a"] * 10 + ["b"] * 4 + ["c"] * 2 + ["d"] * 2 + ["e"])


def folds(y, n, seed=0):
    return list(rare_class_folds(y, n, np.random.RandomState(seed)))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_every_class_is_in_every_training_part(n):
    for train, _ in folds(Y, n):
        assert set(Y[train]) == set(Y)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_each_row_is_tested_once_except_in_classes_of_one_row(n):
    tested = [i for _, test in folds(Y, n) for i in test.tolist()]
    assert sorted(tested) == list(range(18))


def test_training_and_test_rows_complete_each_other():
    for train, test in folds(Y, 3):
        assert sorted([*train, *test]) == list(range(19))


def test_classes_are_dealt_evenly():
    for _, test in folds(Y, 2):
        counts = Counter(Y[test].tolist())
        assert counts["a"] == 5
        assert counts["b"] == 2
        assert counts["c"] == counts["d"] == 1


def test_small_classes_do_not_all_fall_into_the_first_folds():
    y = np.repeat([f"c{i}" for i in range(30)], 2)
    sizes = [len(test) for _, test in folds(y, 5)]
    assert max(sizes) - min(sizes) <= 1


def test_the_order_is_random_and_seeded():
    one, again, other = (folds(Y, 3, seed)[0][1].tolist() for seed in (0, 0, 1))
    assert one == again
    assert one != other
