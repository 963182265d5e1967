"""What happened to each class and to each candidate, as tables, and what plots and pages need of them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from skbalagen.labelers import agreement_matrix, pairwise_agreement
from skbalagen.streams import Stream

__all__ = [
    "COLOURS",
    "candidate_table",
    "check_resampled",
    "class_parts",
    "class_table",
    "fate",
    "summary_html",
    "totals",
]

_JUDGED = ("accepted", "surplus", "refused")

# Blue, orange and greys differ in lightness too, so that they are told apart without colour vision and in print.
COLOURS = {
    "kept": "#4c6a92",
    "generated": "#d9822b",
    "unlabeled": "#f0c9a0",
    "copied": "#b8b8b8",
    "removed": "#ffffff",
    "backed": "#d9822b",
    "refused": "#b8b8b8",
    "repeated": "#4c6a92",
}


def class_table(
    sizes: Mapping[Any, int],
    targets: Mapping[Any, int],
    kept: Mapping[Any, int],
    copied: Mapping[Any, int],
    streams: Mapping[Any, Stream],
    found: Mapping[Any, Stream] | None = None,
    orders: Mapping[Any, int] | None = None,
) -> pd.DataFrame:
    """Return a row a class, in the order of `sizes`.

    Parameters
    ----------
    sizes, targets, kept, copied : mapping of label to int
        Rows before, wanted, of the originals that stayed, and copied.
    streams : mapping of label to Stream
        What was generated; classes that needed nothing may be missing.
    found : mapping of label to Stream, default=None
        What was taken from unlabeled texts, as another column.
    orders : mapping of label to int, default=None
        Orders of a Markov chain, as another column.

    Returns
    -------
    DataFrame of shape (n_classes, n_columns)
    """
    rows = []
    for label, size in sizes.items():
        stream = streams.get(label, Stream(0))
        n_found = len(found[label].taken) if found and label in found else 0
        added, n_kept, n_copied = len(stream.taken) + n_found, kept.get(label, 0), copied.get(label, 0)
        rows.append(
            {
                "size_before": size,
                "target": targets[label],
                "kept": n_kept,
                "generated": len(stream.texts),
                "backed": sum(verdict in ("accepted", "surplus") for verdict in stream.verdicts),
                "added": added,
                "copied": n_copied,
                "size_after": n_kept + added + n_copied,
                "shortfall": stream.missing,
                "stopped": stream.stopped,
                "agreement": pairwise_agreement(_judged_votes([stream])),
            }
        )
    table = pd.DataFrame(rows, index=pd.Index(list(sizes), name="class"))
    if found:
        table["unlabeled"] = [len(found[label].taken) if label in found else 0 for label in sizes]
    if orders is not None:
        table["order"] = [orders.get(label) for label in sizes]
    table.attrs["labeler_agreement"] = agreement_matrix(_judged_votes(streams.values())).tolist()
    return table


def candidate_table(streams_of: Mapping[str, Mapping[Any, Stream]]) -> pd.DataFrame:
    """Return a row a candidate: text, label, votes (list of bool), confidence, verdict and source."""
    names = ["text", "label", "votes", "confidence", "verdict", "source"]
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for source, streams in streams_of.items():
        for label, stream in streams.items():
            columns["text"] += stream.texts
            columns["label"] += [label] * len(stream.texts)
            columns["votes"] += [votes.tolist() for votes in stream.votes]
            columns["confidence"] += stream.confidence
            columns["verdict"] += stream.verdicts
            columns["source"] += [source] * len(stream.texts)
    return pd.DataFrame(
        {
            name: pd.Series(values, dtype=float if name == "confidence" else object)
            for name, values in columns.items()
        }
    )


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


def _judged_votes(streams: Any) -> np.ndarray:
    """Return the votes on all candidates that were shown to the labelers, (n_candidates, n_labelers)."""
    votes = [
        vote
        for stream in streams
        for vote, verdict in zip(stream.votes, stream.verdicts, strict=True)
        if verdict in _JUDGED
    ]
    return np.array(votes, dtype=bool) if votes else np.zeros((0, 0), dtype=bool)
