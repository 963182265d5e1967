"""Macro accuracy and its standard error, recomputed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen.compare.scores import macro_mean, macro_standard_error


def test_macro_mean_weighs_classes_alike():
    values, y = np.array([1.0, 1, 0, 0, 1]), np.array(list("aaaab"))
    assert macro_mean(values, y) == pytest.approx((0.5 + 1) / 2)


def test_standard_error_by_hand():
    values, y = np.array([1.0, 0, 1, 1, 0, 0]), np.array(list("aabbbb"))
    # Within classes: a 0.5, b 1.0 squared deviations; 1.5 / (1 + 3) pooled; times (1/2 + 1/4) / 2**2.
    assert macro_standard_error(values, y) == pytest.approx((1.5 / 4 * 0.75 / 4) ** 0.5)


def test_classes_of_one_row_count_with_the_pooled_variance():
    values, y = np.array([1.0, 0, 1]), np.array(list("aab"))
    assert macro_standard_error(values, y) == pytest.approx((0.5 / 1 * (1 / 2 + 1) / 4) ** 0.5)


def test_without_two_rows_of_a_class_the_error_is_unknown():
    assert np.isnan(macro_standard_error(np.array([1.0, 0]), np.array(["a", "b"])))


def test_standard_error_is_that_of_repeated_draws():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [40, 20, 10])
    draws = [(rng.random(70) < 0.7).astype(float) for _ in range(2000)]
    spread = np.std([macro_mean(values, y) for values in draws])
    assert np.mean([macro_standard_error(values, y) for values in draws]) == pytest.approx(spread, rel=0.05)
