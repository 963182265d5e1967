"""What a resampler did, as one plain object that the page, the plots and the notebook render."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

__all__ = ["check_resampled", "class_parts", "fate", "summary_html", "totals"]


def check_resampled(resampler: Any) -> None:
    """Raise NotFittedError unless `fit_resample` was called: `fit` alone only looks."""
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(
        resampler, "report_", msg="This %(name)s has not resampled yet. Call fit_resample(X, y) first."
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
        kept, generated, unlabeled (if any were given), copied and removed. The first and the last are the
        rows before; all but the last are the rows after.
    """
    parts = {"kept": report["kept"], "generated": report["added"]}
    if "unlabeled" in report:
        parts |= {"generated": report["added"] - report["unlabeled"], "unlabeled": report["unlabeled"]}
    return pd.DataFrame(
        parts | {"copied": report["copied"], "removed": report["size_before"] - report["kept"]}, dtype=int
    )


def fate(candidates: pd.DataFrame) -> pd.Series:
    """Return what became of each candidate: "backed", "refused", "repeated" or "failed".

    Parameters
    ----------
    candidates : DataFrame of shape (n_candidates, n_columns)
        `candidates_` of a resampler.
    """
    names = {"accepted": "backed", "surplus": "backed", "duplicate": "repeated"}
    return candidates["verdict"].replace(names).astype(object)


def totals(resampler: Any) -> dict[str, int]:
    """Return what `fit_resample` did, in rows and candidates over all classes."""
    report, parts = resampler.report_, class_parts(resampler.report_).sum()
    return {
        "rows before": int(report["size_before"].sum()),
        "rows after": int(report["size_after"].sum()),
        **{str(name): int(n) for name, n in parts.items() if name != "kept"},
        "candidates": int(report["generated"].sum()),
        "refused": int((fate(resampler.candidates_) == "refused").sum()),
        "shortfall": int(report["shortfall"].sum()),
    }


def summary_html(resampler: Any) -> str:
    """Return :func:`totals` and the band as a table of HTML, to stand below scikit-learn's diagram."""
    cells: dict[str, Any] = dict(totals(resampler))
    if resampler.band_ is not None:
        cells |= {name: f"{rows:g}" for name, rows in zip(("B_low", "B_high"), resampler.band_, strict=True)}
    heads = "".join(f"<th>{escape(str(name))}</th>" for name in cells)
    values = "".join(f"<td>{escape(str(value))}</td>" for value in cells.values())
    return (
        '<div style="overflow-x: auto"><table class="skbalagen-summary"><caption>What fit_resample did'
        f"</caption><thead><tr>{heads}</tr></thead><tbody><tr>{values}</tr></tbody></table></div>"
    )
