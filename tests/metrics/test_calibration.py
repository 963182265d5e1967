"""Brier score and calibration error, by hand, by a second way, and at their limits."""

from __future__ import annotations

from inspect import signature
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from skbalagen.metrics.calibration import brier_score, expected_calibration_error

LABELS = ["a", "b", "c"]
Y_TRUE = ["a", "b", "c", "a"]
Y_PROBA = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.0, 0.1, 0.9], [0.2, 0.2, 0.6]]


@st.composite
def predictions(draw):
    """Draw (y_true, y_proba, labels)."""
    n_classes = draw(st.integers(2, 5))
    scores = draw(
        st.lists(
            st.lists(st.integers(0, 9), min_size=n_classes, max_size=n_classes).filter(any),
            min_size=1,
            max_size=12,
        )
    )
    y_proba = np.array([np.array(row) / sum(row) for row in scores])
    y_true = draw(st.lists(st.integers(0, n_classes - 1), min_size=len(scores), max_size=len(scores)))
    return y_true, y_proba, list(range(n_classes))


def test_brier_score_by_hand():
    rows = [
        0.3**2 + 0.2**2 + 0.1**2,
        0.5**2 + 0.7**2 + 0.2**2,
        0.0**2 + 0.1**2 + 0.1**2,
        0.8**2 + 0.2**2 + 0.6**2,
    ]
    assert brier_score(Y_TRUE, Y_PROBA, labels=LABELS) == pytest.approx(sum(rows) / 4)


def test_brier_score_at_its_limits():
    assert brier_score([0, 1], [[1, 0], [0, 1]], labels=[0, 1]) == 0
    assert brier_score([0, 1], [[0, 1], [1, 0]], labels=[0, 1]) == 2
    assert brier_score(["a"], [[1 / 3] * 3], labels=LABELS) == pytest.approx(1 - 1 / 3)


@pytest.mark.skipif(
    "scale_by_half" not in signature(brier_score_loss).parameters, reason="scikit-learn before 1.7"
)
@given(predictions())
def test_brier_score_agrees_with_scikit_learn(drawn):
    y_true, y_proba, labels = drawn
    if len(labels) == 2:
        expected = brier_score_loss(y_true, y_proba[:, 1], labels=labels, pos_label=1, scale_by_half=False)
    else:
        expected = brier_score_loss(y_true, y_proba, labels=labels, scale_by_half=False)
    assert brier_score(y_true, y_proba, labels=labels) == pytest.approx(expected)


def test_columns_follow_labels_in_any_order():
    order = [2, 0, 1]
    swapped = np.array(Y_PROBA)[:, order]
    labels = [LABELS[i] for i in order]
    assert brier_score(Y_TRUE, swapped, labels=labels) == brier_score(Y_TRUE, Y_PROBA, labels=LABELS)
    assert expected_calibration_error(Y_TRUE, swapped, labels=labels) == expected_calibration_error(
        Y_TRUE, Y_PROBA, labels=LABELS
    )


def test_expected_calibration_error_by_hand():
    # confidences .7 right, .5 wrong, .9 right, .6 wrong; two bins: (0, .5] holds .5, (.5, 1] the others
    upper = abs(2 / 3 - (0.7 + 0.9 + 0.6) / 3)
    expected = 1 / 4 * abs(0 - 0.5) + 3 / 4 * upper
    assert expected_calibration_error(Y_TRUE, Y_PROBA, labels=LABELS, n_bins=2) == pytest.approx(expected)
    # with ten bins each row has a bin of its own
    alone = (0.3 + 0.5 + 0.1 + 0.6) / 4
    assert expected_calibration_error(Y_TRUE, Y_PROBA, labels=LABELS, n_bins=10) == pytest.approx(alone)


def test_expected_calibration_error_of_one_bin_is_accuracy_against_mean_confidence():
    error = expected_calibration_error(Y_TRUE, Y_PROBA, labels=LABELS, n_bins=1)
    assert error == pytest.approx(abs(0.5 - np.mean([0.7, 0.5, 0.9, 0.6])))


def test_expected_calibration_error_at_its_limits():
    assert expected_calibration_error([0, 1], [[1, 0], [0, 1]], labels=[0, 1]) == 0
    assert expected_calibration_error([0, 1], [[0, 1], [1, 0]], labels=[0, 1]) == 1
    y_true = [0] * 8 + [1] * 2  # 80 % right at a confidence of 0.8
    assert expected_calibration_error(y_true, [[0.8, 0.2]] * 10, labels=[0, 1]) == pytest.approx(0)


@settings(max_examples=50)
@given(predictions(), st.integers(1, 20))
def test_expected_calibration_error_is_the_sum_over_bins(drawn, n_bins):
    y_true, y_proba, labels = drawn
    confidence, right = y_proba.max(axis=1), y_proba.argmax(axis=1) == np.array(y_true)
    edges = np.linspace(0, 1, n_bins + 1)
    total = 0.0
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    error = expected_calibration_error(y_true, y_proba, labels=labels, n_bins=n_bins)
    assert error == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("metric", [brier_score, expected_calibration_error])
@pytest.mark.parametrize(
    ("y_true", "y_proba", "labels", "message"),
    [
        ([], [], ["a"], "y_true must hold one label per row"),
        (["a"], [[0.5, 0.5]], LABELS, r"shape \(1, 3\), got shape \(1, 2\). Pass predict_proba"),
        (["a", "b"], [[1, 0, 0]], LABELS, r"shape \(2, 3\), got shape \(1, 3\)"),
        (["a"], [0.5, 0.5], ["a", "b"], r"got shape \(2,\)"),
        (["a"], [[0.9, 0.2]], ["a", "b"], r"add up to 1 in each row, got \[0\.9, 0\.2\] in row 0"),
        (["a", "a"], [[1, 0], [1.5, -0.5]], ["a", "b"], r"got \[1\.5, -0\.5\] in row 1. Pass predict_proba"),
        (["a"], [[float("nan"), 1]], ["a", "b"], r"got \[nan, 1\.0\] in row 0"),
        (["a", "d"], [[1, 0], [1, 0]], ["a", "b"], "got 'd' in row 1; labels is .* Add a column of zeros"),
        (["a"], [[1, 0]], ["a", "a"], r"labels must name each class once, got \['a', 'a'\]"),
    ],
)
def test_probabilities_are_checked(metric, y_true, y_proba, labels, message):
    with pytest.raises(ValueError, match=message):
        metric(y_true, y_proba, labels=labels)


def test_number_of_bins_is_checked():
    with pytest.raises(ValueError, match=r"n_bins must be an int >= 1 .* got 0"):
        expected_calibration_error(Y_TRUE, Y_PROBA, labels=LABELS, n_bins=0)


def test_single_precision_is_accepted():
    y_proba = np.array([[0.1, 0.2, 0.7]], dtype=np.float32)
    assert brier_score(["c"], y_proba, labels=LABELS) == pytest.approx(0.01 + 0.04 + 0.09, abs=1e-6)
