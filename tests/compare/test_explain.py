"""The table and the sentences about a comparison."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from skbalagen.compare.explain import explain, remedy_table


def fitted(chosen=0, n_single=0):
    results = {
        "remedy": np.array(["adjusted", "none", "model"], dtype=object),
        "tried": np.array([True, True, False]),
        "note": np.array(["", "", "max_minutes=1"], dtype=object),
        "mean_test_score": np.array([0.81, 0.62, np.nan]),
        "se_test_score": np.array([0.02, 0.03, np.nan]),
        "behind": np.array([0.0, 0.19, np.nan]) if chosen == 0 else np.array([0.004, 0.0, np.nan]),
        "se_behind": np.array([0.0, 0.05, np.nan]) if chosen == 0 else np.array([0.01, 0.0, np.nan]),
        "n_rows_scored": np.array([120, 120, 0]),
        "mean_fit_time": np.array([0.25, 0.2, np.nan]),
    }
    return SimpleNamespace(cv_results_=results, best_index_=0, n_splits_=6, n_single_rows_=n_single)


def test_one_line_per_remedy_with_interval_and_time():
    lines = remedy_table(fitted()).splitlines()
    assert len(lines) == 4
    assert "81.0 ±  3.9" in lines[1]
    assert "best" in lines[1]
    assert lines[1].endswith("0.2  <- chosen")
    assert "19.0 ± 9.8" in lines[2]
    assert lines[3].startswith("model     not tried: max_minutes=1")


def test_the_choice_is_said_with_its_gain_and_what_was_left_out():
    text = explain(fitted(n_single=2))
    assert text.startswith(
        "Chosen: adjusted. Estimated macro accuracy 81.0 %, from 6 folds and 120 scored rows."
    )
    assert "Without a remedy it is 19.0 points lower." in text
    assert "1 remedy not tried (max_minutes=1): model." in text
    assert "2 classes of one row could not be scored" in text


def test_a_choice_within_one_standard_error_is_said():
    text = explain(fitted(chosen=1))
    assert "none scored 0.4 points more, which is within one standard error (1.0)" in text


def test_a_remedy_that_was_not_tried_is_not_called_the_best():
    assert "scored" not in explain(fitted()).split("Estimated")[1].split(".", 2)[2]
