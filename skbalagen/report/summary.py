"""What a resampler did, as one plain object that the page, the plots and the notebook render."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from skbalagen._utils.containers import text_column_of
from skbalagen.report.advice import advise
from skbalagen.report.counts import check_resampled, class_parts, fate_shares, totals
from skbalagen.report.quality import Measure, evenly_sampled, measure_quality, place_texts

__all__ = ["Examples", "Histogram", "Summary", "summarise", "summary_html"]

_COLUMNS = {
    "n_before": "before",
    "n_target": "target",
    "n_candidates": "candidates",
    "n_malformed": "malformed",
    "n_accepted": "accepted",
    "n_near_duplicates": "near-duplicates",
    "n_leaks": "leaks",
    "n_generated": "generated",
    "n_unlabeled": "unlabeled",
    "n_copied": "copied",
    "n_after": "after",
}
_N_BINS = 20
_N_EXAMPLES, _MOST_CLASSES = 6, 500


@dataclass(frozen=True)
class Histogram:
    """Judged candidates by the labelers' mean probability of the intended class.

    Attributes
    ----------
    edges : tuple of float, of length n_bins + 1
        From 0 to 1.
    accepted, rejected : tuple of int, of length n_bins
        By the labelers.
    """

    edges: tuple[float, ...]
    accepted: tuple[int, ...]
    rejected: tuple[int, ...]


@dataclass(frozen=True)
class Examples:
    """A few candidates of one class.

    Attributes
    ----------
    label : str
    accepted, rejected : tuple of (str, tuple of bool)
        Text and votes, one vote per labeler. Accepted ones were added.
    """

    label: str
    accepted: tuple[tuple[str, tuple[bool, ...]], ...]
    rejected: tuple[tuple[str, tuple[bool, ...]], ...]


@dataclass(frozen=True, eq=False)
class Summary:
    """What `fit_resample` did.

    Attributes
    ----------
    totals : dict of {str: int}
        See :func:`~skbalagen.report.counts.totals`.
    band : tuple of (float, float) or None
        B_low and B_high.
    n_filled : int
        Classes that were to grow.
    classes : DataFrame of int, of shape (n_classes, 10 or 11)
        before, target, candidates, malformed, accepted, near-duplicates, leaks, generated, unlabeled (if any were
        given), copied and after.
    parts : DataFrame of int, of shape (n_classes, 4 or 5)
        See :func:`~skbalagen.report.counts.class_parts`.
    shares : dict of {str: float}
        Of the generated candidates; see :func:`~skbalagen.report.counts.fate_shares`.
    quality : tuple of Measure
        See :func:`~skbalagen.report.quality.measure_quality`.
    warnings : tuple of str
        See :func:`~skbalagen.report.advice.advise`.
    histogram : Histogram or None
        None if no candidate was judged.
    points : DataFrame of shape (n_points, 5) or None
        At most 1,000 generated candidates; see :func:`~skbalagen.report.quality.place_texts`. None without `X`.
    n_written : int
        Generated candidates that have a text and were not refused as a leak, from which the points were taken.
    examples : tuple of Examples
        Of the first 500 classes that had candidates.
    n_unshown : int
        Further classes that had candidates.
    """

    totals: dict[str, int]
    band: tuple[float, float] | None
    n_filled: int
    classes: pd.DataFrame
    parts: pd.DataFrame
    shares: dict[str, float]
    quality: tuple[Measure, ...]
    warnings: tuple[str, ...]
    histogram: Histogram | None
    points: pd.DataFrame | None
    n_written: int
    examples: tuple[Examples, ...]
    n_unshown: int


def summarise(resampler: Any, X: Any = None) -> Summary:
    """Return what a resampler did.

    Parameters
    ----------
    resampler : BalaGenResampler
        After `fit_resample`. Of it, `report_`, `candidates_`, `band_` and `text_column` are read.
    X : array-like of str, of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns), default=None
        What was resampled. Without it, novelty and similarity are left out.

    Returns
    -------
    Summary

    Raises
    ------
    NotFittedError
        The resampler has not resampled yet.
    ValueError
        `X` has another number of rows than what was resampled.
    """
    check_resampled(resampler)
    report, candidates = resampler.report_, resampler.candidates_
    generated = candidates[candidates["source"] == "generated"]
    # A page is passed on: what was refused as a leak does not stand on it.
    written = generated[~generated["verdict"].isin(("failed", "leak"))]
    points = None
    if X is not None:
        _check_rows(X, int(report["n_before"].sum()))
        points = place_texts(evenly_sampled(written), text_column_of(X, resampler.text_column))
    quality = measure_quality(generated, points, report.attrs.get("labeler_agreement", ()))
    examples, n_unshown = _examples(report, generated)
    return Summary(
        totals=totals(resampler),
        band=resampler.band_,
        n_filled=int((report["n_target"] > report["n_before"]).sum()),
        classes=report[[name for name in _COLUMNS if name in report]].rename(columns=_COLUMNS).astype(int),
        parts=class_parts(report),
        shares=fate_shares(generated),
        quality=quality,
        warnings=advise(report, generated, quality),
        histogram=_histogram(candidates),
        points=points,
        n_written=len(written),
        examples=examples,
        n_unshown=n_unshown,
    )


def summary_html(resampler: Any) -> str:
    """Return the totals and the band as an HTML table, to be shown below scikit-learn's diagram.

    Parameters
    ----------
    resampler : BalaGenResampler
        After `fit_resample`.

    Raises
    ------
    NotFittedError
        The resampler has not resampled yet.
    """
    check_resampled(resampler)
    cells: dict[str, Any] = {name: f"{n:,}" for name, n in totals(resampler).items()}
    if resampler.band_ is not None:
        cells |= {name: f"{rows:g}" for name, rows in zip(("B_low", "B_high"), resampler.band_, strict=True)}
    heads = "".join(f"<th>{escape(str(name))}</th>" for name in cells)
    values = "".join(f"<td>{escape(str(value))}</td>" for value in cells.values())
    return (
        '<div style="overflow-x: auto"><table class="skbalagen-summary"><caption>What fit_resample did'
        f"</caption><thead><tr>{heads}</tr></thead><tbody><tr>{values}</tr></tbody></table></div>"
    )


def _check_rows(X: Any, expected: int) -> None:
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    if n_rows != expected:
        raise ValueError(
            f"X must be the data that was resampled, expected {expected} rows, got {n_rows}. Pass the X that "
            "fit_resample was called with, or leave it out."
        )


def _histogram(candidates: pd.DataFrame) -> Histogram | None:
    """Count the judged candidates in bins of the labelers' confidence."""
    judged = candidates[candidates["confidence"].notna()]
    if not len(judged):
        return None
    edges = np.linspace(0, 1, _N_BINS + 1)
    rejected = (judged["verdict"] == "rejected").to_numpy()
    confidence = judged["confidence"].to_numpy(dtype=float)
    counts = [np.histogram(confidence[rows], edges)[0].tolist() for rows in (~rejected, rejected)]
    return Histogram(tuple(edges.tolist()), *map(tuple, counts))


def _examples(report: pd.DataFrame, generated: pd.DataFrame) -> tuple[tuple[Examples, ...], int]:
    """Return a few candidates of each class, in one pass over all of them, and the number of classes left out."""
    labels = report.index[report["n_candidates"] > 0].tolist()
    shown: dict[Any, dict[str, list[Any]]] = {
        label: {"accepted": [], "rejected": []} for label in labels[:_MOST_CLASSES]
    }
    for label, verdict, text, votes in zip(
        *(generated[name].tolist() for name in ("label", "verdict", "text", "votes")), strict=True
    ):
        few = shown.get(label, {}).get(verdict)
        if few is not None and len(few) < _N_EXAMPLES:
            few.append((text, tuple(map(bool, votes))))
    examples = tuple(
        Examples(str(label), tuple(few["accepted"]), tuple(few["rejected"])) for label, few in shown.items()
    )
    return examples, len(labels) - len(examples)
