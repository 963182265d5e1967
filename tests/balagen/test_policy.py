"""Band and targets against hand-worked tables of sizes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler

from skbalagen.balagen.policy import (
    AugmentOnlyPolicy,
    PercentilePolicy,
    augment_only,
    band_targets,
    baseline,
    class_sizes,
    growing_policy,
    naive_os,
    partial_os,
    partial_os_us,
    percentile_band,
    resolve_targets,
)

TEN = [1, 2, 4, 7, 11, 16, 22, 29, 37, 46]


@pytest.mark.parametrize(
    ("sizes", "beta_low", "beta_high", "band"),
    [
        (TEN, 0, 0, (1, 46)),
        (TEN, 30, 0, (7, 46)),
        (TEN, 80, 0, (37, 46)),
        (TEN, 80, 10, (37, 37)),
        (TEN, 50, 20, (16, 29)),
        (TEN, 90, 0, (46, 46)),
        (TEN, 100, 0, (46, 46)),
        (TEN, 0, 100, (1, 1)),
        (TEN, 0, 30, (1, 22)),
        (TEN, 50, 50, (13, 13)),  # five below and five above one point between 11 and 16
        ([3, 4], 50, 50, (3.5, 3.5)),  # no whole number lies between
        ([5], 80, 0, (5, 5)),
        ([5, 5, 5], 80, 20, (5, 5)),
        ([2, 5, 5, 9], 50, 0, (5, 9)),  # the tie at B_low: only one class is below it
        ([3, 8], 80, 0, (8, 8)),  # round(1.6) = 2 classes: the larger is its own B_low
        ([10, 20, 40], 150, 0, (60, 60)),
        ([1, 3], 150, 0, (5, 5)),  # 4.5 rows are 5
        ([1, 5, 9], 50, 50, (7, 7)),  # round(1.5) = 2 and 2 of 3 classes: the second number gives way
    ],
)
def test_percentile_band_matches_hand_worked_table(sizes, beta_low, beta_high, band):
    assert percentile_band(sizes, beta_low, beta_high) == band
    assert percentile_band(sizes[::-1], beta_low, beta_high) == band


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=30, unique=True),
    st.floats(0, 100),
    st.floats(0, 1),
)
def test_percentile_band_leaves_the_promised_number_of_classes_outside(sizes, beta_low, share):
    beta_high = share * (100 - beta_low)
    n = len(sizes)
    below, above = round(beta_low / 100 * n), round(beta_high / 100 * n)
    low, high = percentile_band(sizes, beta_low, beta_high)
    assert low <= high
    if below < n and above < n and below + above <= n:
        assert sum(size < low for size in sizes) == below
        assert sum(size > high for size in sizes) == above


@pytest.mark.parametrize(
    ("beta_low", "beta_high", "message"),
    [
        (80, 30, r"beta_low \+ beta_high must be at most 100 .* got 80 \+ 30 = 110. Lower one"),
        (120, 5, "beta_low > 100 grows every class.*Set beta_high=0"),
        (-1, 0, "beta_low must be a percentage >= 0, got -1"),
        (0, -1, "beta_high must be a percentage >= 0, got -1"),
        (float("nan"), 0, "beta_low must be a percentage"),
    ],
)
def test_percentile_policy_refuses_impossible_betas(beta_low, beta_high, message):
    with pytest.raises(ValueError, match=message):
        PercentilePolicy(beta_low=beta_low, beta_high=beta_high)


def test_band_targets_move_to_the_nearest_end():
    assert band_targets({"a": 1, "b": 5, "c": 9}, (3, 6)) == {"a": 3, "b": 5, "c": 6}
    assert band_targets({"a": 3, "b": 4}, (3.5, 3.5)) == {"a": 4, "b": 4}


def test_paper_policies_on_one_table():
    y = np.repeat(list("abcde"), [5, 10, 20, 40, 80])
    assert baseline()(y) == {"a": 5, "b": 10, "c": 20, "d": 40, "e": 80}
    assert augment_only(7)(y) == {"a": 12, "b": 17, "c": 27, "d": 47, "e": 87}
    assert naive_os()(y) == dict.fromkeys("abcde", 80)
    assert partial_os(60)(y) == {"a": 40, "b": 40, "c": 40, "d": 40, "e": 80}
    assert partial_os_us(40, 20)(y) == {"a": 20, "b": 20, "c": 20, "d": 40, "e": 40}


def test_augment_only_refuses_negative_rows():
    with pytest.raises(ValueError, match="n_rows must be an int >= 0"):
        AugmentOnlyPolicy(n_rows=-1)


def test_policies_are_sampling_strategies_of_imblearn():
    y = np.repeat(list("abcde"), [5, 10, 20, 40, 80])
    X = np.arange(len(y)).reshape(-1, 1)
    _, over = RandomOverSampler(sampling_strategy=partial_os(60)).fit_resample(X, y)
    assert Counter(over.tolist()) == partial_os(60)(y)
    _, under = RandomUnderSampler(sampling_strategy=partial_os_us(0, 40)).fit_resample(X, y)
    assert Counter(under.tolist()) == {"a": 5, "b": 10, "c": 20, "d": 20, "e": 20}


def test_class_sizes_are_ascending_and_plain():
    sizes = class_sizes(np.array([2, 1, 1, 3, 3]))
    assert sizes == {2: 1, 1: 2, 3: 2}
    assert list(sizes) == [2, 1, 3]
    assert all(type(label) is int for label in sizes)


def test_resolve_targets_in_imblearn_forms():
    y = np.repeat(list("abc"), [2, 5, 10])
    assert resolve_targets("minority", y) == {"a": 10, "b": 5, "c": 10}
    assert resolve_targets("not minority", y) == {"a": 2, "b": 10, "c": 10}
    assert resolve_targets("not majority", y) == {"a": 10, "b": 10, "c": 10}
    assert resolve_targets("all", y) == {"a": 10, "b": 10, "c": 10}
    assert resolve_targets({"a": 4}, y) == {"a": 4, "b": 5, "c": 10}
    assert resolve_targets(lambda y: {"c": 1}, y) == {"a": 2, "b": 5, "c": 1}


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ({"z": 3}, r"must name classes of y, got \['z'\]; the classes are \['a', 'b'\]"),
        ({"a": 0}, "a whole number of rows, at least 1, for each class, got 0 for 'a'"),
        ({"a": 2.5}, "got 2.5 for 'a'"),
    ],
)
def test_resolve_targets_refuses_impossible_wishes(strategy, message):
    with pytest.raises(ValueError, match=message):
        resolve_targets(strategy, np.array(["a", "b"]))


def test_growing_policy_takes_the_smallest_of_its_three_limits():
    def grown(sizes, advised, share=1.0):
        policy = growing_policy(sizes, lambda n: share, advised_rows=advised, otherwise=PercentilePolicy())
        return policy.beta_low

    assert grown([2, 10], 20) == 200  # as advised
    assert grown([2, 10], 100) == 300  # three times the largest
    # 2000 generated rows: 100 classes of 20 rows reach 40.
    assert grown([20] * 100, 100) == pytest.approx(200)
    assert grown([20] * 100, 100, share=0.5) == pytest.approx(300)
    assert grown([2, 10], 10) == PercentilePolicy().beta_low  # nothing to grow
