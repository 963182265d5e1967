"""Checks of the input of the metrics: what passes, and what the messages say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skbalagen.metrics._checks import as_label_rows, as_labels, as_texts


@pytest.mark.parametrize(
    "container",
    [list, tuple, np.array, lambda y: np.array(y, dtype=object), pd.Series, lambda y: pl.Series("y", y)],
    ids=["list", "tuple", "array", "object array", "Series", "polars Series"],
)
@pytest.mark.parametrize("values", [["b", "a"], [3, 1], [True, False]], ids=str)
def test_as_labels_takes_any_container(container, values):
    labels = as_labels(container(values), "y")
    assert labels.shape == (2,)
    assert labels.tolist() == values


def test_as_labels_gives_numbers_in_an_object_array_their_type():
    assert as_labels(np.array([1, 2], dtype=object), "y").dtype.kind == "i"


@pytest.mark.parametrize(
    ("y", "shape"), [([], r"\(0,\)"), ([["a"], ["b"]], r"\(2, 1\)"), (np.array(3), r"\(\)")]
)
def test_as_labels_rejects_other_shapes(y, shape):
    with pytest.raises(ValueError, match=f"pred must hold one label per row, .* got shape {shape}. Pass a"):
        as_labels(y, "pred")


def test_as_label_rows_keeps_the_order_of_the_columns():
    first, second = as_label_rows(y_true=["a", "b"], y_pred=["c", "d"])
    assert (first.tolist(), second.tolist()) == (["a", "b"], ["c", "d"])


def test_as_label_rows_names_the_columns_that_differ_in_length():
    with pytest.raises(
        ValueError, match="y_true, a, b must have the same number of rows, got y_true 1, a 2, b 1"
    ):
        as_label_rows(y_true=[1], a=[1, 1], b=[1])


def test_as_label_rows_rejects_columns_of_different_types():
    with pytest.raises(ValueError, match=r"one type, got '1' \(str\) in y_true, 1 \(int\) in y_pred"):
        as_label_rows(y_true=["1"], y_pred=[1])


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (["a", None], ValueError, "pred must have one label per row, got None in row 1"),
        ([1.0, float("nan")], ValueError, "got nan in row 1"),
        (["1", 1], TypeError, "pred must have labels of one type"),
    ],
)
def test_as_labels_rejects_missing_labels_and_several_types(y, error, message):
    with pytest.raises(error, match=message):
        as_labels(y, "pred")


def test_as_texts_takes_any_iterable_and_keeps_the_texts():
    assert as_texts((text for text in ["A ", "b"]), "texts") == ["A ", "b"]
    assert as_texts(pd.Series(["a"]), "texts") == ["a"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one", r"reference must be several texts, got one str. Pass a list: \['one'\]"),
        ([], "reference must hold at least one text, got none. Leave empty classes out."),
        (["a", None], "reference must hold str, got NoneType None in row 1. Drop or fill that row."),
        ([b"a"], "reference must hold str, got bytes b'a' in row 0"),
    ],
)
def test_as_texts_names_what_is_wrong_and_where(texts, message):
    with pytest.raises(ValueError, match=message):
        as_texts(texts, "reference")
