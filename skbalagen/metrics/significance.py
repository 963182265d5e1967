"""Paired tests of two classifiers: on the rows of one test set, and over tasks and seeds."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from skbalagen.metrics._checks import Labels, as_label_rows

__all__ = ["McNemarResult", "PairedTestResult", "mcnemar", "paired_test"]

# Below this many discordant rows the chi-square distribution is too coarse for McNemar's statistic.
_EXACT_BELOW = 25


class McNemarResult(NamedTuple):
    """Outcome of :func:`mcnemar`."""

    n_a_only: int
    """Rows that only classifier A got right."""
    n_b_only: int
    """Rows that only classifier B got right."""
    statistic: float
    """The smaller of the two counts where `exact`, else chi-square with continuity correction."""
    p_value: float
    """Two-sided, in [0, 1]."""
    exact: bool
    """Whether the p-value is the binomial one."""


def mcnemar(y_true: Labels, pred_a: Labels, pred_b: Labels) -> McNemarResult:
    """Test whether two classifiers err equally often on the same rows.

    Only rows that one of the two gets right and the other wrong count (discordant rows). With fewer than 25 of them
    the p-value is the exact binomial one, else that of chi-square with one degree of freedom and continuity
    correction.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    pred_a, pred_b : array-like of shape (n_samples,)
        Predictions of the two classifiers.

    Returns
    -------
    McNemarResult
        ``(n_a_only, n_b_only, statistic, p_value, exact)``.

    Raises
    ------
    ValueError
        If an input is empty, lacks a label, or the lengths or types differ.

    References
    ----------
    McNemar (1947), "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12.

    Examples
    --------
    >>> y = ["a"] * 6
    >>> mcnemar(y, ["a", "a", "a", "a", "a", "b"], ["b", "b", "b", "b", "b", "b"])
    McNemarResult(n_a_only=5, n_b_only=0, statistic=0.0, p_value=0.0625, exact=True)
    """
    true, a, b = as_label_rows(y_true=y_true, pred_a=pred_a, pred_b=pred_b)
    a_right, b_right = true == a, true == b
    n_a, n_b = int(np.sum(a_right & ~b_right)), int(np.sum(b_right & ~a_right))
    n = n_a + n_b
    if n == 0:
        return McNemarResult(0, 0, 0.0, 1.0, True)
    if n < _EXACT_BELOW:
        return McNemarResult(n_a, n_b, float(min(n_a, n_b)), float(stats.binomtest(n_a, n).pvalue), True)
    # The correction draws the difference towards 0, never past it.
    statistic = max(abs(n_a - n_b) - 1, 0) ** 2 / n
    return McNemarResult(n_a, n_b, statistic, float(stats.chi2.sf(statistic, df=1)), False)


class PairedTestResult(NamedTuple):
    """Outcome of :func:`paired_test`."""

    n_pairs: int
    """Differences that were tested."""
    n_a_better: int
    """Differences above 0."""
    n_b_better: int
    """Differences below 0."""
    mean_difference: float
    """Mean of a - b, in the units of the scores."""
    ci_low: float
    """Lower end of the confidence interval of the mean difference; nan for fewer than 2 pairs."""
    ci_high: float
    """Upper end of that interval."""
    p_t: float
    """Two-sided p-value of the paired t-test; nan for fewer than 2 pairs."""
    p_wilcoxon: float
    """Two-sided p-value of the Wilcoxon signed-rank test; 1 if all differences are 0."""
    p_sign: float
    """Two-sided p-value of the sign test; 1 if all differences are 0."""


def paired_test(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    *,
    tasks: Sequence[Any] | np.ndarray | None = None,
    confidence: float = 0.95,
) -> PairedTestResult:
    """Test whether method A scores higher than method B on the same tasks and seeds.

    Three tests of the differences a - b: the paired t-test, which uses their size and assumes that they are about
    normal; Wilcoxon's signed-rank test, which uses their ranks and assumes symmetry; and the sign test, which uses
    nothing but the sign.

    Parameters
    ----------
    scores_a, scores_b : array-like of float, of shape (n_pairs,)
        Scores of the two methods; entry i of both has the same task and seed.
    tasks : array-like of shape (n_pairs,), default=None
        The task of each pair. If given, differences are first averaged per task, so that a pair is a task. The seeds
        of one task share its test rows and are no independent evidence about other tasks: without `tasks` the
        conclusion holds for these tasks only.
    confidence : float, default=0.95
        Level of the interval, in (0, 1).

    Returns
    -------
    PairedTestResult
        ``(n_pairs, n_a_better, n_b_better, mean_difference, ci_low, ci_high, p_t, p_wilcoxon, p_sign)``.

    Raises
    ------
    ValueError
        If an input is empty, the lengths differ, a score is not finite, or `confidence` is out of range.

    See Also
    --------
    mcnemar : A test on the rows of one test set.

    Notes
    -----
    Wilcoxon's test and the sign test leave differences of 0 out. The former is exact for up to 50 differences without
    ties, else it uses the normal approximation. With n differences its smallest p-value is ``2 / 2**n``: 0.0625 for
    five seeds.

    References
    ----------
    Student (1908), "The probable error of a mean", Biometrika 6. Wilcoxon (1945), "Individual comparisons by ranking
    methods", Biometrics Bulletin 1. Demsar (2006), "Statistical Comparisons of Classifiers over Multiple Data Sets",
    JMLR 7, section 3.1.

    Examples
    --------
    >>> result = paired_test([0.81, 0.74, 0.92, 0.66, 0.78], [0.80, 0.71, 0.90, 0.61, 0.74])
    >>> round(result.mean_difference, 3), round(result.p_t, 3), result.p_wilcoxon, result.p_sign
    (0.03, 0.013, 0.0625, 0.0625)
    """
    if not 0 < confidence < 1:
        raise ValueError(
            f"confidence must be in (0, 1), got {confidence!r}. Use 0.95 for an interval of 95 %."
        )
    a, b = _as_scores(scores_a, "scores_a"), _as_scores(scores_b, "scores_b")
    if len(a) != len(b) or (tasks is not None and len(tasks) != len(a)):
        other = "" if tasks is None else f", tasks {len(tasks)}"
        raise ValueError(
            f"scores_a, scores_b and tasks must have one entry per pair, got scores_a {len(a)}, scores_b "
            f"{len(b)}{other}. Pass the scores of the same tasks and seeds in the same order."
        )
    differences = a - b
    if tasks is not None:
        codes = np.unique(np.asarray(tasks), return_inverse=True)[1]
        differences = np.bincount(codes, weights=differences) / np.bincount(codes)
    differences = np.round(differences, 12)  # equal scores may differ by rounding, which is no win
    n_a, n_b = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    low, high, p_t = _t_test(differences, confidence)
    return PairedTestResult(
        n_pairs=len(differences),
        n_a_better=n_a,
        n_b_better=n_b,
        mean_difference=float(differences.mean()),
        ci_low=low,
        ci_high=high,
        p_t=p_t,
        p_wilcoxon=_wilcoxon(differences[differences != 0]),
        p_sign=float(stats.binomtest(n_a, n_a + n_b).pvalue) if n_a + n_b else 1.0,
    )


def _as_scores(scores: ArrayLike, name: str) -> np.ndarray:
    try:
        array = np.asarray(scores, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must hold one number per pair, got {scores!r}. Pass a list of scores."
        ) from error
    if array.ndim != 1 or len(array) == 0:
        raise ValueError(
            f"{name} must hold one score per pair, of shape (n_pairs,) with at least one, got shape {array.shape}. "
            "Pass a non-empty list."
        )
    if not np.isfinite(array).all():
        row = int((~np.isfinite(array)).argmax())
        raise ValueError(
            f"{name} must hold finite scores, got {array[row]} in row {row}. Leave that pair out."
        )
    return array


def _t_test(differences: np.ndarray, confidence: float) -> tuple[float, float, float]:
    """Return the interval of the mean difference, and the p-value."""
    if len(differences) < 2:
        return float("nan"), float("nan"), float("nan")
    if np.ptp(differences) < 1e-11:  # no spread to compare the mean with
        mean = float(differences[0])
        return mean, mean, float(mean == 0)
    result = stats.ttest_1samp(differences, 0)
    interval = result.confidence_interval(confidence)
    return float(interval.low), float(interval.high), float(result.pvalue)


def _wilcoxon(differences: np.ndarray) -> float:
    if not len(differences):
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # few pairs, or ties: stated in the Notes
        return float(stats.wilcoxon(differences).pvalue)
