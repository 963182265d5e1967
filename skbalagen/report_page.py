"""One self-contained HTML page that says what a fitted resampler did: no network, nothing but fitted attributes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["html_page", "write_html"]

_COLUMNS = {
    "size_before": "before",
    "target": "target",
    "generated": "candidates",
    "backed": "backed",
    "added": "generated",
    "copied": "copied",
    "size_after": "after",
}
_N_EXAMPLES, _N_BINS = 6, 20


def write_html(resampler: Any, path: str | Path) -> None:
    """Write the page of :func:`html_page` to a file."""
    Path(path).write_text(html_page(resampler), encoding="utf-8")


def html_page(resampler: Any) -> str:
    """Return the report of a fitted BalaGenResampler as one HTML page.

    Parameters
    ----------
    resampler : BalaGenResampler
        After `fit_resample`; one that was pickled and loaded will do.

    Returns
    -------
    str
        Texts of the data stand in it escaped.

    Raises
    ------
    NotFittedError
        The resampler has not resampled yet.
    """
    from jinja2 import Environment
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(resampler, "report_")
    template = (files("skbalagen") / "data" / "report.html.jinja").read_text(encoding="utf-8")
    report, candidates = resampler.report_, resampler.candidates_
    page = Environment(autoescape=True).from_string(template)
    return page.render(
        summary=_summary(resampler),
        facts=_facts(report, candidates),
        warnings=_warnings(report, candidates),
        columns=["class", *_COLUMNS.values()],
        rows=_rows(report),
        histogram=_histogram(candidates),
        examples=_examples(report, candidates),
    )


def _summary(resampler: Any) -> str:
    """Say what was done, in a paragraph."""
    report = resampler.report_
    before, after = int(report["size_before"].sum()), int(report["size_after"].sum())
    removed = int((report["size_before"] - report["kept"]).sum())
    filled = int((report["target"] > report["size_before"]).sum())
    band = ""
    if resampler.band_ is not None:
        low, high = resampler.band_
        band = f" Classes below {low:g} rows were to be filled, classes above {high:g} to be thinned."
    return (
        f"{before} rows of {len(report)} classes became {after}.{band} {filled} classes were filled with "
        f"{int(report['added'].sum())} generated rows and {int(report['copied'].sum())} copies; {removed} rows "
        f"were removed. {int(report['generated'].sum())} candidates were written for it."
    )


def _facts(report: pd.DataFrame, candidates: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (name, value) of what the generated text is like."""
    facts = [
        ("rows before", str(int(report["size_before"].sum()))),
        ("rows after", str(int(report["size_after"].sum()))),
    ]
    if not len(candidates):
        return facts
    verdicts = candidates["verdict"].value_counts(normalize=True)
    shares = [
        ("of the candidates backed", verdicts.get("accepted", 0) + verdicts.get("surplus", 0)),
        ("repeat a row or another candidate", verdicts.get("duplicate", 0)),
        ("refused by the labelers", verdicts.get("refused", 0)),
    ]
    facts += [(name, f"{100 * share:.0f} %") for name, share in shares]
    accepted = candidates.loc[candidates["verdict"] == "accepted", "text"].tolist()
    if any(len(text.split()) > 1 for text in accepted):
        from skbalagen.metrics import distinct_n

        facts.append(("of their word pairs differ", f"{100 * distinct_n(accepted):.0f} %"))
    agreement = np.array(report.attrs.get("labeler_agreement", []))
    if agreement.ndim == 2 and len(agreement) > 1 and np.isfinite(agreement).all():
        pairs = agreement[np.triu_indices(len(agreement), k=1)]
        facts.append(("agreement of two labelers", f"{100 * pairs.mean():.0f} %"))
    return facts


def _warnings(report: pd.DataFrame, candidates: pd.DataFrame) -> list[str]:
    """Return what a practitioner should act on."""
    wanted = (report["target"] - report["size_before"]).clip(lower=0)
    checks = [
        (
            report[(report["size_before"] < 5) & (wanted > 0)],
            "{n} had fewer than five rows, too few to learn to write from: read what was generated, or "
            "write a few more by hand: {names}.",
        ),
        (
            report[
                report["copied"] + report["shortfall"].clip(lower=0) * (report["copied"] == 0)
                > 0.5 * wanted.clip(lower=1)
            ],
            "{n} got fewer than half of the generated rows that were wanted. Describe them to the generator "
            "(label_descriptions), raise max_candidates, or lower beta_low: {names}.",
        ),
        (
            report[(report["generated"] >= 30) & (report["backed"] < 0.2 * report["generated"])],
            "{n} had four of five candidates refused or repeated: their name may not say what they are about, "
            "or they overlap with another class: {names}.",
        ),
        (
            report[report["target"] > 10 * report["size_before"]],
            "{n} grew more than tenfold: what their few rows have by chance, the added rows have too: {names}.",
        ),
    ]
    lines = []
    for rows, line in checks:
        if len(rows):
            names = ", ".join(map(str, rows.index[:8])) + (" and others" if len(rows) > 8 else "")
            lines.append(line.format(n=f"{len(rows)} class" + ("es" if len(rows) > 1 else ""), names=names))
    return lines


def _rows(report: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the cells and the bar of each class, widths in percent of the longest bar."""
    longest = max(int(report["size_before"].max()), int(report["size_after"].max()))
    rows = []
    for label, row in report.iterrows():
        parts = {
            "kept": row["kept"],
            "added": row["added"],
            "copied": row["copied"],
            "removed": row["size_before"] - row["kept"],
        }
        bar = [(kind, round(100 * n / longest, 2)) for kind, n in parts.items() if n]
        words = {"added": "generated"}
        title = ", ".join(f"{int(n)} {words.get(kind, kind)}" for kind, n in parts.items() if n)
        rows.append({"cells": [str(label), *(int(row[c]) for c in _COLUMNS)], "bar": bar, "title": title})
    return rows


def _histogram(candidates: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the bars of backed and refused candidates over confidence, in the picture's units."""
    judged = candidates[candidates["confidence"].notna()]
    if not len(judged):
        return []
    backed = judged["verdict"].isin(["accepted", "surplus"]).to_numpy()
    confidence = judged["confidence"].to_numpy()
    edges = np.linspace(0, 1, _N_BINS + 1)
    n_backed, n_refused = (np.histogram(confidence[part], edges)[0] for part in (backed, ~backed))
    scale = 150 / max(1, (n_backed + n_refused).max())
    bars = []
    for i, (yes, no) in enumerate(zip(n_backed.tolist(), n_refused.tolist(), strict=True)):
        high, low = round(no * scale, 1), round(yes * scale, 1)
        bars.append(
            {
                "x": 11 + 31 * i,
                "y_backed": 170 - low,
                "h_backed": low,
                "y_refused": 170 - low - high,
                "h_refused": high,
                "title": f"{edges[i]:.2f} to {edges[i + 1]:.2f}: {yes} backed, {no} refused",
            }
        )
    return bars


def _examples(report: pd.DataFrame, candidates: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a few accepted and refused candidates of each class, with their votes as dots."""
    examples = []
    for label in report.index[report["generated"] > 0]:
        rows = candidates[[given == label for given in candidates["label"]]]
        shown = {
            verdict: [
                (text, "".join("●" if vote else "○" for vote in votes))
                for text, votes in rows.loc[rows["verdict"] == verdict, ["text", "votes"]]
                .head(_N_EXAMPLES)
                .values
            ]
            for verdict in ("accepted", "refused")
        }
        examples.append({"label": str(label), **shown})
    return examples
