"""The base of the row samplers: a sampler of your own, draws, weights."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen.classifiers.row_samplers import ClassAwareSampler, RowSampler

Y = np.repeat([0, 1], [90, 10])


class Third(RowSampler):
    """Rows of class 0 a third as often as the others."""

    def _probabilities(self, rows):
        return np.where(rows.y == 0, 1 / 3, 1) * rows.multiplicities


def test_probabilities_are_scaled_to_one():
    p = Third().probabilities(Y, 0, 1)
    assert p[[0, 90]].tolist() == pytest.approx([1 / 120, 3 / 120])


def test_down_sampling_and_up_weighting_keeps_the_weight_of_each_class():
    # 90 rows drawn 30 times weigh 3 times as much as the others.
    sampler = Third(reweight=True)
    p, weights = sampler.probabilities(Y, 0, 1), sampler.weights(Y, 0, 1)
    drawn = sampler.draw(Y, 0, 1, n=40, rng=np.random.default_rng(0))
    assert np.bincount(Y[drawn]).tolist() == [30, 10]
    assert weights[0] / weights[90] == pytest.approx(3)
    assert np.bincount(Y, p * weights) == pytest.approx([0.9, 0.1])


def test_up_sampling_and_down_weighting_is_the_mirror():
    # The rare rows are drawn three times as often, at a third of the weight.
    weights = Third(reweight=True).weights(Y, 0, 1)
    assert weights[90] == pytest.approx(weights[0] / 3)
    assert Third().weights(Y, 0, 1).tolist() == [1] * 100


def test_a_factor_of_one_changes_nothing():
    class Same(RowSampler):
        def _probabilities(self, rows):
            return rows.multiplicities

    sampler = Same(reweight=True)
    assert sampler.weights(Y, 0, 1, multiplicities=np.full(100, 2)).tolist() == pytest.approx([1] * 100)
    assert sorted(sampler.draw(Y, 0, 1, n=100, rng=np.random.default_rng(0))) == list(range(100))


def test_the_draw_is_a_function_of_the_rng():
    draws = [Third().draw(Y, 0, 1, n=30, rng=np.random.default_rng(seed)).tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


def test_rows_that_stand_for_none_are_not_drawn():
    multiplicities = np.where(np.arange(100) == 5, 0, 1)
    drawn = Third().draw(Y, 0, 1, n=200, rng=np.random.default_rng(0), multiplicities=multiplicities)
    assert 5 not in drawn


def test_rows_without_any_label_cannot_be_drawn_by_label():
    with pytest.raises(
        ValueError, match="ClassAwareSampler must draw some row, got the probability 0 for all of 4"
    ):
        ClassAwareSampler().probabilities(np.zeros((4, 2), int), 0, 1)


def test_a_sampler_of_your_own_needs_its_probabilities():
    with pytest.raises(NotImplementedError):
        RowSampler().probabilities(Y, 0, 1)
