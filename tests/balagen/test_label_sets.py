"""Rows of several labels: which sets there are, how many rows each should have, and the table of labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skbalagen.balagen.label_sets import LabelSets, is_indicator, label_table


def sets_of(sizes, columns="abc"):
    """Label sets of a DataFrame with `sizes` rows of each set, a string of its labels, and one row without any."""
    sizes = sizes | {"": 1}
    rows = [[c in held for c in columns] for held, n in sizes.items() for _ in range(n)]
    return LabelSets.from_indicator(pd.DataFrame(np.array(rows).astype(int), columns=list(columns)))


def wanted(sizes, **targets):
    rows = sets_of(sizes, "".join(targets)).rows_wanted(targets)
    assert rows.pop("(no label)") == 1
    return rows


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([[0, 1], [1, 1]], True),
        ([[0, 1], [0, 0]], True),
        (np.array([[True, False], [True, True]]), True),
        (pd.DataFrame({"a": [1, 0], "b": [1, 1]}), True),
        ([[0, 1], [1, 0]], False),  # one label per row
        ([[0, 2], [1, 1]], False),
        ([[1], [0]], False),
        (["a", "b"], False),
        (pd.Series([0, 1]), False),
        ([["a", "b"], ["b", "b"]], False),
        ([[0], [0, 1]], False),
        (None, False),
    ],
)
def test_is_indicator_needs_zeros_and_ones_and_rows_that_do_not_have_one_label(y, expected):
    assert is_indicator(y) is expected


def test_sets_are_named_by_their_labels_and_counted():
    sets = sets_of({"a": 3, "ab": 2, "": 1, "c": 1})
    assert dict(zip(sets.names.tolist(), sets.sizes.tolist(), strict=True)) == {
        "a": 3,
        "a, b": 2,
        "(no label)": 1,
        "c": 1,
    }
    assert sets.y.tolist() == ["a"] * 3 + ["a, b"] * 2 + ["(no label)", "c"]
    assert sets.columns() == {"a": [0], "a, b": [0, 1], "(no label)": [], "c": [2]}


def test_flat_has_each_label_as_often_as_rows_have_it():
    flat = sets_of({"a": 3, "ab": 2, "": 1, "c": 1}).flat
    assert {label: (flat == label).sum() for label in "abc"} == {"a": 5, "b": 2, "c": 1}


def test_labels_of_an_array_are_column_numbers():
    sets = LabelSets.from_indicator([[1, 1], [0, 1], [1, 0]])
    assert sets.labels.tolist() == [0, 1]
    assert sets.y.tolist() == ["0, 1", "1", "0"]


def test_names_that_hold_the_separator_are_joined_by_another():
    y = pd.DataFrame({"red, white": [1, 1, 0], "blue": [1, 0, 0]})
    assert LabelSets.from_indicator(y).y.tolist() == ["red, white + blue", "red, white", "(no label)"]


@pytest.mark.parametrize(("value", "n"), [(0, 0), (1, 2)])
def test_a_label_that_no_row_or_every_row_has_is_refused(value, n):
    message = (
        rf"rows with and rows without each label, got {n} of 2 rows with the label 'b'\. Drop its column"
    )
    with pytest.raises(ValueError, match=message):
        LabelSets.from_indicator(pd.DataFrame({"a": [1, 0], "b": [value, value]}))


def test_two_columns_of_one_name_are_refused():
    y = pd.DataFrame([[1, 1], [0, 0]], columns=["a", "a"])
    with pytest.raises(ValueError, match="one column per label, got two named 'a'"):
        LabelSets.from_indicator(y)


def test_label_sets_that_would_have_one_name_are_refused():
    # With every separator in a name, "a / b" is a label, and the set of a and b.
    y = pd.DataFrame(
        np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), columns=["a", "b", "a / b", "x, y + z | v"]
    )
    with pytest.raises(ValueError, match=r"joined without doubt, got two label sets named 'a / b'\. Rename"):
        LabelSets.from_indicator(y)


def test_nothing_lacks_nothing_changes():
    assert wanted({"a": 3, "b": 2, "ab": 1}, a=4, b=3) == {"a": 3, "b": 2, "a, b": 1}


def test_a_rare_label_grows_in_sets_that_hold_no_label_that_is_full():
    # a is full, so what c lacks goes to the set of c alone.
    assert wanted({"a": 10, "ac": 4, "c": 1}, a=14, c=9) == {"a": 10, "a, c": 4, "c": 5}


def test_a_label_that_never_stands_alone_takes_another_with_it():
    assert wanted({"a": 10, "ac": 2}, a=12, c=5) == {"a": 10, "a, c": 5}


def test_what_a_label_lacks_is_shared_out_in_proportion_to_rows():
    # b and c both lack rows, so "b" (6 rows) and "b, c" (2 rows) share the rows of b; c is rarer and comes first.
    result = wanted({"b": 6, "bc": 2}, b=16, c=4)
    assert result == {"b": 12, "b, c": 4}


def test_rows_are_only_taken_from_sets_all_of_whose_labels_have_too_many():
    # 12 rows of a, 6 wanted; the two rows with c stay.
    assert wanted({"a": 10, "ac": 2}, a=6, c=2) == {"a": 4, "a, c": 2}


def test_no_label_falls_below_what_is_wanted_when_rows_are_taken_away():
    sets = sets_of({"a": 6, "ab": 6, "b": 2}, "ab")
    rows = sets.rows_wanted({"a": 5, "b": 7})
    after = np.array([rows[name] for name in sets.names.tolist()]) @ sets.members
    assert (after >= [5, 7]).all()
    assert after.sum() < 20  # and some were taken


@pytest.mark.parametrize("seed", range(20))
def test_every_label_reaches_its_target(seed):
    rng = np.random.default_rng(seed)
    y = rng.random((40, 5)) < rng.uniform(0.05, 0.5, size=5)
    y[:5] |= np.eye(5, dtype=bool)
    y[5] = True  # more than one label, so that it is an indicator
    sets = LabelSets.from_indicator(y.astype(int))
    counts = y.sum(axis=0)
    targets = {j: int(counts.max()) for j in range(5)}
    rows = sets.rows_wanted(targets)
    after = np.array([rows[name] for name in sets.names.tolist()]) @ sets.members
    assert (after >= counts.max()).all()
    assert (np.array([rows[name] for name in sets.names.tolist()]) >= sets.sizes).all()


def test_label_table_counts_a_row_for_each_of_its_labels():
    sets = sets_of({"a": 5, "ab": 2, "b": 1}, "ab")
    table = pd.DataFrame(
        {
            "n_before": [5, 2, 1],
            "n_target": [5, 3, 3],
            "n_candidates": [0, 4, 12],
            "n_generated": [0, 1, 2],
            "stopped": ["", "filled", "budget"],
            "agreement": [np.nan, 0.5, 1.0],
        },
        index=pd.Index(["a", "a, b", "b"], name="class"),
    )
    table.attrs["labeler_agreement"] = [[1.0]]
    found = label_table(sets, table, {"a": 7, "b": 7})
    assert found.index.tolist() == ["b", "a"]  # the smaller one first
    assert found.loc["a"].drop("agreement").to_dict() == {
        "n_before": 7,
        "n_target": 7,
        "n_candidates": 4,
        "n_generated": 1,
        "stopped": "filled",
    }
    assert found.loc["b", ["n_before", "n_candidates", "n_generated", "stopped"]].tolist() == [
        3,
        16,
        3,
        "budget",
    ]
    assert found["agreement"].tolist() == pytest.approx([(0.5 * 4 + 12) / 16, 0.5])
    assert found.attrs == {"labeler_agreement": [[1.0]]}


def test_a_label_of_which_nothing_was_judged_has_no_agreement():
    sets = sets_of({"a": 2, "ab": 1}, "ab")
    table = pd.DataFrame(
        {"n_before": [2, 1], "n_candidates": [0, 0], "stopped": ["", ""], "agreement": [np.nan, np.nan]},
        index=["a", "a, b"],
    )
    assert label_table(sets, table, {"a": 3, "b": 1})["agreement"].isna().all()
