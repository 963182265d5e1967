"""Row samplers: their probabilities by hand, what they become at the ends of their range, weights, checks."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from skbalagen.classifiers.row_samplers import (
    SAMPLER_NAMES,
    ClassAwareSampler,
    NaturalSampler,
    PerformanceSampler,
    ProgressiveSampler,
    RepeatFactorSampler,
    TemperatureSampler,
    named_sampler,
)

TWO = np.repeat([0, 1], [90, 10])
THREE = np.repeat([0, 1, 2], [800, 150, 50])
SCORED = np.repeat([0, 1, 2], [300, 60, 30])
F1 = np.array([0.9, 0.6, 0.3])
# Labels in 10, 4 and 1 of 20 rows; 7 rows have none.
LABELS = np.zeros((20, 3), dtype=int)
LABELS[:10, 0] = LABELS[8:12, 1] = LABELS[12, 2] = 1


def shares(sampler, y, epoch=0, n_epochs=1, scores=None, **keywords):
    """Probability of each class."""
    return np.bincount(y, sampler.probabilities(y, epoch, n_epochs, scores, **keywords))


def close(values, expected, tolerance=1e-6):
    return np.allclose(values, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", SAMPLER_NAMES)
@pytest.mark.parametrize("y", [TWO, LABELS], ids=["one label", "several labels"])
def test_probabilities_are_those_of_a_distribution(name, y):
    sampler = named_sampler(name)
    scores = np.array([0.5, 0.2, 0.9])[: y.max() + 1 if y.ndim == 1 else 3]
    for epoch in range(3):
        p = sampler.probabilities(y, epoch, 3, scores)
        assert p.shape == (len(y),)
        assert (p >= 0).all()
        assert p.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_an_epoch_has_the_length_that_is_asked_for(name):
    rng = np.random.default_rng(0)
    for n in (1, 7, 100, 250):
        drawn = named_sampler(name).draw(TWO, 0, 2, None, n=n, rng=rng)
        assert len(drawn) == n
        assert set(drawn) <= set(range(100))


@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_the_order_of_classes_changes_nothing(name):
    sampler, scores = named_sampler(name), np.array([0.5, 0.2, 0.9])
    new = np.array([2, 0, 1])
    p = sampler.probabilities(SCORED, 1, 3, scores)
    assert sampler.probabilities(new[SCORED], 1, 3, scores[np.argsort(new)]) == pytest.approx(p)
    p = sampler.probabilities(LABELS, 1, 3, scores)
    assert sampler.probabilities(LABELS[:, new], 1, 3, scores[new]) == pytest.approx(p)


@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_a_row_that_counts_twice_is_as_two_rows(name):
    sampler, scores = named_sampler(name), np.array([0.5, 0.2])
    whole = sampler.probabilities(TWO, 1, 3, scores)
    merged = np.delete(np.arange(100), [1, 91])  # rows 0 and 90 stand for two
    multiplicities = np.where(np.isin(merged, [0, 90]), 2.0, 1.0)
    p = sampler.probabilities(TWO[merged], 1, 3, scores, multiplicities=multiplicities)
    assert p == pytest.approx(whole[merged] * multiplicities)


@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_weights_are_one_unless_asked_for(name):
    assert (named_sampler(name).weights(TWO, 1, 3, np.array([0.5, 0.2])) == 1).all()


@pytest.mark.parametrize("name", SAMPLER_NAMES)
@pytest.mark.parametrize("y", [TWO, LABELS[:13]], ids=["one label", "several labels"])
def test_weights_restore_the_natural_expectation(name, y):
    sampler = named_sampler(name).set_params(reweight=True)
    scores = np.array([0.5, 0.2, 0.9])
    p, weights = sampler.probabilities(y, 1, 3, scores), sampler.weights(y, 1, 3, scores)
    assert p * weights == pytest.approx(np.full(len(y), 1 / len(y)))


def test_natural_draws_each_row_once():
    drawn = NaturalSampler().draw(TWO, 0, 1, n=100, rng=np.random.default_rng(0))
    assert sorted(drawn) == list(range(100))
    assert drawn.tolist() != list(range(100))


def test_class_aware_draws_classes_equally_and_every_rare_row_before_any_again():
    for seed in range(5):
        drawn = ClassAwareSampler().draw(TWO, 0, 1, n=100, rng=np.random.default_rng(seed))
        assert np.bincount(TWO[drawn]).tolist() == [50, 50]
        rare = drawn[TWO[drawn] == 1]
        assert set(rare[:10]) == set(range(90, 100))
        frequent = drawn[TWO[drawn] == 0]
        assert len(set(frequent)) == 50


def test_class_aware_weights_have_the_values_worked_out_by_hand():
    sampler = ClassAwareSampler(reweight=True)
    weights = sampler.weights(TWO, 0, 1)
    assert close(weights[[0, 90]], [1.8, 0.2])
    assert (sampler.probabilities(TWO, 0, 1) * weights).sum() == pytest.approx(1)


def test_rows_that_are_not_drawn_weigh_nothing():
    weights = ClassAwareSampler(reweight=True).weights(LABELS, 0, 1)
    assert (weights[13:] == 0).all()
    assert np.isfinite(weights).all()


def test_class_aware_draws_a_label_and_then_a_row_that_has_it():
    p = ClassAwareSampler().probabilities(LABELS, 0, 1)
    by_hand = LABELS @ (1 / LABELS.sum(axis=0)) / 3
    assert p == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [
        (1, [0.8, 0.15, 0.05]),
        (2, [0.594173, 0.257284, 0.148543]),
        (5, [0.436713, 0.312461, 0.250826]),
        (np.inf, [1 / 3, 1 / 3, 1 / 3]),
    ],
)
def test_temperature_has_the_values_worked_out_by_hand(temperature, expected):
    assert close(shares(TemperatureSampler(temperature), THREE), expected)


def test_a_temperature_of_one_is_natural_and_an_infinite_one_class_aware():
    natural, aware = (
        NaturalSampler().probabilities(THREE, 0, 1),
        ClassAwareSampler().probabilities(THREE, 0, 1),
    )
    assert TemperatureSampler(1).probabilities(THREE, 0, 1) == pytest.approx(natural)
    assert TemperatureSampler(np.inf).probabilities(THREE, 0, 1) == pytest.approx(aware)


def test_progressive_goes_from_natural_to_class_aware():
    sampler = ProgressiveSampler()
    assert close(shares(sampler, THREE, 0, 3), [0.8, 0.15, 0.05])
    assert close(shares(sampler, THREE, 1, 3), [0.566667, 0.241667, 0.191667])
    assert close(shares(sampler, THREE, 2, 3), [1 / 3, 1 / 3, 1 / 3])
    assert close(shares(sampler, THREE, 0, 1), [0.8, 0.15, 0.05])


def test_performance_has_the_values_worked_out_by_hand():
    pure, mixed = PerformanceSampler(natural_share=0), PerformanceSampler()
    assert close(shares(pure, SCORED, 1, 5, F1), [0.083333, 0.333333, 0.583333])
    assert close(390 * shares(pure, SCORED, 1, 5, F1), [32.5, 130, 227.5])
    assert close(390 * shares(mixed, SCORED, 1, 5, F1), [112.75, 109, 168.25])
    assert mixed.needs_scores


def test_performance_is_natural_before_scores_and_when_all_is_learned():
    natural = NaturalSampler().probabilities(SCORED, 0, 1)
    for scores in (None, np.ones(3)):
        assert PerformanceSampler().probabilities(SCORED, 0, 5, scores) == pytest.approx(natural)
    everything_natural = PerformanceSampler(natural_share=1).probabilities(SCORED, 0, 5, F1)
    assert everything_natural == pytest.approx(natural)


def test_performance_leaves_out_classes_without_rows():
    y = np.array([0, 0, 2])
    p = PerformanceSampler(natural_share=0).probabilities(y, 1, 5, F1)
    assert p == pytest.approx(np.array([0.05, 0.05, 0.7]) / 0.8)


def repeat_factors(sampler, y):
    """Factors relative to that of the first row."""
    p = sampler.probabilities(y, 0, 1)
    return p / p[0]


def test_repeat_factor_has_the_values_worked_out_by_hand():
    # Shares .5, .02 and .005 of 200 rows: factors 1, 1 and 2.
    y = np.zeros((200, 3), dtype=int)
    y[:100, 0] = y[100:104, 1] = y[104, 2] = 1
    for threshold in (0.02, "median"):
        factors = repeat_factors(RepeatFactorSampler(threshold=threshold), y)
        assert close(factors[[0, 100, 104, 199]], [1, 1, 2, 1])  # the last row has no label


def test_a_row_has_the_factor_of_its_rarest_label():
    y = np.array([[1, 0]] * 90 + [[1, 1]] * 10)
    assert close(repeat_factors(RepeatFactorSampler(threshold=0.9), y)[[0, 99]], [1, 3])


def test_repeat_factor_takes_class_numbers_as_well():
    indicator = np.eye(3, dtype=int)[THREE]
    sampler = RepeatFactorSampler()
    assert sampler.probabilities(THREE, 0, 1) == pytest.approx(sampler.probabilities(indicator, 0, 1))


def test_repeat_factor_is_natural_if_no_label_is_rare():
    p = RepeatFactorSampler(threshold=0.001).probabilities(THREE, 0, 1)
    assert p == pytest.approx(np.full(1000, 0.001))


def test_names_give_new_samplers_of_the_right_kind():
    assert named_sampler("class-aware") is not named_sampler("class-aware")
    assert (named_sampler("square-root").temperature, named_sampler("temperature").temperature) == (2, 5)
    assert [name for name in SAMPLER_NAMES if named_sampler(name).needs_scores] == ["performance"]


def test_another_name_is_refused_with_the_names_that_there_are():
    with pytest.raises(
        ValueError, match=r"sampler must be a RowSampler or one of \['natural', 'class-aware'.*got 'smote'"
    ):
        named_sampler("smote")


def test_samplers_are_cloned_and_searched_over():
    sampler = TemperatureSampler(3, reweight=True)
    assert clone(sampler).get_params() == {"temperature": 3, "reweight": True}


@pytest.mark.parametrize(
    "sampler",
    [
        TemperatureSampler(0.5),
        PerformanceSampler(natural_share=1.5),
        RepeatFactorSampler(threshold="mean"),
        ClassAwareSampler(reweight="yes"),
    ],
    ids=str,
)
def test_parameters_out_of_range_are_refused(sampler):
    with pytest.raises(ValueError, match="parameter of"):
        sampler.draw(TWO, 0, 1, n=10, rng=np.random.default_rng(0))
