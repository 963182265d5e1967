"""Scores of rows with several labels, recomputed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skbalagen.metrics import multilabel_report, multilabel_scores

TRUE = pd.DataFrame({"joy": [1, 1, 1, 0], "fear": [0, 1, 0, 1], "awe": [0, 0, 0, 0]})
PRED = np.array([[1, 0, 0], [1, 0, 1], [0, 0, 0], [1, 1, 0]])
SCORE = np.array([[0.9, 0.1, 0.2], [0.8, 0.3, 0.6], [0.2, 0.4, 0.1], [0.7, 0.9, 0.1]])


def test_report_has_precision_recall_and_f1_of_each_label():
    report = multilabel_report(TRUE, PRED)
    assert report.index.tolist() == ["joy", "fear", "awe"]
    assert report["n"].tolist() == [3, 2, 0]
    assert report["precision"].tolist() == pytest.approx([2 / 3, 1, 0])
    assert report["recall"].tolist() == pytest.approx([2 / 3, 1 / 2, 0])
    assert report["f1"].tolist() == pytest.approx([2 / 3, 2 / 3, 0])
    assert "average_precision" not in report


def test_report_average_precision_is_the_mean_precision_at_each_true_row():
    report = multilabel_report(TRUE, PRED, SCORE)
    # joy by falling score: true, true, false, true; fear: true, false, true, false.
    joy, fear = (1 + 1 + 3 / 4) / 3, (1 + 2 / 3) / 2
    assert report["average_precision"].tolist() == pytest.approx([joy, fear, np.nan], nan_ok=True)


def test_report_labels_can_be_named_and_are_numbers_otherwise():
    assert multilabel_report(TRUE.to_numpy(), PRED).index.tolist() == [0, 1, 2]
    assert multilabel_report(TRUE.to_numpy(), PRED, labels=list("abc")).index.tolist() == list("abc")


def test_scores_are_macro_and_micro_f1():
    scores = multilabel_scores(TRUE, PRED, SCORE)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    # 3 right of 5 predicted and 5 true.
    assert scores["micro_f1"] == pytest.approx(3 / 5)
    assert scores["mean_average_precision"] == pytest.approx(((1 + 1 + 3 / 4) / 3 + (1 + 2 / 3) / 2) / 2)


def test_scores_by_size_average_over_the_labels_of_a_group():
    scores = multilabel_scores(TRUE, PRED, n_train=[2000, 100, 101])
    assert {name: value for name, value in scores.items() if name.startswith("macro_f1,")} == pytest.approx(
        {
            "macro_f1, 1 to 100 rows": 2 / 3,
            "macro_f1, 101 to 500 rows": 0,
            "macro_f1, 501 to 2000 rows": 2 / 3,
        }
    )
    assert "macro_f1, 2001 rows or more" in multilabel_scores(TRUE, PRED, n_train=[2001, 1, 1])


@pytest.mark.parametrize(
    ("true", "pred", "message"),
    [
        ([0, 1], PRED, "y_true must have one column of 0 and 1 per label"),
        (TRUE, PRED * 2, "y_pred must have one column of 0 and 1 per label"),
        (TRUE, PRED[:2], r"y_pred must have the shape of y_true, \(4, 3\), got \(2, 3\)"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "at least one row"),
    ],
)
def test_report_refuses_what_is_no_indicator_matrix(true, pred, message):
    with pytest.raises(ValueError, match=message):
        multilabel_report(true, pred)


def test_scores_refuse_scores_and_sizes_of_another_shape():
    with pytest.raises(ValueError, match=r"y_score must have the shape of y_true"):
        multilabel_scores(TRUE, PRED, SCORE[:, :2])
    with pytest.raises(ValueError, match=r"n_train must hold one number of rows per label, shape \(3,\)"):
        multilabel_scores(TRUE, PRED, n_train=[1, 2])
