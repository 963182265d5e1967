"""Rows and candidates are counted as the two tables have them."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen.report.counts import check_resampled, class_parts, fate, fate_shares, totals
from tests.report.conftest import TAG, candidate_rows, make_resampled


def test_parts_add_up_to_before_and_after(resampled):
    parts, report = class_parts(resampled.report_), resampled.report_
    assert list(parts) == ["kept", "generated", "copied", "removed"]
    assert (parts["kept"] + parts["removed"] == report["n_before"]).all()
    assert (parts[["kept", "generated", "copied"]].sum(axis=1) == report["n_after"]).all()
    assert parts.loc["flight"].to_dict() == {"kept": 9, "generated": 0, "copied": 0, "removed": 3}
    assert parts.loc[TAG].to_dict() == {"kept": 2, "generated": 3, "copied": 4, "removed": 0}


def test_parts_show_unlabeled_texts_apart_from_generated_rows():
    generated = candidate_rows([("a", "accepted", "a text", [], None)] * 2)
    found = candidate_rows([("a", "accepted", "a find", [], None)] * 3, source="unlabeled")
    resampled = make_resampled({"a": (1, 6, 1, 0), "b": (6, 6, 6, 0)}, pd.concat([found, generated]))
    parts = class_parts(resampled.report_)
    assert list(parts) == ["kept", "generated", "unlabeled", "copied", "removed"]
    assert parts.loc["a"].tolist() == [1, 2, 3, 0, 0]
    assert totals(resampled)["unlabeled"] == 3
    assert totals(resampled)["rows after"] == 12


def test_fate_names_each_verdict():
    verdicts = [
        "accepted",
        "surplus",
        "malformed",
        "leak",
        "near-duplicate",
        "rejected",
        "duplicate",
        "failed",
    ]
    fates = ["accepted", "accepted", *["refused"] * 3, "rejected", "repeated", "failed"]
    assert fate(pd.DataFrame({"verdict": verdicts})).tolist() == fates


def test_fate_of_no_candidates_is_empty():
    none = candidate_rows([])
    assert fate(none).tolist() == []
    assert fate_shares(none) == {}


def test_shares_of_the_fates_add_up_to_one(resampled):
    shares = fate_shares(resampled.candidates_)
    n = len(resampled.candidates_)
    assert n == 18
    expected = {"accepted": 9 / n, "refused": 0, "rejected": 3 / n, "repeated": 3 / n, "failed": 3 / n}
    assert shares == pytest.approx(expected)


def test_totals_are_sums_over_the_classes(resampled):
    assert totals(resampled) == {
        "rows before": 23,
        "rows after": 36,
        "generated": 8,
        "copied": 8,
        "removed": 3,
        "candidates": 18,
        "rejected": 3,
        "near-duplicates": 0,
        "leaks": 0,
        "missing": 8,
    }
    assert all(type(n) is int for n in totals(resampled).values())


def test_a_resampler_without_a_report_is_refused(resampled):
    check_resampled(resampled)
    del resampled.report_
    with pytest.raises(
        NotFittedError,
        match=r"This Resampled has not resampled yet: expected .*Call fit_resample\(X, y\) first",
    ):
        check_resampled(resampled)
