"""Measures of unequal class sizes, recomputed by hand."""

from __future__ import annotations

from collections import Counter
from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skbalagen.metrics.imbalance import balance_ratio, entropy, imbalance_ratio

Y = ["a"] * 6 + ["b"] * 3 + ["c"]


def test_entropy_matches_the_formula():
    assert entropy(Y) == pytest.approx(-(0.6 * log(0.6) + 0.3 * log(0.3) + 0.1 * log(0.1)))


def test_entropy_is_the_log_of_the_number_of_classes_if_their_sizes_are_equal():
    assert entropy(["a", "b", "c", "d"]) == pytest.approx(log(4))
    assert entropy(["a", "a"]) == 0


@given(st.lists(st.integers(0, 9), min_size=1))
def test_entropy_is_that_of_the_class_frequencies(y):
    shares = [n / len(y) for n in Counter(y).values()]
    assert entropy(y) == pytest.approx(-sum(p * log(p) for p in shares), abs=1e-12)


def test_balance_ratio_is_entropy_over_its_maximum():
    assert balance_ratio(Y) == pytest.approx(entropy(Y) / log(3))
    assert balance_ratio(["a", "a"]) == 1


@given(st.integers(1, 40), st.integers(1, 5))
def test_balance_ratio_of_equal_classes_is_one_and_never_more(n_classes, size):
    ratio = balance_ratio(list(range(n_classes)) * size)
    assert ratio <= 1
    assert ratio == pytest.approx(1)


def test_balance_ratio_falls_as_one_class_grows():
    ratios = [balance_ratio(["a"] * n + ["b"]) for n in (1, 2, 10, 1000)]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[-1] < 0.02


def test_imbalance_ratio_is_largest_over_smallest():
    assert imbalance_ratio(Y) == 6
    assert imbalance_ratio(["a"]) == 1


@pytest.mark.parametrize("measure", [entropy, balance_ratio, imbalance_ratio])
def test_balance_measures_take_any_container_and_return_a_float(measure):
    expected = measure(Y)
    assert type(expected) is float
    for container in (np.array, pd.Series, tuple, lambda y: pd.Series(y, dtype="category")):
        assert measure(container(Y)) == expected


@pytest.mark.parametrize("measure", [entropy, balance_ratio, imbalance_ratio])
def test_balance_measures_reject_no_rows(measure):
    with pytest.raises(ValueError, match=r"y must hold one label per row.*Pass a non-empty"):
        measure([])
