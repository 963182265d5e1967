"""Resamplers made by hand: the two tables that a report reads, without a fit."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

TAG = "<script>alert(1)</script>"


class Resampled:
    """Stands in for a BalaGenResampler after fit_resample; it has what the report reads and no more."""

    def __init__(self, report, candidates, band=None, agreement=(), text_column=None):
        self.report_ = report
        self.report_.attrs["labeler_agreement"] = agreement
        self.candidates_ = candidates
        self.band_ = band
        self.text_column = text_column


def candidate_rows(rows, source="generated"):
    """Return `candidates_` from (label, verdict, text, votes, confidence)."""
    columns = ["label", "verdict", "text", "votes", "confidence"]
    table = pd.DataFrame(list(rows), columns=columns).astype({"confidence": float}).assign(source=source)
    verdict = table["verdict"]
    return table.assign(
        near_duplicate_of=np.where(verdict == "near-duplicate", 0, -1),
        secret=np.where(verdict == "leak", "number", "").astype(object),
    )


def make_resampled(classes, candidates=(), **given):
    """Return a fake whose report_ counts the candidates.

    Parameters
    ----------
    classes : dict of {label: (n_before, n_target, n_kept, n_copied)}
    candidates : list of tuple, or DataFrame
        As for :func:`candidate_rows`.
    """
    if not isinstance(candidates, pd.DataFrame):
        candidates = candidate_rows(candidates)
    counts = Counter(zip(candidates["source"], candidates["label"], candidates["verdict"], strict=True))
    lines = []
    for label, (n_before, n_target, n_kept, n_copied) in classes.items():
        verdicts = {v: n for (s, c, v), n in counts.items() if (s, c) == ("generated", label)}
        n_generated = verdicts.get("accepted", 0)
        line = {
            "n_before": n_before,
            "n_target": n_target,
            "n_kept": n_kept,
            "n_candidates": sum(verdicts.values()),
            "n_accepted": n_generated + verdicts.get("surplus", 0),
            "n_near_duplicates": verdicts.get("near-duplicate", 0),
            "n_leaks": verdicts.get("leak", 0),
            "n_generated": n_generated,
            "n_copied": n_copied,
        }
        if (candidates["source"] == "unlabeled").any():
            line["n_unlabeled"] = counts["unlabeled", label, "accepted"]
        n_after = n_kept + n_generated + n_copied + line.get("n_unlabeled", 0)
        n_missing = max(n_target - n_before, 0) - (n_after - n_kept - n_copied) if verdicts else 0
        stopped = "" if not verdicts else "budget" if n_missing else "filled"
        lines.append(line | {"n_after": n_after, "n_missing": n_missing, "stopped": stopped})
    report = pd.DataFrame(lines, index=pd.Index(list(classes), name="class"))
    return Resampled(report, candidates, **given)


@pytest.fixture
def X():
    """The real texts of `resampled`: 12 + 6 + 3 + 2 rows."""
    sizes = {"flight": 12, "fare": 6, "meal": 3, TAG: 2}
    return [f"{label} question number {i}" for label, n in sizes.items() for i in range(n)]


@pytest.fixture
def resampled():
    """Sizes 2, 3, 6 and 12 to 9 each: 7 wanted of the first (named like a tag), 6 of meal, 3 of fare.

    Each of the three has candidates of every verdict, judged by two labelers. Copies fill what is missing.
    """
    classes = {TAG: (2, 9, 2, 4), "meal": (3, 9, 3, 4), "fare": (6, 9, 6, 0), "flight": (12, 9, 9, 0)}
    rows = []
    for label, n_accepted in ((TAG, 3), ("meal", 2), ("fare", 3)):
        rows += [
            (label, "accepted", f"{label} number {i} is new", [True, True], 0.9 - 0.1 * i)
            for i in range(n_accepted)
        ]
        rows.append((label, "rejected", f"{label} is not this at all", [True, False], 0.32))
        rows.append((label, "duplicate", f"{label} question number 1", [False, False], np.nan))
        rows.append((label, "failed", None, [False, False], np.nan))
    rows.insert(-3, ("fare", "surplus", "fare is one too many", [True, True], 1.0))
    return make_resampled(classes, rows, band=(9.0, 9.0), agreement=[[1.0, 0.75], [0.75, 1.0]])
