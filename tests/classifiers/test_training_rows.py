"""Distinct rows, their targets, and the rows held out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from skbalagen.classifiers._training_rows import (
    TrainingRows,
    check_texts_and_targets,
    encode_classes,
    held_out_rows,
)


def merged(texts, targets, weights=None, *, by_text):
    texts, targets = np.array(texts, dtype=object), np.array(targets)
    n_classes = targets.max() + 1 if targets.ndim == 1 else targets.shape[1]
    weights = np.ones(len(texts)) if weights is None else np.array(weights, dtype=float)
    return TrainingRows.merged(texts, targets, weights, n_classes, by_text=by_text)


def test_a_text_of_two_classes_is_one_row_or_two():
    texts, codes, weights = ["a", "b", "a", "a"], [0, 1, 1, 0], [1, 1, 2, 0.5]
    rows = merged(texts, codes, weights, by_text=True)
    assert (rows.texts, rows.owner.tolist(), rows.targets.tolist()) == (["a", "b"], [0, 0, 1], [0, 1, 1])
    assert rows.multiplicities.tolist() == [1.5, 2.0, 1.0]
    assert not rows.hard
    rows = merged(texts, codes, weights, by_text=False)
    assert (rows.texts, rows.targets.tolist()) == (["a", "b", "a"], [0, 1, 1])
    assert rows.multiplicities.tolist() == [1.5, 1.0, 2.0]
    assert rows.hard


def test_label_sets_are_merged_like_classes():
    rows = merged(["a", "a", "b", "a"], [[1, 0], [1, 1], [0, 1], [1, 0]], by_text=True)
    assert rows.owner.tolist() == [0, 0, 1]
    assert rows.targets.tolist() == [[1, 0], [1, 1], [0, 1]]
    assert rows.multiplicities.tolist() == [2, 1, 1]


def test_targets_of_rows_belong_to_their_places():
    rows = merged(["a", "b", "a", "c"], [0, 1, 1, 2], by_text=True)
    chosen, places = rows.targets_of(np.array([2, 0, 0]))
    assert rows.targets[chosen].tolist() == [2, 0, 1, 0, 1]
    assert places.tolist() == [0, 1, 1, 2, 2]


def test_counts_add_up_the_multiplicities():
    rows = merged(["a", "b", "a", "c"], [0, 1, 1, 2], [1, 2, 3, 4], by_text=True)
    counts, n_rows = rows.counts(np.array([0, 1]))
    assert (counts.tolist(), n_rows) == ([1, 5, 0], 6)
    several = merged(["a", "b"], [[1, 1], [0, 1]], [2, 3], by_text=True)
    counts, n_rows = several.counts(np.arange(2))
    assert (counts.tolist(), n_rows) == ([2, 5], 5)


def test_classes_are_numbered_as_they_occur():
    classes, codes, code_of_class = encode_classes(np.array(["c", "a", "c", "b"]))
    assert classes.tolist() == ["a", "b", "c"]
    assert codes.tolist() == [0, 1, 0, 2]
    assert code_of_class.tolist() == [1, 2, 0]
    assert classes[np.argsort(code_of_class)].tolist() == ["c", "a", "b"]


def test_an_indicator_keeps_its_columns():
    classes, targets, code_of_class = encode_classes(np.array([[0, 1], [1, 1]]))
    assert (classes.tolist(), targets.tolist(), code_of_class.tolist()) == ([0, 1], [[0, 1], [1, 1]], [0, 1])


@pytest.mark.parametrize("make", [list, np.array, csr_matrix])
def test_indicators_come_as_lists_arrays_and_sparse_matrices(make):
    texts, y = check_texts_and_targets(["a", "b"], make([[1, 0], [0, 1]]))
    assert texts.tolist() == ["a", "b"]
    assert y.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([[1, 0], [1, 0]], "y must have rows of every label, got none in column 1 of 2"),
        ([[2, 0], [0, 1]], r"an indicator matrix of 0 and 1 .* got a int64 array of shape \(2, 2\)"),
        ([["a", "b"], ["b", "c"]], "an indicator matrix of 0 and 1"),
        ([[1, 0]], "inconsistent"),
    ],
)
def test_indicators_that_are_none_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        check_texts_and_targets(["a", "b"], y)


def test_held_out_rows_are_a_fraction_of_each_class_that_is_large_enough():
    y = np.repeat([0, 1, 2], [50, 10, 9])
    rows, n = held_out_rows(y, 0.1, np.random.default_rng(0))
    assert n.tolist() == [5, 1, 0]
    assert np.bincount(y[rows], minlength=3).tolist() == [5, 1, 0]
    assert (np.diff(rows) > 0).all()
    others, _ = held_out_rows(y, 0.1, np.random.default_rng(1))
    assert rows.tolist() != others.tolist()


def test_held_out_rows_of_label_sets_take_no_label_beyond_its_share():
    y = np.zeros((40, 3), dtype=int)
    y[:, 0] = 1
    y[:20, 1] = 1
    y[:4, 2] = 1
    rows, n = held_out_rows(y, 0.2, np.random.default_rng(0))
    assert (n <= [8, 4, 0]).all()
    assert n[0] == 8
    assert y[rows][:, 2].sum() == 0
