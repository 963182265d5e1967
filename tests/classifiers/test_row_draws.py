"""Counts, probabilities and draws of rows."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen.classifiers._row_draws import epoch_rows, systematic_draw

CODES = np.repeat([0, 1], [90, 10])
INDICATOR = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [0, 0, 0]])
TWICE = np.array([1.0, 2.0, 1.0, 1.0])


def rows_of(y, multiplicities=None):
    return epoch_rows(y, 0, 1, None, multiplicities)


def test_classes_are_counted_with_multiplicities():
    assert rows_of([0, 1, 1, 3], TWICE).counts.tolist() == [1, 3, 0, 1]
    assert rows_of(INDICATOR, TWICE).counts.tolist() == [4, 2, 1]


def test_natural_probabilities_are_the_multiplicities():
    assert rows_of(INDICATOR, TWICE).natural.tolist() == [0.2, 0.4, 0.2, 0.2]


def test_rows_share_the_probability_of_their_class():
    p = rows_of([0, 0, 1, 2], [1, 3, 1, 1]).class_first(np.array([1, 1, 2]))
    assert p.tolist() == pytest.approx([1 / 16, 3 / 16, 1 / 4, 1 / 2])


def test_a_row_has_the_probability_of_all_its_labels():
    # Labels 1/3 each: of four, two and one rows (the second row counts twice).
    p = rows_of(INDICATOR, TWICE).class_first(np.ones(3))
    assert p.tolist() == pytest.approx(np.array([1 / 4, 2 / 4 + 1, 1 / 4 + 1, 0]) / 3)
    assert p.sum() == pytest.approx(1)


def test_classes_without_rows_leave_their_share_to_the_others():
    p = rows_of([0, 2]).class_first(np.array([1.0, 5.0, 1.0]))
    assert p.tolist() == [0.5, 0.5]


def test_no_share_gives_no_probability():
    assert rows_of([0, 1]).class_first(np.zeros(2)).tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_each_row_and_each_class_is_drawn_as_often_as_expected_up_to_rounding(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(4, size=60)
    p = rng.random(60) ** 3
    p /= p.sum()
    drawn = systematic_draw(p, y, 100, rng)
    assert len(drawn) == 100
    assert (np.abs(np.bincount(drawn, minlength=60) - 100 * p) < 1).all()
    expected = 100 * np.bincount(y, p)
    assert (np.abs(np.bincount(y[drawn], minlength=len(expected)) - expected) < 1).all()


def test_the_mean_of_the_draws_is_exact():
    p = np.array([0.07, 0.13, 0.3, 0.5])
    rng = np.random.default_rng(0)
    counts = sum(np.bincount(systematic_draw(p, np.zeros(4, int), 3, rng), minlength=4) for _ in range(4000))
    assert counts / 4000 == pytest.approx(3 * p, abs=0.03)


def test_whole_expected_numbers_are_met_exactly():
    # 1 / 3 has no exact float; sums of it must not tip a row from one class to the next.
    y = np.repeat(np.arange(3), [70, 20, 10])
    p = rows_of(y).class_first(np.ones(3))
    for seed in range(50):
        drawn = systematic_draw(p, y, 300, np.random.default_rng(seed))
        assert np.bincount(y[drawn]).tolist() == [100, 100, 100]
        assert (np.bincount(drawn)[-10:] == 10).all()


def test_rows_come_again_only_after_all_of_their_class():
    p = rows_of(CODES).class_first(np.ones(2))
    for seed in range(10):
        drawn = systematic_draw(p, CODES, 100, np.random.default_rng(seed))
        rare = drawn[CODES[drawn] == 1]
        for first in range(0, 50, 10):
            assert len(set(rare[first : first + 10])) == 10


def test_classes_are_mixed():
    p = rows_of(CODES).class_first(np.ones(2))
    classes = CODES[systematic_draw(p, CODES, 1000, np.random.default_rng(0))]
    assert 350 < np.abs(np.diff(classes)).sum() < 650  # changes of class from one draw to the next


def test_a_row_without_probability_is_never_drawn():
    p = np.array([0.5, 0.5, 0.0])
    for seed in range(20):
        assert 2 not in systematic_draw(p, np.array([0, 1, 2]), 5, np.random.default_rng(seed))


def test_indicators_are_drawn_as_one_class():
    drawn = systematic_draw(np.full(4, 0.25), INDICATOR, 4, np.random.default_rng(0))
    assert sorted(drawn) == [0, 1, 2, 3]


def test_the_rng_decides():
    draws = [
        systematic_draw(np.full(100, 0.01), CODES, 50, np.random.default_rng(seed)).tolist()
        for seed in (0, 0, 1)
    ]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(
    ("y", "keywords", "message"),
    [
        (np.zeros(0, int), {}, "y must have the shape .* and at least one row, got"),
        (np.zeros((2, 2, 2), int), {}, "y must have the shape"),
        (CODES, {"multiplicities": np.ones(3)}, "multiplicities must be one number .* per row, 100 of them"),
        (CODES, {"multiplicities": np.zeros(100)}, "not all 0"),
        (CODES, {"epoch": 2}, "epoch must be from 0 to n_epochs - 1 = 1, got 2. Count from 0"),
        (CODES, {"epoch": -1}, "got -1. Count from 0"),
        (CODES, {"scores": [0.5]}, r"scores must be one F1 score in \[0, 1\] for each of 2 classes, got"),
        (CODES, {"scores": [0.5, 1.2]}, r"got \[0.5, 1.2\]. Score each class"),
        (CODES, {"scores": [0.5, np.nan]}, r"got \[0.5, nan\]"),
        (CODES, {"scores": [[0.5, 0.5]]}, r"got \[\[0.5, 0.5\]\]"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(y, keywords, message):
    given = {"epoch": 0, "n_epochs": 2, "scores": None, "multiplicities": None, **keywords}
    with pytest.raises(ValueError, match=message):
        epoch_rows(y, **given)
