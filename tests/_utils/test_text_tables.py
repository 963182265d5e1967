"""The columns of texts and labels, and rows that an earlier run generated."""

from __future__ import annotations

import pandas as pd
import pytest

from skbalagen._utils.text_tables import generated_rows_note, mark_column, text_and_label


def frame(**columns):
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})


TABLE = frame(id=["1", "2"], said=["red wine", "rain"], kind=["drink", "weather"])


def test_the_two_columns_come_as_they_are():
    texts, labels = text_and_label(TABLE, "in.csv", text="said", label="kind")
    assert (texts.tolist(), labels.tolist()) == (["red wine", "rain"], ["drink", "weather"])


def test_labels_that_are_numbers_are_numbers():
    _, labels = text_and_label(frame(text=["a", "b"], label=[1, 2]), "in.jsonl", text="text", label="label")
    assert labels.dtype == int


@pytest.mark.parametrize(
    ("table", "names", "message"),
    [
        (
            TABLE,
            ("body", "kind"),
            r"in.csv: expected a column 'body', got \['id', 'said', 'kind'\]. Name it with --text.$",
        ),
        (TABLE, ("said", "class"), r"expected a column 'class', got .* Name it with --label.$"),
        (TABLE, ("said", "said"), "--text and --label must name two columns, got 'said' for both"),
        (TABLE.head(0), ("said", "kind"), "in.csv: expected rows, got a table with none"),
        (
            frame(said=["a", "b"], kind=["x", " "]),
            ("said", "kind"),
            "got none in 1 row, the first is row 1, counted",
        ),
        (
            frame(said=["a", "b"], kind=[None, None]),
            ("said", "kind"),
            "got none in 2 rows, the first is row 0",
        ),
        (
            frame(**{"text;label": ["a;b"]}),
            ("text", "label"),
            "got .*Name it with --text. The header looks as if ';' were the separator. Name that with --sep.$",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(table, names, message):
    with pytest.raises(ValueError, match=message):
        text_and_label(table, "in.csv", text=names[0], label=names[1])


@pytest.mark.parametrize(
    "marks", [["True", "False", "True"], [True, False, True], pd.array([True, None, True])]
)
def test_rows_of_an_earlier_run_are_noticed(marks):
    note = generated_rows_note(frame(text=["a"] * 3, is_synthetic=marks))
    assert note.startswith("2 of 3 rows were generated, as the column 'is_synthetic' says.")
    assert note.endswith("Leave these rows out, or drop the column if it means something else.")


@pytest.mark.parametrize(
    "table", [frame(text=["a"], is_synthetic=["False"]), frame(text=["a"]), frame(is_synthetic=["no"])]
)
def test_a_table_of_real_rows_needs_no_note(table):
    assert generated_rows_note(table) == ""


def test_the_mark_has_a_name_that_is_free():
    assert mark_column(TABLE) == "is_synthetic"
    assert mark_column(frame(is_synthetic=[], is_synthetic_=[])) == "is_synthetic__"
