"""Paired tests, with the distributions computed by hand."""

from __future__ import annotations

from itertools import product
from math import comb, erfc, isnan, sqrt

import numpy as np
import pytest
from scipy import stats

from skbalagen.metrics.significance import mcnemar, paired_test


def predictions(a_only: int, b_only: int, both: int = 4, neither: int = 3) -> tuple[list, list, list]:
    """Return (y_true, pred_a, pred_b) with the given numbers of rows that each gets right."""
    a = [1] * a_only + [0] * b_only + [1] * both + [0] * neither
    b = [0] * a_only + [1] * b_only + [1] * both + [0] * neither
    return [1] * len(a), a, b


@pytest.mark.parametrize(("a_only", "b_only"), [(5, 0), (2, 9), (12, 12), (20, 4)])
def test_mcnemar_below_25_discordant_rows_is_the_binomial_tail(a_only, b_only):
    n, low = a_only + b_only, min(a_only, b_only)
    by_hand = min(1, 2 * sum(comb(n, k) for k in range(low + 1)) / 2**n)
    result = mcnemar(*predictions(a_only, b_only))
    assert result[:3] == (a_only, b_only, low)
    assert result.p_value == pytest.approx(by_hand)
    assert result.exact


@pytest.mark.parametrize(("a_only", "b_only"), [(20, 5), (11, 30), (13, 13)])
def test_mcnemar_from_25_discordant_rows_is_chi_square_with_correction(a_only, b_only):
    statistic = max(abs(a_only - b_only) - 1, 0) ** 2 / (a_only + b_only)
    result = mcnemar(*predictions(a_only, b_only))
    assert result.statistic == pytest.approx(statistic)
    assert result.p_value == pytest.approx(erfc(sqrt(statistic / 2)))  # one degree of freedom
    assert not result.exact


def test_mcnemar_of_classifiers_that_agree_finds_nothing():
    assert mcnemar(*predictions(0, 0)) == (0, 0, 0.0, 1.0, True)


def test_mcnemar_two_different_wrong_labels_are_no_difference():
    assert mcnemar(["a", "a"], ["b", "a"], ["c", "a"]).p_value == 1


def test_mcnemar_rejects_bad_input():
    with pytest.raises(ValueError, match="got y_true 1, pred_a 1, pred_b 2"):
        mcnemar([1], [1], [1, 1])
    with pytest.raises(ValueError, match=r"labels of one type, got .1. .str. in y_true.*in pred_b"):
        mcnemar(["1"], ["1"], [1])


DIFFERENCES = np.array([0.04, -0.01, 0.03, 0.07, 0.02, -0.05, 0.06])
B = np.array([0.5, 0.6, 0.7, 0.4, 0.8, 0.9, 0.3])


def test_paired_test_counts_and_averages_the_differences():
    result = paired_test(B + DIFFERENCES, B)
    assert (result.n_pairs, result.n_a_better, result.n_b_better) == (7, 5, 2)
    assert result.mean_difference == pytest.approx(0.16 / 7)


def test_paired_test_t_by_hand():
    result = paired_test(B + DIFFERENCES, B, confidence=0.9)
    mean = DIFFERENCES.sum() / 7
    error = sqrt(((DIFFERENCES - mean) ** 2).sum() / 6 / 7)
    assert result.p_t == pytest.approx(2 * stats.t.sf(mean / error, df=6))
    half = stats.t.ppf(0.95, df=6) * error
    assert (result.ci_low, result.ci_high) == pytest.approx((mean - half, mean + half))


def test_paired_test_wilcoxon_is_the_exact_tail_over_all_signs():
    ranks = stats.rankdata(np.abs(DIFFERENCES))
    observed = min(ranks[DIFFERENCES > 0].sum(), ranks[DIFFERENCES < 0].sum())
    sums = [ranks[np.array(signs)].sum() for signs in product([False, True], repeat=7)]
    assert paired_test(B + DIFFERENCES, B).p_wilcoxon == pytest.approx(
        min(1, 2 * np.mean(np.array(sums) <= observed))
    )


