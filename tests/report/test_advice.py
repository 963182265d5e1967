"""Each piece of advice comes when it is due, and not before."""

from __future__ import annotations

import pandas as pd
import pytest

from skbalagen.report.advice import advise
from skbalagen.report.quality import Measure
from tests.report.conftest import candidate_rows

FINE = {
    "n_before": 10,
    "n_target": 40,
    "n_candidates": 60,
    "n_accepted": 40,
    "n_generated": 30,
    "n_missing": 0,
    "stopped": "filled",
}


def report(**classes):
    """Return a report of classes that differ from a class that did well."""
    return pd.DataFrame([FINE | given for given in classes.values()], index=list(classes))


def none():
    return candidate_rows([])


def test_no_advice_where_all_is_well():
    assert advise(report(refund={}, parcel={"n_before": 500, "n_target": 500}), none()) == ()


@pytest.mark.parametrize(
    ("due", "not_due", "line"),
    [
        (
            {"n_before": 4},
            {"n_before": 5},
            "1 class had fewer than 5 rows, too few to learn from. Read what was generated, or write a few more "
            "rows by hand: bad.",
        ),
        (
            {"n_generated": 14, "n_missing": 16, "stopped": "budget"},
            {"n_generated": 15, "n_missing": 15, "stopped": "budget"},
            "1 class got fewer than half of the wanted generated rows before max_candidates was used up. Raise "
            "max_candidates, or lower beta_low: bad.",
        ),
        (
            {"n_generated": 14, "n_missing": 16, "stopped": "time"},
            {"n_generated": 15, "n_missing": 15, "stopped": "time"},
            "1 class got fewer than half of the wanted generated rows before max_minutes was used up. Raise max_minutes; "
            "with memory= the next run goes on from there: bad.",
        ),
        (
            {"n_generated": 1, "n_missing": 29, "stopped": "dry"},
            {"n_generated": 15, "n_missing": 15, "stopped": "dry"},
            "1 class got fewer than half of the wanted generated rows, because the labelers accepted almost no "
            "candidate. Describe the classes to the generator (label_descriptions), or lower beta_low: bad.",
        ),
        (
            {"n_target": 101},
            {"n_target": 100},
            "1 class grew more than tenfold. Whatever their few rows have by chance, the added rows have too: "
            "bad.",
        ),
    ],
)
def test_advice_names_the_classes_that_it_is_for(due, not_due, line):
    assert advise(report(good={}, bad=due), none()) == (line,)
    assert advise(report(good={}, bad=not_due), none()) == ()


def test_few_rows_matter_only_in_classes_that_are_filled():
    assert advise(report(small={"n_before": 2, "n_target": 2}), none()) == ()


def judged(n_rejected, n_repeated):
    rows = [("bad", "rejected", "no", [False], 0.1)] * n_rejected
    return candidate_rows(rows + [("bad", "duplicate", "again", [False], None)] * n_repeated)


@pytest.mark.parametrize(
    ("n_rejected", "n_repeated", "line"),
    [
        (25, 24, "most of the others were rejected. Their names may not say what they are about"),
        (24, 25, "most of the others repeated a row or another candidate. Raise the generator's temperature"),
    ],
)
def test_low_acceptance_is_explained_by_what_became_of_most(n_rejected, n_repeated, line):
    candidates = judged(n_rejected, n_repeated)
    (said,) = advise(report(good={}, bad={"n_accepted": 11}), candidates)
    assert said.startswith("1 class had few candidates accepted, and " + line)
    assert said.endswith(": bad.")
    assert advise(report(good={}, bad={"n_accepted": 12}), candidates) == ()


def test_acceptance_is_judged_after_thirty_candidates():
    candidates = judged(20, 0)
    assert advise(report(bad={"n_candidates": 29, "n_accepted": 0}), candidates) == ()
    assert len(advise(report(bad={"n_candidates": 30, "n_accepted": 0}), candidates)) == 1


def test_leaks_are_told_with_what_became_of_them():
    rows = [(c, "leak", "call 01715550199", [True], 0.9) for c in ("refund", "refund", "parcel")]
    rows += [("refund", "accepted", "see x.org/a", [True], 0.9), ("parcel", "accepted", "hello", [True], 0.9)]
    candidates = candidate_rows(rows)
    candidates.loc[3, "secret"] = "URL"
    what = "carried over a long number, an e-mail address or a URL of a real text and were"
    assert advise(report(refund={}, parcel={}), candidates) == (
        f"3 accepted texts {what} refused: refund, parcel.",
        f"1 accepted text {what} not refused: refund. Read them, or refuse them (LeakGate(secrets='refuse')).",
    )


def test_long_lists_of_classes_are_cut():
    (line,) = advise(report(**{f"class_{i}": {"n_target": 200} for i in range(11)}), none())
    assert line.startswith("11 classes grew more than tenfold.")
    assert line.endswith("class_6, class_7 and 3 more.")


@pytest.mark.parametrize(("share", "n_lines"), [(0.3, 0), (0.31, 1)])
def test_near_duplicates_are_advised_against(share, n_lines):
    quality = [Measure("novelty", 0.9, ""), Measure("near-duplicates", share, "")]
    lines = advise(report(refund={}), none(), quality)
    assert len(lines) == n_lines
    if lines:
        assert lines[0].startswith("31 % of the accepted texts are near-duplicates of a real text")
