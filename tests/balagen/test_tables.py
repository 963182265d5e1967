"""The tables of a fit, built from streams by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skbalagen.balagen.candidates import Stream
from skbalagen.balagen.tables import candidate_table, class_table

VOTES = {
    "accepted": [True, True],
    "surplus": [True, True],
    "leak": [True, True],
    "near-duplicate": [True, True],
    "rejected": [True, False],
    "malformed": [False, False],
    "duplicate": [False, False],
    "failed": [False, False],
}


def stream(label, quota, *verdicts, n_labelers=2):
    """Return a stream of texts with these verdicts; duplicates and failures were not judged."""
    judged = [verdict not in ("malformed", "duplicate", "failed") for verdict in verdicts]
    return Stream(
        quota=quota,
        texts=[None if v == "failed" else f"{label} text {i}" for i, v in enumerate(verdicts)],
        votes=[np.array(VOTES[v][:n_labelers]) for v in verdicts],
        confidence=[0.1 * i if known else float("nan") for i, known in enumerate(judged)],
        verdicts=list(verdicts),
        reason=["words" if v == "malformed" else "" for v in verdicts],
        near_duplicate_of=[7 if v == "near-duplicate" else -1 for v in verdicts],
        secret=["URL" if v == "leak" else "" for v in verdicts],
    )


def origins(label, n_candidates):
    return [f"writer of {label}"] * n_candidates


@pytest.fixture
def streams():
    return {
        "city": stream("city", 4, "accepted", "rejected", "duplicate", "failed", "accepted"),
        "meal": stream("meal", 2, "accepted", "accepted", "surplus"),
    }


COLUMNS = ["text", "label", "votes", "confidence", "verdict", "reason", "near_duplicate_of", "secret"]
COLUMNS += ["source", "generator"]
SIZES = {"city": 2, "meal": 5, "fare": 7, "flight": 12}
TARGETS = {"city": 7, "meal": 7, "fare": 7, "flight": 7}
KEPT = {"city": 2, "meal": 5, "fare": 7, "flight": 7}


def test_class_table_has_one_row_per_class_in_the_order_of_the_sizes(streams):
    table = class_table(SIZES, TARGETS, KEPT, {"city": 3}, streams)
    assert table.index.tolist() == list(SIZES)
    assert table.index.name == "class"
    assert list(table) == [
        *("n_before", "n_target", "n_kept", "n_candidates", "n_malformed", "n_accepted", "n_near_duplicates"),
        "n_leaks",
        *("n_generated", "n_copied", "n_after", "n_missing", "stopped", "agreement"),
    ]


def test_class_table_counts_rows_and_candidates(streams):
    table = class_table(SIZES, TARGETS, KEPT, {"city": 3}, streams).drop(columns="agreement")
    assert table.T.to_dict() == {
        "city": {
            "n_before": 2,
            "n_target": 7,
            "n_kept": 2,
            "n_candidates": 5,
            "n_malformed": 0,
            "n_accepted": 2,
            "n_near_duplicates": 0,
            "n_leaks": 0,
            "n_generated": 2,
            "n_copied": 3,
            "n_after": 7,
            "n_missing": 2,
            "stopped": "budget",
        },
        "meal": {
            "n_before": 5,
            "n_target": 7,
            "n_kept": 5,
            "n_candidates": 3,
            "n_malformed": 0,
            "n_accepted": 3,
            "n_near_duplicates": 0,
            "n_leaks": 0,
            "n_generated": 2,
            "n_copied": 0,
            "n_after": 7,
            "n_missing": 0,
            "stopped": "filled",
        },
        "fare": table.loc["fare"].to_dict(),
        "flight": table.loc["flight"].to_dict(),
    }


def test_classes_without_candidates_are_all_zeros(streams):
    table = class_table(SIZES, TARGETS, KEPT, {"city": 3}, streams)
    idle = table.loc[["fare", "flight"]]
    assert (idle[["n_candidates", "n_accepted", "n_generated", "n_copied", "n_missing"]] == 0).all(axis=None)
    assert idle["stopped"].tolist() == ["", ""]
    assert idle["agreement"].isna().all()
    assert idle["n_after"].tolist() == [7, 7]


def test_what_gives_a_row_away_is_counted_per_class_and_not_as_accepted():
    refused = stream("city", 3, "leak", "near-duplicate", "leak", "rejected", "accepted")
    counted = stream("meal", 1, "accepted", "surplus")
    counted.near_duplicate_of, counted.secret = [4, -1], ["number", "number"]
    table = class_table(SIZES, TARGETS, KEPT, {}, {"city": refused, "meal": counted})
    counts = table[["n_accepted", "n_near_duplicates", "n_leaks", "n_generated"]]
    assert counts.loc[["city", "meal", "fare"]].values.tolist() == [[1, 1, 2, 1], [2, 1, 2, 1], [0, 0, 0, 0]]
    assert table.loc["city", "agreement"] == pytest.approx(4 / 5)  # of all that the labelers were shown
    rows = candidate_table({"generated": {"city": refused}}, origins)
    assert rows["near_duplicate_of"].tolist() == [-1, 7, -1, -1, -1]
    assert rows["secret"].tolist() == ["URL", "", "URL", "", ""]


def test_what_is_malformed_is_counted_per_class_and_rule_and_was_not_shown_to_labelers():
    city = stream("city", 3, "malformed", "accepted", "malformed", "malformed")
    city.reason[3] = "case"
    streams = {"city": city, "fare": stream("fare", 1, "malformed")}
    table = class_table(SIZES, TARGETS, KEPT, {}, streams)
    assert table["n_malformed"].tolist() == [3, 0, 1, 0]
    assert table["n_accepted"].tolist() == [1, 0, 0, 0]
    assert table.attrs["malformed"] == {"words": {"city": 2, "fare": 1}, "case": {"city": 1}}
    assert table.loc["city", "agreement"] == 1  # of the one that was judged
    rows = candidate_table({"generated": streams}, origins)
    assert rows["reason"].tolist() == ["words", "", "words", "case", "words"]


def test_class_table_says_why_a_class_stopped():
    dry = stream("city", 5, *["rejected"] * 64)
    table = class_table({"city": 1}, {"city": 6}, {"city": 1}, {"city": 5}, {"city": dry})
    assert table["stopped"].tolist() == ["dry"]
    assert table["n_missing"].tolist() == [5]


def test_unlabeled_texts_have_a_column_of_their_own(streams):
    found = {"city": stream("city", 5, "accepted", "surplus"), "fare": stream("fare", 0)}
    table = class_table(SIZES, TARGETS, KEPT, {"city": 2}, streams, found)
    assert table["n_unlabeled"].tolist() == [1, 0, 0, 0]
    assert table["n_generated"].tolist() == [2, 2, 0, 0]
    assert table["n_candidates"].tolist() == [5, 3, 0, 0]
    total = table[["n_kept", "n_generated", "n_unlabeled", "n_copied"]].sum(axis=1)
    assert table["n_after"].tolist() == total.tolist() == [7, 7, 7, 7]


def test_orders_of_a_markov_chain_are_a_column(streams):
    table = class_table(SIZES, TARGETS, KEPT, {}, streams, orders={"city": 1, "meal": 2})
    assert table["order"].iloc[:2].tolist() == [1, 2]
    assert table["order"].iloc[2:].isna().all()
    assert "order" not in class_table(SIZES, TARGETS, KEPT, {}, streams)


def test_agreement_is_the_share_of_equal_votes_on_judged_candidates(streams):
    table = class_table(SIZES, TARGETS, KEPT, {}, streams)
    # city: accepted, rejected and accepted were judged, and the labelers differ on one; meal: on none.
    assert table["agreement"].iloc[:2].tolist() == pytest.approx([2 / 3, 1.0])
    np.testing.assert_allclose(table.attrs["labeler_agreement"], [[1, 5 / 6], [5 / 6, 1]])


def test_agreement_needs_two_labelers():
    one = {"city": stream("city", 2, "accepted", "rejected", n_labelers=1)}
    table = class_table({"city": 2}, {"city": 4}, {"city": 2}, {}, one)
    assert table["agreement"].isna().all()
    assert table.attrs["labeler_agreement"] == [[1.0]]


def test_class_table_without_streams():
    table = class_table(SIZES, SIZES, SIZES, {}, {})
    assert table["n_after"].tolist() == list(SIZES.values())
    assert table.attrs["labeler_agreement"] == []


def test_candidate_table_has_one_row_per_candidate_unlabeled_ones_first(streams):
    found = {"city": stream("city", 1, "accepted")}
    table = candidate_table({"unlabeled": found, "generated": streams}, origins)
    assert list(table) == COLUMNS
    assert table.index.equals(pd.RangeIndex(9))
    assert table["source"].tolist() == ["unlabeled"] + ["generated"] * 8
    assert table["label"].tolist() == ["city"] * 6 + ["meal"] * 3
    assert table["generator"].tolist() == ["", *["writer of city"] * 5, *["writer of meal"] * 3]
    expected = streams["city"].verdicts + streams["meal"].verdicts
    assert table["verdict"].tolist()[1:] == expected
    assert table["text"].tolist()[1:6] == ["city text 0", "city text 1", "city text 2", None, "city text 4"]
    assert table["votes"].tolist()[1:3] == [[True, True], [True, False]]
    np.testing.assert_allclose(table["confidence"].iloc[1:6], [0, 0.1, np.nan, np.nan, 0.4])


def test_candidate_table_of_nothing_has_the_same_columns_and_types():
    table = candidate_table({"unlabeled": {}, "generated": {"city": Stream(3)}}, origins)
    assert len(table) == 0
    assert list(table) == COLUMNS
    assert table["confidence"].dtype == float
    assert table["near_duplicate_of"].dtype == int
    assert table["text"].dtype == object


def test_labels_keep_their_type():
    table = candidate_table({"generated": {3: stream("three", 1, "accepted")}}, origins)
    assert table["label"].tolist() == [3]
    assert type(table["label"].iloc[0]) is int
