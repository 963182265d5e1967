"""One self-contained HTML page that says what a fitted resampler did; it asks the network for nothing."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skbalagen._utils.containers import text_column_of
from skbalagen.report.display import CandidateDisplay
from skbalagen.report.style import COLOURS
from skbalagen.report.summary import check_resampled, class_parts, fate, totals

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
_N_EXAMPLES, _N_BINS, _N_POINTS = 6, 20, 1000
# A text as similar as this to a real one has a word or a letter changed.
_NEAR = 0.9


def write_html(resampler: Any, path: str | Path, X: Any = None) -> None:
    """Write the page of :func:`html_page` to a file."""
    Path(path).write_text(html_page(resampler, X), encoding="utf-8")


def html_page(resampler: Any, X: Any = None) -> str:
    """Return the report of a fitted BalaGenResampler as one HTML page.

    Parameters
    ----------
    resampler : BalaGenResampler
        After `fit_resample`; one that was pickled and loaded will do.
    X : array-like of str, of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns), default=None
        What was resampled. Without it, the page does not say how new the generated texts are.

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

    check_resampled(resampler)
    template = (files("skbalagen") / "data" / "report.html.jinja").read_text(encoding="utf-8")
    report, candidates = resampler.report_, resampler.candidates_
    generated = candidates[candidates["source"] == "generated"]
    written = generated[generated["text"].notna()]
    sample = written.iloc[np.linspace(0, len(written) - 1, min(len(written), _N_POINTS)).astype(int)]
    texts = None if X is None else text_column_of(X, resampler.text_column)
    display = None if texts is None or not len(sample) else CandidateDisplay(sample, texts)
    quality = _quality(report, written, sample, display)
    page = Environment(autoescape=True).from_string(template)
    return page.render(
        colours=COLOURS,
        summary=_summary(resampler),
        facts=_facts(resampler, generated),
        quality=quality,
        warnings=_warnings(report, quality),
        columns=["class", *_COLUMNS.values()],
        parts=list(class_parts(report)),
        rows=_rows(report),
        histogram=_histogram(candidates),
        points=_points(sample, display),
        sampled=len(sample) if len(sample) < len(written) else 0,
        examples=_examples(report, candidates),
    )


def _summary(resampler: Any) -> str:
    """Say what was done, in a paragraph."""
    report, total = resampler.report_, totals(resampler)
    filled = int((report["target"] > report["size_before"]).sum())
    band = ""
    if resampler.band_ is not None:
        low, high = resampler.band_
        band = f" Classes below {low:g} rows were to be filled, classes above {high:g} to be thinned."
    found = f"{total['unlabeled']} unlabeled texts, " if "unlabeled" in total else ""
    return (
        f"{total['rows before']} rows of {len(report)} classes became {total['rows after']}.{band} {filled} classes "
        f"were filled with {found}{total['generated']} generated rows and {total['copied']} copies; "
        f"{total['removed']} rows were removed. {total['candidates']} candidates were written for it."
    )


