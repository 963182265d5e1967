"""Weights and groups of the rows that come out."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen.balagen.carried import carried_groups, carried_weights
from tests.fakes import make_resampler

Y = np.array(["a", "a", "b"])
ROWS, NEW = np.array([0, 1, 2, 2, 0]), np.array([False, False, False, True, True])


def test_new_texts_have_the_mean_weight_of_their_class():
    weights = carried_weights(np.array([1.0, 3.0, 5.0]), Y, ROWS, NEW)
    assert weights.tolist() == [1, 3, 5, 5, 2]


@pytest.mark.parametrize(
    ("groups", "carried"),
    [(np.array([7, 8, 9]), [7, 8, 9, -1, -1]), (np.array(["u", "v", "w"]), ["u", "v", "w", None, None])],
)
def test_new_texts_belong_to_no_group(groups, carried):
    assert carried_groups(groups, ROWS, NEW).tolist() == carried


def test_groups_of_numbers_stay_numbers_and_the_input_is_not_changed():
    groups = np.array([7, 8, 9])
    assert carried_groups(groups, ROWS, NEW).dtype == groups.dtype
    assert groups.tolist() == [7, 8, 9]


def test_the_resampler_carries_weights_and_groups(corpus):
    X, y = corpus
    weights = np.arange(1.0, len(y) + 1)
    resampler = make_resampler()
    _, y_new = resampler.fit_resample(X, y, sample_weight=weights, groups=np.arange(len(y)))
    new = resampler.is_synthetic_
    assert resampler.sample_weight_[~new].tolist() == weights[resampler.source_indices_[~new]].tolist()
    for label in ("city", "meal"):
        mean = weights[[c == label for c in y]].mean()
        rows = new & (np.array(y_new) == label)
        assert rows.any()
        assert resampler.sample_weight_[rows] == pytest.approx(mean)
    assert (resampler.groups_[new] == -1).all()
    assert (resampler.groups_[~new] == resampler.source_indices_[~new]).all()


def test_without_weights_and_groups_there_are_none(corpus):
    resampler = make_resampler()
    resampler.fit_resample(*corpus)
    assert resampler.sample_weight_ is None
    assert resampler.groups_ is None
