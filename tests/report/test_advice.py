"""Each piece of advice comes when it is due, and not before."""

from __future__ import annotations

import pandas as pd
import pytest

from skbalagen.report.advice import advise
from skbalagen.report.quality import Measure

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


def test_no_advice_where_all_is_well():
    assert advise(report(refund={}, parcel={"n_before": 500, "n_target": 500})) == ()


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
            {"n_generated": 1, "n_missing": 29, "stopped": "dry"},
            {"n_generated": 15, "n_missing": 15, "stopped": "dry"},
            "1 class got fewer than half of the wanted generated rows, because the labelers accepted almost no "
            "candidate. Describe the classes to the generator (label_descriptions), or lower beta_low: bad.",
        ),
        (
            {"n_accepted": 11},
            {"n_accepted": 12},
            "1 class had more than four in five candidates rejected or repeated. Their names may not say what "
            "they are about, or they overlap with another class: bad.",
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
    assert advise(report(good={}, bad=due)) == (line,)
    assert advise(report(good={}, bad=not_due)) == ()


def test_few_rows_matter_only_in_classes_that_are_filled():
    assert advise(report(small={"n_before": 2, "n_target": 2})) == ()


def test_acceptance_is_judged_after_thirty_candidates():
    assert advise(report(few={"n_candidates": 29, "n_accepted": 0})) == ()
    assert len(advise(report(enough={"n_candidates": 30, "n_accepted": 0}))) == 1


def test_long_lists_of_classes_are_cut():
    (line,) = advise(report(**{f"class_{i}": {"n_target": 200} for i in range(11)}))
    assert line.startswith("11 classes grew more than tenfold.")
    assert line.endswith("class_6, class_7 and 3 more.")


@pytest.mark.parametrize(("share", "n_lines"), [(0.3, 0), (0.31, 1)])
def test_near_duplicates_are_advised_against(share, n_lines):
    quality = [Measure("novelty", 0.9, ""), Measure("near-duplicates", share, "")]
    lines = advise(report(refund={}), quality)
    assert len(lines) == n_lines
    if lines:
        assert lines[0].startswith("31 % of the accepted texts are near-duplicates of a real text")
