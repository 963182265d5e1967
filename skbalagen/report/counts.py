"""Count rows and candidates: what a resampler's two tables say, in the words of plots and pages."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.exceptions import NotFittedError

__all__ = ["check_resampled", "class_parts", "fate", "fate_shares", "totals"]

_FATES = {
    "surplus": "accepted",
    "malformed": "refused",
    "leak": "refused",
    "near-duplicate": "refused",
    "duplicate": "repeated",
}


def check_resampled(resampler: Any) -> None:
    """Raise NotFittedError unless `fit_resample` was called; `fit` alone makes no report.

    Parameters
    ----------
    resampler : BalaGenResampler

    Raises
    ------
    NotFittedError
        It has no `report_`.
    """
    if not hasattr(resampler, "report_"):
        raise NotFittedError(
            f"This {type(resampler).__name__} has not resampled yet: expected a fitted BalaGenResampler, got an "
            "object without report_. Call fit_resample(X, y) first; in a pipeline, pass the resampling step."
        )


def class_parts(report: pd.DataFrame) -> pd.DataFrame:
    """Return what the rows of each class are made of.

    Parameters
    ----------
    report : DataFrame of shape (n_classes, n_columns)
        `report_` of a resampler.

    Returns
    -------
    DataFrame of int, of shape (n_classes, 4 or 5)
        kept, generated, unlabeled (if any were given), copied and removed. Kept and removed add up to the
        rows before; all but removed add up to the rows after.

    Examples
    --------
    >>> report = pd.DataFrame(
    ...     {"n_before": [3, 9], "n_kept": [3, 6], "n_generated": [2, 0], "n_copied": [1, 0]}, index=["a", "b"]
    ... )
    >>> class_parts(report)
       kept  generated  copied  removed
    a     3          2       1        0
    b     6          0       0        3
    """
    parts = {"kept": report["n_kept"], "generated": report["n_generated"]}
    if "n_unlabeled" in report:
        parts["unlabeled"] = report["n_unlabeled"]
    parts |= {"copied": report["n_copied"], "removed": report["n_before"] - report["n_kept"]}
    return pd.DataFrame(parts).astype(int)


def fate(candidates: pd.DataFrame) -> pd.Series:
    """Return what became of each candidate.

    Parameters
    ----------
    candidates : DataFrame of shape (n_candidates, n_columns)
        `candidates_` of a resampler.

    Returns
    -------
    Series of str, of shape (n_candidates,)
        "accepted" (by the labelers, added or not), "refused" (no utterance, or accepted but gives away a row),
        "rejected", "repeated" (a row or another candidate) or "failed" (no text).

    Examples
    --------
    >>> fate(pd.DataFrame({"verdict": ["surplus", "rejected", "duplicate"]})).tolist()
    ['accepted', 'rejected', 'repeated']
    """
    return candidates["verdict"].astype(object).replace(_FATES)


def fate_shares(candidates: pd.DataFrame) -> dict[str, float]:
    """Return the share of each :func:`fate`, in [0, 1]; empty if there are no candidates.

    Examples
    --------
    >>> fate_shares(pd.DataFrame({"verdict": ["accepted", "surplus", "rejected", "failed"]}))
    {'accepted': 0.5, 'refused': 0.0, 'rejected': 0.25, 'repeated': 0.0, 'failed': 0.25}
    """
    if not len(candidates):
        return {}
    shares = fate(candidates).value_counts(normalize=True)
    names = ("accepted", "refused", "rejected", "repeated", "failed")
    return {name: float(shares.get(name, 0.0)) for name in names}


def totals(resampler: Any) -> dict[str, int]:
    """Return rows and candidates over all classes.

    Parameters
    ----------
    resampler : BalaGenResampler
        After `fit_resample`.

    Returns
    -------
    dict of {str: int}
        "rows before", "rows after", "generated", "unlabeled" (if any were given), "copied" and "removed" rows;
        "candidates" that were generated, those that the labelers "rejected", accepted ones that are
        "near-duplicates" of rows or "leaks", and the generated rows that are "missing".
    """
    report, parts = resampler.report_, class_parts(resampler.report_).sum()
    return {
        "rows before": int(report["n_before"].sum()),
        "rows after": int(report["n_after"].sum()),
        **{str(name): int(n) for name, n in parts.items() if name != "kept"},
        "candidates": int(report["n_candidates"].sum()),
        "rejected": int((resampler.candidates_["verdict"] == "rejected").sum()),
        "near-duplicates": int(report["n_near_duplicates"].sum()),
        "leaks": int(report["n_leaks"].sum()),
        "missing": int(report["n_missing"].sum()),
    }
