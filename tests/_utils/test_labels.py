"""One check of labels for every estimator and metric."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from skbalagen._utils.labels import check_labels, check_same_kind, label_columns

NAN = float("nan")
STAMP = datetime.date(2026, 1, 1)


@pytest.mark.parametrize(
    ("y", "expected", "kind"),
    [
        (["a", "b"], ["a", "b"], "U"),
        (("a", "b"), ["a", "b"], "U"),
        ([np.str_("a"), "b"], ["a", "b"], "U"),
        (np.array(["a", "b"], dtype=object), ["a", "b"], "O"),
        (np.array([2, 1], dtype=object), [2, 1], "i"),
        (np.array([True, False], dtype=object), [True, False], "b"),
        ([1, 2.0], [1.0, 2.0], "f"),
        ([[0, 1], [1, 0]], [[0, 1], [1, 0]], "i"),
        ([["a"], ["b"]], [["a"], ["b"]], "U"),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"], "O"),
        (pd.Series(["a", "b"], dtype="string"), ["a", "b"], "O"),
        (pd.Series([1, 2], dtype="Int64"), [1, 2], "i"),
        (pd.Series([True, False], dtype="boolean"), [True, False], "b"),
        (pd.DataFrame({"y": [1, 2]}), [[1], [2]], "i"),
        (pl.Series(["a", "b"]), ["a", "b"], "O"),
        (pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"], "O"),
        (np.array(["a", "b"], dtype=np.dtypes.StringDType()), ["a", "b"], "O"),
        (pl.Series([1, 2]), [1, 2], "i"),
        (["a\0b", "a"], ["a\0b", "a"], "U"),
    ],
)
def test_labels_keep_their_values_and_their_shape(y, expected, kind):
    labels = check_labels(y)
    assert labels.tolist() == expected
    assert {type(label) for label in labels.ravel().tolist()} == {
        type(label) for label in np.array(expected, dtype=object).ravel().tolist()
    }
    assert labels.dtype.kind == kind
    assert len(np.unique(labels)) == len(set(np.array(expected, dtype=object).ravel().tolist()))


@pytest.mark.parametrize(
    ("y", "found"),
    [
        (["a"] * 5 + ["b"] * 2 + [NAN], "nan in row 7"),
        (["a", None], "None in row 1"),
        ([1.5, NAN], "nan in row 1"),
        ([pd.NaT, "a"], "NaT in row 0"),
        (np.array(["a", NAN], dtype=object), "nan in row 1"),
        (np.array([1.0, NAN]), "nan in row 1"),
        (pd.Series(["a", pd.NA], dtype="string"), "<NA> in row 1"),
        (pd.Series([1, pd.NA], dtype="Int64"), "in row 1"),
        (pd.Series([True, None]), "None in row 1"),
        (pl.Series(["a", None]), "None in row 1"),
        (pl.Series([1, None]), "None in row 1"),
        (["a", ""], "'' in row 1"),
        (np.array(["a", " \t"]), r"' \\t' in row 1"),
        ([["a"], [None]], r"\[None\] in row 1"),
    ],
)
def test_a_missing_label_is_named_with_its_row(y, found):
    with pytest.raises(ValueError, match=rf"labels must have one label per row, got .*{found}. Remove such"):
        check_labels(y, name="labels")


@pytest.mark.parametrize(
    ("y", "found"),
    [
        (["1", "2", 1], r"'1' \(str\) in row 0 and 1 \(int\) in row 2. Turn them all into str"),
        ([True, "True"], r"True \(bool\) in row 0 and 'True' \(str\) in row 1"),
        ([1, True], r"1 \(int\) in row 0 and True \(bool\) in row 1"),
        (np.array(["a", 1], dtype=object), r"'a' \(str\) in row 0 and 1 \(int\) in row 1"),
        (pd.Series(["a", 1], dtype="category"), r"'a' \(str\) in row 0 and 1 \(int\) in row 1"),
    ],
)
def test_labels_of_several_types_are_rejected(y, found):
    with pytest.raises(
        TypeError, match=rf"must have labels of one type \(str, numbers or bools\), got {found}"
    ):
        check_labels(y)


@pytest.mark.parametrize(
    ("y", "found"),
    [
        ([b"b", "b"], r"b'b' \(bytes\) in row 0"),
        (["b", b"b"], r"b'b' \(bytes\) in row 1"),
        (np.array([b"b", b"a"]), r"an array of \|S1\) in row 0"),
        ([STAMP, STAMP], r"\(date\) in row 0"),
        (np.array(["2026-01-01"], dtype="M8[D]"), r"datetime64\[D\]\) in row 0"),
        ([decimal.Decimal(1)], r"Decimal\('1'\) \(Decimal\) in row 0"),
        ([1j], r"1j \(complex\) in row 0"),
        ([[0, 1], [1]], r"\[0, 1\] \(list\) in row 0"),
        ([{}, {}], r"{} \(dict\) in row 0"),
    ],
)
def test_labels_of_another_type_are_rejected(y, found):
    with pytest.raises(
        TypeError, match=rf"must have labels that are str, .* got .*{found}. Pass one str per row"
    ):
        check_labels(y)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (None, TypeError, "with one label per row, got NoneType. Pass a list"),
        ("ab", TypeError, "with one label per row, got str"),
        ({"a": 1}, TypeError, "got dict"),
        ({"a", "b"}, TypeError, "got set"),
        (3, TypeError, "got int"),
        ((label for label in "ab"), TypeError, "got generator"),
        (csr_matrix(np.eye(2)), TypeError, "got a sparse matrix"),
        (np.array("ab"), ValueError, r"got shape \(\). Pass a list of labels"),
        ([], ValueError, r"at least one, got shape \(0,\). Pass a non-empty list"),
        (np.zeros((0, 2)), ValueError, r"got shape \(0, 2\)"),
    ],
)
def test_what_is_no_sequence_of_labels_is_rejected(y, error, message):
    with pytest.raises(error, match=message):
        check_labels(y)


@pytest.mark.parametrize("y", [[2**70, 1], [2**63, 2**63 + 1, -1], [2**53 + 1, 0.5]])
def test_numbers_that_an_array_would_change_are_rejected(y):
    with pytest.raises(
        ValueError, match=f"numbers that fit into 64 bits, got {max(y)}. Turn the labels into"
    ):
        check_labels(y)


@pytest.mark.parametrize("label", ["a\0", "\ud800", "a\udcff"])
@pytest.mark.parametrize("container", [list, lambda y: np.array(y, dtype=object), pl.Series])
def test_labels_that_numpy_would_cut_or_no_file_can_hold_are_rejected(label, container):
    if container is pl.Series and not label.isascii():
        return  # polars refuses them itself
    with pytest.raises(
        ValueError, match=r"end in no NUL and can be written as UTF-8, got '.*' in row 1. Clean"
    ):
        check_labels(container(["b", label]))


def test_columns_of_one_kind_may_be_compared():
    check_same_kind(y_true=np.array([1, 2]), y_pred=np.array([1.0, 2.0]))
    check_same_kind(y_true=np.array(["a"]), y_pred=np.array(["a"], dtype=object))


@pytest.mark.parametrize("other", [np.array([1]), np.array([True])])
def test_columns_of_two_kinds_are_rejected(other):
    message = r"y_true, y_pred must have labels of one type, got 'a' \(str\) in y_true, .* in y_pred: no row would ever"
    with pytest.raises(ValueError, match=message):
        check_same_kind(y_true=np.array(["a"]), y_pred=other)


def test_label_columns_are_places_among_the_classes():
    assert label_columns(np.array(["c", "a"], dtype=object), np.array(["a", "b", "c"])).tolist() == [2, 0]
    assert label_columns(np.array([7, 5]), np.array([5, 7])).tolist() == [1, 0]


def test_a_label_that_is_no_class_is_named_with_its_row_and_the_first_classes():
    message = r"y must have labels that were fitted, got 'x' in row 1; the classes are \['a', 'b'\]. Leave"
    with pytest.raises(ValueError, match=message):
        label_columns(np.array(["a", "x"]), np.array(["a", "b"]))
    with pytest.raises(ValueError, match=r"7, 8, 9\] and 2 more"):
        label_columns(np.array([99]), np.arange(12))


def test_check_labels_refuses_complex_numbers():
    with pytest.raises(
        ValueError, match=r"Complex data not supported: y must have labels .*, got np.complex128\(1j\)"
    ):
        check_labels(np.array([1j, 2]))
