"""Accuracies, recomputed by hand and checked against scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, recall_score

from skbalagen.metrics.classification import class_accuracy, macro_accuracy, micro_accuracy

Y_TRUE = ["a"] * 6 + ["b"] * 3 + ["c"]
Y_PRED = ["a", "a", "a", "a", "a", "b", "b", "a", "a", "d"]

label_pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


def test_micro_accuracy_is_the_fraction_of_rows_predicted_correctly():
    assert micro_accuracy(Y_TRUE, Y_PRED) == 6 / 10


def test_class_accuracy_is_the_recall_of_each_true_class():
    assert class_accuracy(Y_TRUE, Y_PRED) == {"a": 5 / 6, "b": 1 / 3, "c": 0.0}


def test_class_accuracy_returns_plain_labels_in_sorted_order():
    accuracies = class_accuracy(np.array([3, 1, 2]), np.array([3, 1, 1]))
    assert list(accuracies) == [1, 2, 3]
    assert {type(label) for label in accuracies} == {int}
    assert {type(value) for value in accuracies.values()} == {float}


def test_macro_accuracy_weighs_classes_equally_and_ignores_a_class_that_is_only_predicted():
    assert macro_accuracy(Y_TRUE, Y_PRED) == pytest.approx((5 / 6 + 1 / 3 + 0) / 3)


def test_macro_accuracy_equals_micro_accuracy_for_classes_of_equal_size():
    y_true, y_pred = [1, 1, 2, 2], [1, 2, 2, 2]
    assert macro_accuracy(y_true, y_pred) == micro_accuracy(y_true, y_pred) == 0.75


@given(label_pairs)
def test_accuracies_agree_with_scikit_learn(pairs):
    y_true, y_pred = (list(column) for column in zip(*pairs, strict=True))
    assert micro_accuracy(y_true, y_pred) == accuracy_score(y_true, y_pred)
    expected = recall_score(y_true, y_pred, labels=np.unique(y_true), average="macro")
    assert macro_accuracy(y_true, y_pred) == pytest.approx(expected)


@given(label_pairs, st.permutations(range(5)))
def test_accuracies_do_not_depend_on_the_names_of_classes(pairs, names):
    y_true, y_pred = (list(column) for column in zip(*pairs, strict=True))
    renamed = [[f"class {names[label]}" for label in y] for y in (y_true, y_pred)]
    assert micro_accuracy(*renamed) == micro_accuracy(y_true, y_pred)
    assert macro_accuracy(*renamed) == pytest.approx(macro_accuracy(y_true, y_pred))


@pytest.mark.parametrize(
    "container",
    [np.array, pd.Series, lambda y: np.array(y, dtype=object), lambda y: pd.Series(y, dtype="category")],
    ids=["array", "Series", "object array", "categorical Series"],
)
def test_accuracies_take_any_container(container):
    numbers = {"a": 0, "b": 1, "c": 2, "d": 3}
    assert macro_accuracy(container(Y_TRUE), container(Y_PRED)) == macro_accuracy(Y_TRUE, Y_PRED)
    true, pred = ([numbers[label] for label in y] for y in (Y_TRUE, Y_PRED))
    assert class_accuracy(container(true), container(pred)) == {0: 5 / 6, 1: 1 / 3, 2: 0.0}


@pytest.mark.parametrize("metric", [micro_accuracy, macro_accuracy, class_accuracy])
def test_accuracies_reject_bad_input(metric):
    with pytest.raises(ValueError, match="same number of rows, got y_true 2, y_pred 1"):
        metric(["a", "b"], ["a"])
    with pytest.raises(ValueError, match=r"y_true must hold one label per row.*got shape \(0,\)"):
        metric([], [])
    with pytest.raises(ValueError, match=r"y_pred must hold one label per row.*got shape \(2, 1\)"):
        metric(["a", "b"], [["a"], ["b"]])