def _facts(resampler: Any, generated: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (value, name) of rows and verdicts."""
    total = totals(resampler)
    facts = [(str(total[name]), name) for name in ("rows before", "rows after")]
    if len(generated):
        shares = fate(generated).value_counts(normalize=True)
        names = {
            "backed": "of the candidates backed",
            "repeated": "repeat a row or another candidate",
            "refused": "refused by the labelers",
        }
        facts += [(f"{100 * shares.get(name, 0):.0f} %", words) for name, words in names.items()]
    return facts


def _quality(
    report: pd.DataFrame, written: pd.DataFrame, sample: pd.DataFrame, display: CandidateDisplay | None
) -> dict[str, tuple[float, str]]:
    """Return {measure: (percent, what it is)} of what the accepted texts are like."""
    from skbalagen.metrics.text_quality import distinct_n

    accepted = written.loc[written["verdict"] == "accepted"]
    measures = {}
    rows = (sample["verdict"] == "accepted").to_numpy()
    if display is not None and display.novelty is not None and display.similarity is not None and rows.any():
        measures["novelty"] = (
            display.novelty[rows].mean(),
            "three-word phrases that stand in no real text",
        )
        near = (display.similarity[rows] >= _NEAR).mean()
        measures["near-duplicates"] = near, "texts that a real one nearly equals"
    if accepted["text"].str.contains(r"\w\W+\w").any():  # two words
        measures["diversity"] = distinct_n(accepted["text"]), "word pairs that are not repeats of one another"
    if accepted["confidence"].notna().any():
        measures["fidelity"] = (
            accepted["confidence"].mean(),
            "how likely the labelers find the wanted class, on average",
        )
    agreement = np.array(report.attrs.get("labeler_agreement", []))
    if agreement.ndim == 2 and len(agreement) > 1 and np.isfinite(agreement).all():
        pairs = agreement[np.triu_indices(len(agreement), k=1)]
        measures["agreement"] = pairs.mean(), "votes of two labelers on a candidate that are the same"
    return {name: (100 * float(share), words) for name, (share, words) in measures.items()}


def _warnings(report: pd.DataFrame, quality: dict[str, tuple[float, str]]) -> list[str]:
    """Return what a practitioner should act on."""
    wanted = (report["target"] - report["size_before"]).clip(lower=0)
    checks = [
        (
            report[(report["size_before"] < 5) & (wanted > 0)],
            "{n} had fewer than five rows, too few to learn to write from: read what was generated, or "
            "write a few more by hand: {names}.",
        ),
        (
            report[report["shortfall"] > report["added"]],
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
    if "near-duplicates" in quality and quality["near-duplicates"][0] > 30:
        lines.append(
            f"{quality['near-duplicates'][0]:.0f} % of the accepted texts nearly repeat a real one and add little: "
            "train the generator for fewer epochs, raise its temperature, or lower beta_low."
        )
    return lines


def _rows(report: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the cells and the bar of each class, widths in percent of the longest bar."""
    longest = max(int(report["size_before"].max()), int(report["size_after"].max()))
    rows = []
    for (label, row), all_parts in zip(
        report.iterrows(), class_parts(report).to_dict("records"), strict=True
    ):
        parts = {str(kind): n for kind, n in all_parts.items() if n}
        bar = [(kind, round(100 * n / longest, 2)) for kind, n in parts.items()]
        title = ", ".join(f"{n} {kind}" for kind, n in parts.items())
        rows.append({"cells": [str(label), *(int(row[c]) for c in _COLUMNS)], "bar": bar, "title": title})
    return rows


def _histogram(candidates: pd.DataFrame) -> dict[str, Any]:
    """Return the bars of backed and refused candidates over confidence, in the picture's units."""
    judged = candidates[candidates["confidence"].notna()]
    if not len(judged):
        return {}
    backed = (fate(judged) == "backed").to_numpy()
    confidence = judged["confidence"].to_numpy()
    edges = np.linspace(0, 1, _N_BINS + 1)
    n_backed, n_refused = (np.histogram(confidence[part], edges)[0] for part in (backed, ~backed))
    highest = int((n_backed + n_refused).max())
    scale = 150 / highest
    bars = []
    for i, (yes, no) in enumerate(zip(n_backed.tolist(), n_refused.tolist(), strict=True)):
        high, low = round(no * scale, 1), round(yes * scale, 1)
        bars.append(
            {
                "x": 51 + 29 * i,
                "y_backed": 170 - low,
                "h_backed": low,
                "y_refused": 170 - low - high,
                "h_refused": high,
                "title": f"{edges[i]:.2f} to {edges[i + 1]:.2f}: {yes} backed, {no} refused",
            }
        )
    return {"bars": bars, "highest": highest}


def _points(sample: pd.DataFrame, display: CandidateDisplay | None) -> list[dict[str, Any]]:
    """Return the candidates over similarity and novelty, in the picture's units; the backed ones on top."""
    if display is None or display.novelty is None or display.similarity is None:
        return []
    rows = zip(display.fate, display.similarity, display.novelty, sample["text"], strict=True)
    points = [
        {"kind": kind, "x": round(50 + 580 * similarity, 1), "y": round(230 - 210 * novelty, 1), "text": text}
        for kind, similarity, novelty, text in rows
    ]
    return sorted(points, key=lambda point: point["kind"] == "backed")


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