def test_paired_test_sign_is_the_binomial_tail():
    by_hand = 2 * sum(comb(7, k) for k in range(3)) / 2**7
    assert paired_test(B + DIFFERENCES, B).p_sign == pytest.approx(by_hand)


def test_paired_test_leaves_ties_out_of_signs_and_ranks():
    tied = paired_test([*(B + DIFFERENCES), 0.5, 0.1], [*B, 0.5, 0.1])
    plain = paired_test(B + DIFFERENCES, B)
    assert tied.n_pairs == 9
    assert (tied.p_sign, tied.p_wilcoxon) == (plain.p_sign, plain.p_wilcoxon)
    assert abs(tied.mean_difference) < abs(plain.mean_difference)


def test_paired_test_swapped_has_the_opposite_sign_and_the_same_p_values():
    one, other = paired_test(B + DIFFERENCES, B), paired_test(B, B + DIFFERENCES)
    assert other.mean_difference == -one.mean_difference
    assert (other.ci_low, other.ci_high) == pytest.approx((-one.ci_high, -one.ci_low))
    assert (other.n_a_better, other.n_b_better) == (one.n_b_better, one.n_a_better)
    assert (other.p_t, other.p_wilcoxon, other.p_sign) == pytest.approx((one.p_t, one.p_wilcoxon, one.p_sign))


def test_paired_test_of_equal_scores_finds_nothing():
    result = paired_test([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    assert result == (3, 0, 0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0)


def test_paired_test_takes_differences_of_rounding_for_equal_scores():
    result = paired_test([0.1 + 0.2, 0.5], [0.3, 0.5])
    assert (result.n_a_better, result.p_sign) == (0, 1.0)


def test_paired_test_of_a_constant_gain_has_an_interval_of_one_point():
    result = paired_test([0.2, 0.3, 0.4], [0.1, 0.2, 0.3])
    assert result.ci_low == result.ci_high == pytest.approx(0.1)
    assert result.p_t == 0


def test_paired_test_of_one_pair_has_no_interval():
    result = paired_test([0.2], [0.1])
    assert result.n_pairs == 1
    assert isnan(result.ci_low)
    assert isnan(result.ci_high)
    assert isnan(result.p_t)
    assert result.p_sign == 1


def test_paired_test_averages_the_seeds_of_each_task_first():
    tasks = ["x", "x", "x", "y", "z", "z"]
    a = [0.5, 0.6, 0.7, 0.9, 0.3, 0.4]
    b = [0.4, 0.4, 0.4, 0.8, 0.4, 0.4]
    by_task = paired_test([0.2, 0.1, -0.05], [0.0, 0.0, 0.0])
    assert paired_test(a, b, tasks=tasks) == pytest.approx(by_task)
    assert paired_test(a, b).n_pairs == 6


@pytest.mark.parametrize(
    ("a", "b", "options", "message"),
    [
        ([], [], {}, r"scores_a must hold one score per pair, .* got shape \(0,\)"),
        ([0.1], [[0.1]], {}, r"scores_b must hold one score per pair, .* got shape \(1, 1\)"),
        ([0.1, 0.2], [0.1], {}, "got scores_a 2, scores_b 1. Pass the scores of the same tasks and seeds"),
        ([0.1, 0.2], [0.1, 0.2], {"tasks": ["x"]}, "got scores_a 2, scores_b 2, tasks 1"),
        ([0.1, float("nan")], [0.1, 0.2], {}, "scores_a must hold finite scores, got nan in row 1"),
        ([0.1], [0.1], {"confidence": 95}, r"confidence must be in \(0, 1\), got 95. Use 0\.95"),
    ],
)
def test_paired_test_rejects_bad_input(a, b, options, message):
    with pytest.raises(ValueError, match=message):
        paired_test(a, b, **options)
