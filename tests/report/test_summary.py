"""The one object that the page, the plots and the notebook render."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen.report.counts import class_parts, totals
from skbalagen.report.summary import summarise, summary_html
from tests.report.conftest import TAG, candidate_rows, make_resampled


def test_summary_is_what_the_tables_say(resampled, X):
    summary = summarise(resampled, X)
    assert summary.totals == totals(resampled)
    assert summary.band == (9.0, 9.0)
    assert summary.n_filled == 3
    pd.testing.assert_frame_equal(summary.parts, class_parts(resampled.report_))
    assert list(summary.classes) == [
        *("before", "target", "candidates", "accepted", "near-duplicates", "leaks", "generated"),
        *("copied", "after"),
    ]
    assert summary.classes.loc["fare"].tolist() == [6, 9, 7, 4, 0, 0, 3, 0, 9]
    assert summary.shares["rejected"] == pytest.approx(3 / 18)
    assert [measure.name for measure in summary.quality] == [
        *("novelty", "near-duplicates", "diversity", "fidelity", "agreement"),
    ]
    assert summary.n_written == len(summary.points) == 15
    assert any(line.startswith("2 classes had fewer than 5 rows") for line in summary.warnings)


def test_summary_without_the_real_texts_has_no_points(resampled):
    summary = summarise(resampled)
    assert summary.points is None
    assert [measure.name for measure in summary.quality] == [
        *("near-duplicates", "diversity", "fidelity", "agreement"),
    ]


def test_summary_cannot_be_changed(resampled):
    summary = summarise(resampled)
    with pytest.raises(FrozenInstanceError):
        summary.n_filled = 0


def test_summary_leaves_the_tables_as_they_are(resampled, X):
    report, candidates = resampled.report_.copy(), resampled.candidates_.copy()
    summarise(resampled, X)
    pd.testing.assert_frame_equal(resampled.report_, report)
    pd.testing.assert_frame_equal(resampled.candidates_, candidates)


def test_histogram_counts_each_judged_candidate_once(resampled):
    histogram = summarise(resampled).histogram
    assert histogram.edges == pytest.approx(tuple(np.linspace(0, 1, 21)))
    judged = resampled.candidates_.dropna(subset="confidence")
    assert sum(histogram.accepted) + sum(histogram.rejected) == len(judged) == 12
    assert histogram.accepted[-1] == 1  # confidence 1.0 lies in the last bin
    assert histogram.rejected[6] == 3  # 0.30 to 0.35


def test_without_labelers_there_is_no_histogram():
    rows = [("a", "accepted", f"a text {i}", [], None) for i in range(3)]
    summary = summarise(make_resampled({"a": (1, 4, 1, 0), "b": (4, 4, 4, 0)}, rows))
    assert summary.histogram is None
    assert summary.examples[0].accepted == tuple((f"a text {i}", ()) for i in range(3))


def test_examples_are_the_first_of_each_class_that_had_candidates():
    rows = [("a", "accepted", f"yes {i}", [True], 0.9) for i in range(8)]
    rows += [("b", "rejected", "no", [False], 0.1), ("a", "rejected", "not a", [False], 0.2)]
    rows += [("a", "duplicate", "again", [False], None)]
    summary = summarise(make_resampled({"b": (1, 2, 1, 1), "a": (2, 10, 2, 0), "c": (12, 12, 12, 0)}, rows))
    b, a = summary.examples
    assert (b.label, b.accepted, b.rejected) == ("b", (), (("no", (False,)),))
    assert (a.label, a.rejected) == ("a", (("not a", (False,)),))
    assert [text for text, _ in a.accepted] == [f"yes {i}" for i in range(6)]
    assert summary.n_unshown == 0


def test_labels_that_are_numbers_have_examples():
    rows = [(np.int64(3), "accepted", "three", [True], 0.9)]
    summary = summarise(make_resampled({3: (1, 2, 1, 0), 4: (2, 2, 2, 0)}, rows))
    assert [(example.label, len(example.accepted)) for example in summary.examples] == [("3", 1)]


def test_examples_of_many_classes_take_one_pass(monkeypatch):
    labels = [f"class {i}" for i in range(2000)]
    rows = [(label, "accepted", f"{label} text", [True, True], 0.9) for label in labels]
    resampled = make_resampled(dict.fromkeys(labels, (1, 2, 1, 0)), rows)
    walks = []
    tolist = pd.Series.tolist

    def counted(series):
        walks.append(series.name)
        return tolist(series)

    monkeypatch.setattr(pd.Series, "tolist", counted)
    summary = summarise(resampled)
    assert walks.count("label") == walks.count("verdict") == walks.count("votes") == 1
    assert len(summary.examples) == 500
    assert summary.n_unshown == 1500
    assert len(summary.classes) == 2000


def test_unlabeled_texts_are_a_column_and_no_examples(X):
    found = candidate_rows([("a", "accepted", "found text", [True], 0.8)], source="unlabeled")
    made = candidate_rows([("a", "accepted", "made text", [True], 0.9)])
    resampled = make_resampled({"a": (3, 5, 3, 0), "b": (20, 20, 20, 0)}, pd.concat([found, made]))
    summary = summarise(resampled, X)
    assert summary.classes.loc["a", ["generated", "unlabeled", "after"]].tolist() == [1, 1, 5]
    assert summary.points["text"].tolist() == ["made text"]
    assert [text for text, _ in summary.examples[0].accepted] == ["made text"]
    assert sum(summary.histogram.accepted) == 2


def test_a_resampler_that_had_nothing_to_do_has_a_summary():
    summary = summarise(make_resampled({"a": (3, 3, 3, 0), "b": (4, 4, 4, 0)}), ["a text"] * 7)
    assert (summary.n_filled, summary.shares, summary.quality, summary.warnings) == (0, {}, (), ())
    assert (summary.histogram, summary.examples, summary.n_written, len(summary.points)) == (None, (), 0, 0)


def test_the_text_column_of_a_table_is_read(resampled, X):
    table = pd.DataFrame({"id": range(len(X)), "said": X})
    expected = summarise(resampled, X).points
    resampled.text_column = "said"
    pd.testing.assert_frame_equal(summarise(resampled, table).points, expected)


def test_a_table_of_numbers_needs_no_texts():
    resampled = make_resampled({"a": (1, 2, 1, 1), "b": (2, 2, 2, 0)})
    assert len(summarise(resampled, np.zeros((3, 5))).points) == 0


def test_blank_candidates_have_failed_and_are_no_points(X):
    rows = [("a", "failed", "  ", [False], None), ("a", "accepted", "a text", [True], 0.9)]
    summary = summarise(make_resampled({"a": (3, 5, 3, 1), "b": (20, 20, 20, 0)}, rows), X)
    assert summary.points["text"].tolist() == ["a text"]
    assert summary.shares["failed"] == 0.5


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pd.DataFrame])
def test_real_texts_of_another_data_set_are_refused(resampled, X, kind):
    with pytest.raises(
        ValueError, match=r"X must be the data that was resampled, expected 23 rows, got 22\."
    ):
        summarise(resampled, kind(X[1:]))


def test_summary_needs_a_resampler_that_has_resampled(resampled):
    del resampled.report_
    for function in (summarise, summary_html):
        with pytest.raises(NotFittedError, match=r"Call fit_resample\(X, y\) first"):
            function(resampled)


def cells(page: str) -> dict[str, str]:
    """Return the table of the notebook as {name: value}."""
    return dict(zip(re.findall("<th>(.*?)</th>", page), re.findall("<td>(.*?)</td>", page), strict=True))


def test_the_notebook_shows_totals_and_band(resampled):
    page = summary_html(resampled)
    assert cells(page) == {name: str(n) for name, n in totals(resampled).items()} | {
        "B_low": "9",
        "B_high": "9",
    }
    assert 'class="skbalagen-summary"' in page
    assert TAG not in page


def test_the_notebook_leaves_out_a_band_that_does_not_exist():
    shown = cells(summary_html(make_resampled({"a": (1, 1300, 1, 1299), "b": (1300, 1300, 1300, 0)})))
    assert shown["copied"] == "1,299"
    assert "B_low" not in shown
