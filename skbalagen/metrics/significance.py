"""Paired tests between two classifiers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from skbalagen.metrics._checks import Labels, as_label_rows

__all__ = ["McNemarResult", "mcnemar"]


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

    Only the rows that one of the two gets right and the other wrong tell them apart. With fewer than 25
    of these the p-value is the exact binomial one, else that of chi-square with one degree of freedom and
    continuity correction.

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
        If an input is empty or the lengths differ.

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
