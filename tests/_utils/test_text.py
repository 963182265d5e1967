"""What counts as a text, when two texts are the same, and how labels are written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from skbalagen._utils.text import (
    as_texts,
    count,
    fold_text,
    is_encodable,
    is_own_label,
    label_array,
    label_words,
    merge_repeats,
)


@given(st.text(), st.text())
def test_fold_text_is_idempotent_and_ignores_spacing(left, right):
    folded = fold_text(f"{left} {right}")
    assert fold_text(f"\t{left} \n {right} ") == folded
    assert fold_text(folded) == folded
    assert "  " not in folded


@pytest.mark.parametrize(("one", "other"), [("STRASSE", "straße"), ("A\u00a0b", "a b"), (" x\r\n", "X")])
def test_fold_text_makes_variants_of_a_text_equal(one, other):
    assert fold_text(one) == fold_text(other)


def test_fold_text_keeps_what_is_more_than_case_and_spacing():
    assert len({fold_text(text) for text in ["stop it", "stop it!", "stopit", "stop-it"]}) == 4


@pytest.mark.parametrize(
    ("label", "words"), [("card_arrival", "card arrival"), ("a", "a"), (7, "7"), (True, "True")]
)
def test_label_words(label, words):
    assert label_words(label) == words


@pytest.mark.parametrize(
    ("text", "label", "same"),
    [
        ("Card  arrival", "card_arrival", True),
        ("card_arrival", "card_arrival", False),
        ("7", 7, True),
        ("card arrival please", "card_arrival", False),
    ],
)
def test_is_own_label(text, label, same):
    assert is_own_label(text, label) is same


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 classes"), (1, "1 class"), (2, "2 classes"), (np.int64(1), "1 class")]
)
def test_count_uses_the_plural_unless_the_number_is_one(n, text):
    assert count(n, "class", "classes") == text
    assert count(n, "row") == f"{n} row{'' if n == 1 else 's'}"


@pytest.mark.parametrize("labels", [["a", "b"], [1, "1", True], [("a", 1), ("b", 2)], []])
def test_label_array_keeps_labels_of_any_type(labels):
    array = label_array(labels)
    assert array.dtype == object
    assert array.shape == (len(labels),)
    assert array.tolist() == labels
    assert list(map(type, array)) == list(map(type, labels))


@pytest.mark.parametrize(
    "container",
    [
        list,
        tuple,
        np.array,
        lambda v: np.array(v, dtype=object),
        lambda v: np.array(v).reshape(-1, 1),
        lambda v: [[text] for text in v],
        pd.Series,
        lambda v: pd.Series(v, dtype="string"),
        lambda v: pd.Series(v, dtype="category"),
        lambda v: pd.DataFrame({"text": v}),
        lambda v: pl.Series("text", v),
        lambda v: [np.str_(text) for text in v],
    ],
    ids=[
        "list",
        "tuple",
        "str array",
        "object array",
        "column",
        "list of lists",
        "Series",
        "nullable Series",
        "categorical Series",
        "DataFrame",
        "polars Series",
        "list of numpy str",
    ],
)
def test_as_texts_takes_any_column(container):
    texts = as_texts(container([" one ", "two"]))
    assert texts.tolist() == [" one ", "two"]
    assert texts.dtype == object
    assert {type(text) for text in texts} == {str}


def test_as_texts_does_not_change_what_it_is_given():
    X = np.array(["a", "b"], dtype=object)
    as_texts(X)[0] = "changed"
    assert X.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (
            "one text",
            TypeError,
            "X must be a sequence of texts, one per row, got a single str. Wrap it in a list",
        ),
        (b"one", TypeError, "got a single bytes"),
        (csr_matrix([[1]]), TypeError, "got a sparse matrix. Resample the texts before they are vectorised"),
        (
            np.ones((2, 2)),
            ValueError,
            "X must hold texts, expected an array of str, got one of float64. Pass",
        ),
        ([["a", "b"]], ValueError, r"X must hold one text per row, .* got shape \(1, 2\). Select the column"),
        ([], ValueError, "X must hold at least one text, got none"),
        (["a", None], TypeError, r"X must hold texts only, got None \(NoneType\) in row 1. Remove such rows"),
        (["a", 3], TypeError, r"got 3 \(int\) in row 1"),
        (["a", b"b"], TypeError, r"got b'b' \(bytes\) in row 1"),
        (["a", " \n"], ValueError, r"X must hold no empty texts, got ' \\n' in row 1. Remove such rows."),
    ],
)
def test_as_texts_names_what_is_wrong_and_where(X, error, message):
    with pytest.raises(error, match=message):
        as_texts(X)


def test_as_texts_names_its_input_and_lets_blanks_pass_on_request():
    with pytest.raises(ValueError, match="unlabeled must hold no empty texts, got '' in row 0"):
        as_texts([""], name="unlabeled")
    assert as_texts(["", "a"], allow_empty=True).tolist() == ["", "a"]


def test_merge_repeats_adds_up_the_weights_of_equal_rows():
    X = np.array(["b", "a", "b", "b"], dtype=object)
    texts, labels, weights = merge_repeats(X, np.array([1, 0, 1, 0]), np.array([1.0, 2.0, 0.5, 4.0]))
    assert (texts, labels.tolist(), weights.tolist()) == (["b", "a", "b"], [1, 0, 0], [1.5, 2.0, 4.0])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.integers(1, 9)), min_size=1))
def test_merge_repeats_keeps_the_total_weight_of_each_class_and_no_row_twice(rows):
    X, labels, weights = (np.array(column) for column in zip(*rows, strict=True))
    texts, merged, totals = merge_repeats(X, labels, weights.astype(float))
    assert len(set(zip(texts, merged.tolist(), strict=True))) == len(texts)
    for label in (0, 1):
        assert totals[merged == label].sum() == weights[labels == label].sum()


@pytest.mark.parametrize("text", ["\ud800", "a\udcffb", "é\ud83d"])
def test_texts_with_lone_surrogates_are_rejected(text):
    with pytest.raises(
        ValueError, match=r"written as UTF-8, got a lone surrogate in row 1: '.*'. Read the file"
    ):
        as_texts(["fine", text])


def test_any_other_text_is_encodable():
    assert all(map(is_encodable, ["", "a", "é", "😀", "\0", "\ufffd", "日本"]))
    assert not is_encodable("\ud83d")
