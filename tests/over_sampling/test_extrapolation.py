"""GE3 and REPRINT against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import GE3, REPRINT
from skbalagen.over_sampling.extrapolation import ClassShape, extrapolate

A = np.array([[0.0, 0], [2, 0], [1, 3]])
B = np.array([[5.0, 5], [7, 5]])
P = np.array([[-2, 0.5], [0, -1], [2, 0.5]])  # mean (0, 0), differs most along the first feature
Q = np.array([[10.0, 8], [10, 12]])  # mean (10, 10), differs along the second


def moved(rows, source, partners, target, n_components):
    shapes = [ClassShape.of(x, n_components) for x in (source, target)]
    return extrapolate(rows, shapes[0], partners, shapes[1])


def test_ge3_moves_rows_from_mean_to_mean():
    assert moved(A, A, B[[0, 0, 0]], B, 0).tolist() == [[5, 4], [7, 4], [6, 7]]
    assert moved(B, B, A[:2], A, 0).tolist() == [[0, 1], [2, 1]]
    assert moved(A, A, B[[0, 0, 0]], B, 0).mean(axis=0).tolist() == B.mean(axis=0).tolist()


def test_ge3_uses_each_row_of_the_other_classes_once():
    X, y = np.concatenate([A, B]), ["a"] * 3 + ["b"] * 2
    X_new, y_new = GE3(sampling_strategy={"b": 5}, random_state=0).fit_resample(X, y)
    assert sorted(X_new[5:].tolist()) == [[5, 4], [6, 7], [7, 4]]
    assert y_new == ["a"] * 3 + ["b"] * 5


def test_ge3_takes_rows_of_all_other_classes():
    X, y = np.concatenate([A, B, [[20.0, 20]]]), ["a"] * 3 + ["b"] * 2 + ["c"]
    X_new, _ = GE3(sampling_strategy={"c": 6}, random_state=0).fit_resample(X, y)
    # Deviations from the two means, at (20, 20).
    assert sorted(X_new[6:].tolist()) == [[19, 19], [19, 20], [20, 22], [21, 19], [21, 20]]


def test_reuse_of_rows_is_warned_of():
    X, y = np.concatenate([A, B]), ["a"] * 3 + ["b"] * 2
    sampler = GE3(sampling_strategy={"b": 9}, random_state=0)
    with pytest.warns(
        UserWarning, match="GE3 is to add 7 rows to class 'b', and there are 3 rows of other classes"
    ):
        X_new, _ = sampler.fit_resample(X, y)
    times = np.unique(X_new[5:], axis=0, return_counts=True)[1]
    assert sorted(times.tolist()) == [2, 2, 3]
    assert sampler.distinct_share_ == {"b": pytest.approx(3 / 7)}


def test_reprint_leaves_out_the_directions_of_the_source_and_adds_those_of_the_target():
    made = moved(P[[0, 1]], P, Q, Q, 1)
    assert made == pytest.approx(np.array([[10, 8.5], [10, 11]]), abs=1e-6)


def test_reprint_without_components_is_ge3():
    X, y = np.concatenate([P, Q]), ["a"] * 3 + ["b"] * 2
    reprint = REPRINT(n_components=0, random_state=3).fit_resample(X, y)[0]
    assert (reprint == GE3(random_state=3).fit_resample(X, y)[0]).all()


def test_reprint_of_full_rank_gives_copies():
    X, y = np.concatenate([P, Q]), ["a"] * 3 + ["b"] * 2
    X_new, _ = REPRINT(n_components=2, random_state=0).fit_resample(X, y)
    assert any(X_new[5] == pytest.approx(row, abs=1e-6) for row in Q)


def test_components_are_capped_by_rows_and_rank():
    assert ClassShape.of(A[:2], 10).axes.shape == (1, 2)
    assert ClassShape.of(A[[0, 0, 1]], 10).axes.shape == (1, 2)  # two equal rows: one direction
    assert ClassShape.of(A[:1], 10).axes.shape == (0, 2)
    assert ClassShape.of(np.ones((4, 3)), 10).axes.shape == (0, 3)
    default = REPRINT()
    assert default.n_components == 10
    axes = ClassShape.of(np.random.default_rng(0).normal(size=(30, 20)), default.n_components).axes
    assert axes @ axes.T == pytest.approx(np.eye(10), abs=1e-9)


def test_a_class_of_one_row_is_grown_about_it():
    X, y = np.concatenate([A, [[9.0, 9]]]), [0, 0, 0, 1]
    for sampler in (GE3(random_state=0), REPRINT(random_state=0)):
        X_new, _ = sampler.fit_resample(X, y)
        assert len(X_new) == 6
    X_new, _ = GE3(sampling_strategy={1: 4}, random_state=0).fit_resample(X, y)
    assert X_new[4:].mean(axis=0) == pytest.approx([9, 9])


def test_negative_components_are_refused():
    with pytest.raises(ValueError, match="'n_components' parameter of REPRINT must be an int in the range"):
        REPRINT(n_components=-1).fit_resample(np.concatenate([A, B]), [0, 0, 0, 1, 1])
