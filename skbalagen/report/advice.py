"""Advice: what to look at or change, judging by how each class fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pandas as pd

from skbalagen.report.quality import Measure
from skbalagen.report.style import counted, listed

__all__ = ["advise"]

_FEW_ROWS = 5
_MANY_TIMES = 10
# Acceptance is judged once a class had this many candidates; then less than a fifth is little.
_ENOUGH_CANDIDATES, _LOW_ACCEPTANCE = 30, 0.2
_MOST_NEAR_DUPLICATES = 0.3


def advise(
    report: pd.DataFrame, candidates: pd.DataFrame, quality: Iterable[Measure] = ()
) -> tuple[str, ...]:
    """Return what a practitioner should look at or change.

    Parameters
    ----------
    report : DataFrame of shape (n_classes, n_columns)
        `report_` of a resampler.
    candidates : DataFrame of shape (n_candidates, n_columns)
        Those that were generated, with the columns label, verdict and secret.
    quality : iterable of Measure, default=()
        Measures of the accepted texts.

    Returns
    -------
    tuple of str
        One sentence or two each, with the names of the classes; empty if all is well.

    Examples
    --------
    >>> report = pd.DataFrame(
    ...     {"n_before": [2], "n_target": [9], "n_candidates": 9, "n_accepted": 7, "n_generated": 7, "n_missing": 0},
    ...     index=["refund"],
    ... ).assign(stopped="filled")
    >>> advise(report, pd.DataFrame({"label": "refund", "verdict": ["accepted"] * 7 + ["rejected"] * 2, "secret": ""}))
    ('1 class had fewer than 5 rows, too few to learn from. Read what was generated, or write a few more rows by \
hand: refund.',)
    """
    short = report["n_missing"] > report["n_generated"]
    rejected, repeated = (_counts(report, candidates, verdict) for verdict in ("rejected", "duplicate"))
    little = (report["n_candidates"] >= _ENOUGH_CANDIDATES) & (
        report["n_accepted"] < _LOW_ACCEPTANCE * report["n_candidates"]
    )
    checks = [
        (
            (report["n_before"] < _FEW_ROWS) & (report["n_target"] > report["n_before"]),
            f"had fewer than {_FEW_ROWS} rows, too few to learn from. Read what was generated, or write a few "
            "more rows by hand",
        ),
        (
            short & (report["stopped"] == "time"),
            "got fewer than half of the wanted generated rows before max_minutes was used up. Raise max_minutes; with "
            "memory= the next run goes on from there",
        ),
        (
            short & ~report["stopped"].isin(["dry", "time"]),
            "got fewer than half of the wanted generated rows before max_candidates was used up. Raise "
            "max_candidates, or lower beta_low",
        ),
        (
            short & (report["stopped"] == "dry"),
            "got fewer than half of the wanted generated rows, because the labelers accepted almost no "
            "candidate. Describe the classes to the generator (label_descriptions), or lower beta_low",
        ),
        (
            little & (rejected >= repeated),
            "had few candidates accepted, and most of the others were rejected. Their names may not say what "
            "they are about, or they overlap with another class",
        ),
        (
            little & (rejected < repeated),
            "had few candidates accepted, and most of the others repeated a row or another candidate. Raise the "
            "generator's temperature, choose another generator, or lower beta_low",
        ),
        (
            report["n_target"] > _MANY_TIMES * report["n_before"],
            "grew more than tenfold. Whatever their few rows have by chance, the added rows have too",
        ),
    ]
    lines = [
        f"{counted(len(labels), 'class')} {line}: {listed(labels)}."
        for rows, line in checks
        if len(labels := report.index[rows])
    ]
    lines += _leaks(candidates)
    near = {measure.name: measure.share for measure in quality}.get("near-duplicates", 0.0)
    if near > _MOST_NEAR_DUPLICATES:
        lines.append(
            f"{100 * near:.0f} % of the accepted texts are near-duplicates of a real text and add little. Train the "
            "generator for fewer epochs, raise its temperature, lower beta_low, or refuse them "
            "(near_duplicates='refuse')."
        )
    return tuple(lines)


def _leaks(candidates: pd.DataFrame) -> list[str]:
    """Say how many texts carry over what should stay in a row, and what became of them."""
    carried = candidates[candidates["secret"] != ""]
    refused = carried["verdict"] == "leak"
    what = "carried over a long number, an e-mail address or a URL of a real text"
    lines = []
    for rows, done in ((carried[refused], "were refused"), (carried[~refused], "were not refused")):
        if len(rows):
            cure = (
                "" if done == "were refused" else " Read them, or refuse them (LeakGate(secrets='refuse'))."
            )
            classes = listed(rows["label"].drop_duplicates())
            lines.append(f"{counted(len(rows), 'accepted text')} {what} and {done}: {classes}.{cure}")
    return lines


def _counts(report: pd.DataFrame, candidates: pd.DataFrame, verdict: str) -> np.ndarray:
    """Return how many candidates of each class have a verdict, in the order of the report."""
    counts = Counter(candidates.loc[candidates["verdict"] == verdict, "label"])
    return np.array([counts[label] for label in report.index.tolist()], dtype=int)
