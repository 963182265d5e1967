"""One self-contained HTML page that shows what a fitted resampler did; it loads nothing from the network."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from skbalagen._utils.output_files import new_output
from skbalagen.report.style import COLOURS, HATCH, counted
from skbalagen.report.summary import Histogram, Summary, summarise

__all__ = ["html_page", "write_html"]

_FATES = {
    "accepted": "of the candidates accepted",
    "refused": "refused, since they are no utterance or give away a row",
    "rejected": "rejected by the labelers",
    "repeated": "repeat a row or another candidate",
    "failed": "have no usable text",
}


def write_html(resampler: Any, path: str | Path, X: Any = None) -> None:
    """Write the page of :func:`html_page` to a file.

    Parameters
    ----------
    resampler : BalaGenResampler
        After `fit_resample`.
    path : str or Path
        The file; one that exists is replaced.
    X : array-like of str, default=None
        What was resampled; see :func:`html_page`.
    """
    page = html_page(resampler, X)
    with new_output(path) as part:
        part.write_text(page, encoding="utf-8")


def html_page(resampler: Any, X: Any = None) -> str:
    """Return the report of a fitted BalaGenResampler as one HTML page.

    Parameters
    ----------
    resampler : BalaGenResampler
        After `fit_resample`; one that was pickled and loaded works too.
    X : array-like of str, of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns), default=None
        What was resampled. Without it, the page does not show how new the generated texts are.

    Returns
    -------
    str
        Texts and labels of the data are escaped.

    Raises
    ------
    NotFittedError
        The resampler has not resampled yet.
    ValueError
        `X` has another number of rows than what was resampled.
    """
    from jinja2 import Environment

    summary = summarise(resampler, X)
    source = (files("skbalagen") / "report" / "report.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, trim_blocks=True)
    return environment.from_string(source).render(
        summary=summary,
        colours=COLOURS,
        hatch=HATCH,
        introduction=_introduction(summary),
        facts=_facts(summary),
        rows=_rows(summary),
        bars=_bars(summary.histogram),
        points=_points(summary),
    )


def _introduction(summary: Summary) -> str:
    """Describe what was done, in a paragraph."""
    total, n_classes = summary.totals, len(summary.classes)
    sentences = [
        f"{counted(total['rows before'], 'row')} in {counted(n_classes, 'class')} became "
        f"{counted(total['rows after'], 'row')}."
    ]
    if summary.band is not None:
        low, high = summary.band
        sentences.append(
            f"The policy fills classes below {low:g} rows and reduces classes above {high:g} rows."
        )
    added = [counted(total["generated"], "generated row")]
    if "unlabeled" in total:
        added.append(counted(total["unlabeled"], "unlabeled text"))
    added.append(counted(total["copied"], "copied row"))
    if summary.n_filled:
        verb = "was" if summary.n_filled == 1 else "were"
        sentences.append(
            f"{counted(summary.n_filled, 'class')} {verb} filled: {', '.join(added)}; "
            f"{counted(total['candidates'], 'candidate')} generated for it."
        )
    else:
        sentences.append("No class had to be filled.")
    if total["removed"]:
        sentences.append(f"{counted(total['removed'], 'row')} removed.")
    return " ".join(sentences)


def _facts(summary: Summary) -> list[tuple[str, str]]:
    """Return (value, name) of rows and fates."""
    facts = [(f"{summary.totals[name]:,}", name) for name in ("rows before", "rows after")]
    return facts + [
        (f"{100 * share:.0f} %", _FATES[name])
        for name, share in summary.shares.items()
        if share or name not in ("failed", "refused")
    ]


def _rows(summary: Summary) -> list[dict[str, Any]]:
    """Return the cells and the bar of each class, widths in percent of the longest bar."""
    longest = int(summary.classes[["before", "after"]].to_numpy().max())
    rows = []
    for label, cells, all_parts in zip(
        summary.classes.index, summary.classes.values.tolist(), summary.parts.to_dict("records"), strict=True
    ):
        parts = {str(kind): n for kind, n in all_parts.items() if n}
        bar = [(kind, round(100 * n / longest, 2)) for kind, n in parts.items()]
        title = ", ".join(f"{n} {kind}" for kind, n in parts.items())
        rows.append({"cells": [str(label), *cells], "bar": bar, "title": title})
    return rows


def _bars(histogram: Histogram | None) -> dict[str, Any]:
    """Return the histogram's bars in the units of the drawing, 150 units high, accepted below rejected."""
    if histogram is None:
        return {}
    counts = list(zip(histogram.accepted, histogram.rejected, strict=True))
    highest = max(map(sum, counts))
    bars = []
    for i, (n_accepted, n_rejected) in enumerate(counts):
        low, high = (round(150 * n / highest, 1) for n in (n_accepted, n_rejected))
        span = f"{histogram.edges[i]:.2f} to {histogram.edges[i + 1]:.2f}"
        bars.append(
            {
                "x": 51 + 29 * i,
                "y_accepted": round(170 - low, 1),
                "h_accepted": low,
                "y_rejected": round(170 - low - high, 1),
                "h_rejected": high,
                "title": f"{span}: {n_accepted} accepted, {n_rejected} rejected",
            }
        )
    return {"bars": bars, "highest": highest}


def _points(summary: Summary) -> list[dict[str, Any]]:
    """Return the points in the units of the drawing, the accepted ones last and so on top."""
    if summary.points is None:
        return []
    points = [
        {
            "kind": point["kind"],
            "x": round(50 + 580 * point["similarity"], 1),
            "y": round(230 - 210 * point["novelty"], 1),
            "text": point["text"],
        }
        for point in summary.points.to_dict("records")
    ]
    return sorted(points, key=lambda point: point["kind"] == "accepted")
