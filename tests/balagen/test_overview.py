"""The overview of a data set and the plan of a resampler, line by line."""

from __future__ import annotations

import pytest

from skbalagen import BalaGenResampler
from skbalagen.balagen.overview import overview, plan
from tests.fakes import NumberedGenerator

TEXTS = [
    "sunny day",
    "rain and wind",
    "rain  AND wind",
    "wind",
    "one two three four",
    "hello",
    "hello",
    "snow",
]
LABELS = ["weather", "weather", "weather", "weather", "number", "greeting", "weather", "weather"]


def test_overview_has_one_row_per_class_smallest_first():
    lines = overview(TEXTS, LABELS).splitlines()
    assert lines[0].split() == ["rows", "share", "%", "words", "per", "text"]
    assert [line.split() for line in lines[1:4]] == [
        ["greeting", "1", "12.5", "1.0"],
        ["number", "1", "12.5", "4.0"],
        ["weather", "6", "75.0", "1.8"],
    ]


def test_overview_counts_rows_repeats_and_texts_of_several_labels():
    lines = overview(TEXTS, LABELS).splitlines()
    assert lines[5] == "8 rows, 3 classes, largest to smallest 6 : 1, balance ratio 0.67 (1 is balanced)"
    assert lines[6] == "2 texts repeat an earlier one (ignoring case and spaces); 1 text has several labels"


def test_overview_names_classes_that_are_too_small():
    lines = overview(TEXTS, LABELS).splitlines()
    assert lines[7] == "2 classes have fewer than 5 rows, too few to learn to write: greeting, number"
    assert "fewer than" not in overview([f"text {i}" for i in range(10)], [0, 1] * 5)


def test_overview_has_one_row_per_beta():
    texts = [f"text {i}" for i in range(16)]
    lines = overview(texts, ["a"] + ["b"] * 5 + ["c"] * 10).splitlines()
    header = lines.index("beta_low  B_low  classes to fill  rows to add")
    rows = [line.split() for line in lines[header + 1 :]]
    assert rows == [
        ["30", "5", "1", "4"],
        ["50", "10", "2", "14"],
        ["70", "10", "2", "14"],
        ["80", "10", "2", "14"],
        ["90", "10", "2", "14"],
        ["95", "10", "2", "14"],
        ["100", "10", "2", "14"],
    ]


def test_overview_accepts_blank_texts_and_labels_that_are_numbers():
    lines = overview(["", "a b", "c"], [1, 0, 0]).splitlines()
    assert [line.split() for line in lines[1:3]] == [["1", "1", "33.3", "0.0"], ["0", "2", "66.7", "1.5"]]


def test_overview_names_the_row_that_is_no_text():
    with pytest.raises(TypeError, match=r"got None \(NoneType\) in row 1"):
        overview(["a", None], ["x", "y"])


Y = ["a"] * 2 + ["b"] * 6 + ["c"] * 9
X = [f"{label} row {i}" for i, label in enumerate(Y)]


def planned(**parameters):
    resampler = BalaGenResampler(**({"generator": NumberedGenerator(), "labelers": []} | parameters))
    return plan(resampler.fit(X, Y), Y).splitlines()


def test_plan_shows_the_band_the_classes_that_change_and_the_budget():
    assert planned(beta_low=33, beta_high=33) == [
        "Classes below 6 rows are filled, classes above 6 rows are thinned.",
        "  a: 2 -> 6",
        "  c: 9 -> 6",
        "4 rows to add to 1 class, 3 to remove",
        "At most 27 candidates would be generated.",
    ]


def test_plan_of_a_dict_has_no_band():
    assert planned(sampling_strategy={"a": 3}, max_candidates=0.5) == [
        "  a: 2 -> 3",
        "1 row to add to 1 class, 0 to remove",
        "At most 4 candidates would be generated.",
    ]


def test_plan_of_copies_or_of_nothing_needs_no_candidates():
    assert planned(generator="sample-copy")[-1] == "10 rows to add to 2 classes, 0 to remove"
    assert planned(beta_low=0)[-1] == "0 rows to add to 0 classes, 0 to remove"


def test_plan_agrees_with_what_the_resampler_then_does():
    resampler = BalaGenResampler(generator=NumberedGenerator(), labelers=[], beta_low=66, random_state=0)
    lines = plan(resampler.fit(X, Y), Y).splitlines()
    resampler.fit_resample(X, Y)
    report = resampler.report_
    added = int((report["n_after"] - report["n_before"]).clip(lower=0).sum())
    assert lines[-2].startswith(
        f"{added} rows to add to {int((report['n_after'] > report['n_before']).sum())} class"
    )
    assert report["n_candidates"].sum() <= int(lines[-1].split()[2])
