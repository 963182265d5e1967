"""Checks of input that several estimators share."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import get_tags

from skbalagen._utils.validation import (
    TextClassifierTags,
    check_single_labels,
    check_texts_and_labels,
    check_texts_or_table,
)

TEXTS = ["one", "two", "three"]


class Sampler(BaseEstimator):
    """Has its input checked."""


def test_texts_and_labels_come_back_as_arrays():
    texts, labels = check_texts_and_labels(pd.Series(TEXTS), ["x", "y", "y"])
    assert texts.dtype == object
    assert texts.tolist() == TEXTS
    assert labels.tolist() == ["x", "y", "y"]


def test_a_column_of_labels_is_warned_of():
    with pytest.warns(DataConversionWarning):
        assert check_texts_and_labels(TEXTS, np.array([[1], [2], [2]]))[1].tolist() == [1, 2, 2]


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (["one", 2], ["x", "y"], TypeError, "X must hold texts only, got 2 .* in row 1"),
        (TEXTS, ["x", "y"], ValueError, "inconsistent numbers of samples"),
        (TEXTS, [0.1, 0.2, 0.3], ValueError, "Unknown label type: continuous"),
        (TEXTS, ["x"] * 3, ValueError, "at least two classes, got one class: 'x'. Add rows of another class"),
        (TEXTS, np.eye(3), ValueError, "y should be a 1d array"),
    ],
)
def test_texts_and_labels_that_do_not_fit_are_rejected(X, y, error, message):
    with pytest.raises(error, match=message):
        check_texts_and_labels(X, y)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (["x", "y", "x"], ["x", "y", "x"]),
        (pd.Series(["x", "y"], dtype="category"), ["x", "y"]),
        (pl.Series([1, 2, 1]), [1, 2, 1]),
        (np.array([[3], [4]]), [3, 4]),
        (np.array([[0, 1, 0], [1, 0, 0]]), [1, 0]),  # one column per class
        (np.array([True, False], dtype=object), [True, False]),
        (np.array([1, 2], dtype=object), [1, 2]),
    ],
)
def test_single_labels_of_any_form(y, expected):
    labels = check_single_labels(y, estimator_name="Sampler")
    assert labels.tolist() == expected
    assert labels.shape == (len(expected),)


def test_single_labels_in_an_array_of_objects_get_their_own_type():
    assert check_single_labels(np.array([1, 2], dtype=object), estimator_name="Sampler").dtype == int


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "Sampler requires y to be passed, but the target y is None"),
        (["x", None, "y"], "y must have one label per row, got None in row 1. Remove such rows"),
        ([1.0, 2.0, np.nan], "y must have one label per row, got nan in row 2"),
        (np.array([[1, 1], [0, 1]]), "got a multilabel or multioutput target. Resample one label at a time"),
        (np.array([[1, 2], [3, 1]]), "got a multilabel or multioutput target"),
        ([0.5, 1.5], "Unknown label type: continuous"),
        (["x", "x"], "at least two classes, got one class: 'x'. There is nothing to balance"),
        (np.array([[1, 0], [1, 0]]), "at least two classes, got one class: 0"),
    ],
)
def test_labels_that_are_not_one_per_row_are_rejected(y, message):
    with pytest.raises(ValueError, match=message):
        check_single_labels(y, estimator_name="Sampler")


@pytest.mark.parametrize(
    "X", [TEXTS, tuple(TEXTS), np.array(TEXTS)[:, None], pd.Series(TEXTS), pl.Series(TEXTS)]
)
def test_a_sampler_of_texts_has_one_feature_without_a_name(X):
    sampler = Sampler()
    texts, labels = check_texts_or_table(sampler, X, ["x", "y", "y"])
    assert texts is not None
    assert texts.tolist() == TEXTS
    assert labels.tolist() == ["x", "y", "y"]
    assert sampler.n_features_in_ == 1
    assert not hasattr(sampler, "feature_names_in_")


def test_a_sampler_knows_the_columns_of_a_data_frame():
    sampler = Sampler()
    table = pd.DataFrame({"text": TEXTS, "length": [3, 3, 5]})
    texts, _ = check_texts_or_table(sampler, table, ["x", "y", "y"], "text")
    assert texts is not None
    assert texts.tolist() == TEXTS
    assert sampler.n_features_in_ == 2
    assert sampler.feature_names_in_.tolist() == ["text", "length"]
    with pytest.raises(ValueError, match="text_column must name one column of X, got 'body'"):
        check_texts_or_table(sampler, table, ["x", "y", "y"], "body")


@pytest.mark.parametrize("X", [np.ones((3, 2)), pd.DataFrame({"a": [1.0, 2, 3], "b": [0.0, 0, 1]})])
def test_a_table_of_numbers_has_no_texts(X):
    sampler = Sampler()
    texts, labels = check_texts_or_table(sampler, X, [0, 1, 1])
    assert texts is None
    assert labels.tolist() == [0, 1, 1]
    assert sampler.n_features_in_ == 2


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (csr_matrix(np.eye(3)), [0, 1, 1], TypeError, "got a sparse matrix.*in front of the vectorizer"),
        (TEXTS, [0, 1], ValueError, "inconsistent numbers of samples"),
        (np.ones((3, 2)), [0, 1], ValueError, "inconsistent numbers of samples"),
        (np.full((3, 2), np.nan), [0, 1, 1], ValueError, "contains NaN"),
        (TEXTS, None, ValueError, "Sampler requires y to be passed"),
        (["one", " ", "two"], [0, 1, 1], ValueError, "no empty texts, got ' ' in row 1"),
    ],
)
def test_what_a_sampler_cannot_take_is_rejected(X, y, error, message):
    with pytest.raises(error, match=message):
        check_texts_or_table(Sampler(), X, y)


def test_tags_of_a_text_classifier():
    class Classifier(TextClassifierTags, ClassifierMixin, BaseEstimator):
        pass

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tags = get_tags(Classifier())
    assert (tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array) == (
        True,
        True,
        False,
    )
    assert tags.estimator_type == "classifier"
