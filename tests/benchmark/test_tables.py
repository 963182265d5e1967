"""Tables of the benchmark, by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from skbalagen.benchmark import (
    as_markdown,
    best_single,
    chosen_on_validation,
    comparison_table,
    read_rows,
    size_table,
    summary_table,
)


def test_summary_table_by_hand():
    rows = [
        {"task": t, "method": m, "classifier": "tfidf", "seed": s, "macro": v}
        for t, m, s, v in [
            ("a", "none", 0, 0.5),
            ("a", "none", 1, 0.7),
            ("a", "ros", 0, 0.6),
            ("a", "ros", 1, 0.9),
            ("b", "none", 0, 0.2),
            ("b", "ros", 0, 0.1),
            ("b", "late", 0, 0.1),
            ("a", "short", 0, 0.9),
            ("b", "short", 0, 0.9),
        ]
    ]
    table = summary_table(rows, classifier="tfidf")
    assert table.loc["none"].tolist() == pytest.approx([60, 20, 40, 1])
    assert table.loc["ros"].tolist() == pytest.approx([75, 10, 42.5, 1])
    assert np.isnan(table.loc["late", "mean"])
    assert table.loc["short", ["b", "seeds"]].tolist() == pytest.approx([90, 1])
    assert table.loc["short", ["a", "mean"]].isna().all()  # it lacks a seed that others have
    differences = summary_table(rows, classifier="tfidf", baseline="none")
    assert differences.loc["ros"].tolist()[:3] == pytest.approx([15, -10, 2.5])
    assert summary_table(rows, classifier="other").empty
    assert summary_table(rows, classifier="tfidf", measure="brier").empty


def comparable_rows():
    """Return two seeds of a task of four test rows."""
    return [
        {
            "task": "a",
            "method": method,
            "classifier": "tfidf",
            "seed": seed,
            "macro": macro,
            "correct": correct,
            "class_accuracy": {"big": 1.0, "small": macro},
            "sizes": {"big": 60, "small": 5 + seed},
        }
        for method, seed, macro, correct in [
            ("none", 0, 0.5, "1100"),
            ("none", 1, 0.5, "1010"),
            ("ros", 0, 0.6, "1110"),
            ("ros", 1, 0.7, "1010"),
            ("smote", 0, 0.9, "1111"),  # lacks a seed
            ("balagen", 0, 0.9, "1111"),
            ("balagen", 1, 0.6, "1101"),
        ]
    ]


def test_comparison_table_by_hand():
    table = comparison_table(
        comparable_rows(), classifier="tfidf", method="balagen", baselines=["none", "ros", "smote"]
    )
    row = table.loc["a"]
    assert (row["baseline"], row["seeds"], row["better"], row["worse"]) == ("ros", 2, 1, 1)
    assert [row["best"], row["mean"], row["difference"]] == pytest.approx([65, 75, 10])
    assert row["se"] == pytest.approx(20)  # differences of 30 and -10
    assert row["error removed"] == pytest.approx(50)  # 50 without, 25 left
    # Right alone: rows 4, 6 and 8 for the method, row 7 for the baseline; two-sided binomial of 3 in 4.
    assert row["McNemar"] == pytest.approx(0.625)
    assert table.loc["mean of tasks", "difference"] == pytest.approx(10)
    assert comparison_table([], classifier="tfidf", method="balagen", baselines=["none"]).empty


def test_tuned_row_is_the_best_on_the_validation_rows():
    def row(method, seed, valid, macro):
        return {"task": "t", "classifier": "tfidf", "method": method, "seed": seed, "valid_macro": valid} | {
            "macro": macro
        }

    rows = [row("a", 0, 0.5, 0.9), row("b", 0, 0.6, 0.1), row("a", 1, 0.7, 0.2), row("b", 1, 0.7, 0.8)]
    rows += [row("a", 2, 0.1, 0.1), row("other", 0, 1.0, 1.0)]
    tuned = chosen_on_validation(rows, methods=["a", "b"], name="tuned")
    assert [(r["seed"], r["method"], r["chosen"], r["macro"]) for r in tuned] == [
        (0, "tuned", "b", 0.1),
        (1, "tuned", "a", 0.2),
    ]


def test_size_table_by_hand():
    table = size_table(comparable_rows(), classifier="tfidf", methods=["none", "balagen"])
    assert table.columns.tolist() == ["1-5", "6-10", "51-100"]
    assert table.loc["classes"].tolist() == [1, 1, 2]
    assert "| classes | 1 | 1 | 2 |" in as_markdown(table)
    assert table.loc["balagen"].tolist() == pytest.approx([90, 60, 100])
    assert "ros" not in table.index
    # SMOTE lacks a seed, and with it one of the small classes.
    assert size_table(comparable_rows(), classifier="tfidf").loc["smote"].isna().tolist() == [
        False,
        True,
        True,
    ]


def test_the_best_single_method_has_the_highest_mean_over_tasks():
    def row(task, method, macro):
        return {"task": task, "classifier": "tfidf", "method": method, "seed": 0, "macro": macro}

    rows = [row("a", "none", 0.9), row("b", "none", 0.1), row("a", "ros", 0.6), row("b", "ros", 0.6)]
    rows += [row("a", "late", 1.0), row("a", "other", 1.0), row("b", "other", 1.0)]
    assert best_single(rows, classifier="tfidf", methods=["none", "ros", "late"]) == "ros"
    assert best_single(rows, classifier="tfidf", methods=["late"]) == "late"  # of its only task
    assert best_single(rows, classifier="encoder", methods=["none"]) is None


def test_rows_that_were_cut_off_are_left_out(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"task": "a"}) + '\n{"task": "b", "met')
    assert read_rows(tmp_path / "rows.jsonl") == [{"task": "a"}]


def test_markdown_has_whole_numbers_and_empty_cells():
    table = pd.DataFrame(
        {"mean": [1.25, np.nan], "seeds": [5, 4], "baseline": ["ros", "eda"]}, index=["a", "b"]
    )
    assert as_markdown(table).splitlines()[2:] == ["| a | 1.2 | 5 | ros |", "| b |  | 4 | eda |"]
