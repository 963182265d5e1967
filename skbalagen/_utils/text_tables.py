"""Tables of texts and labels: find the two columns, and tell generated rows from real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skbalagen._utils.csv_records import other_separator
from skbalagen._utils.text import count

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MARK", "generated_rows_note", "mark_column", "text_and_label"]

# Name of the column that says which rows were generated.
MARK = "is_synthetic"


def text_and_label(
    table: pd.DataFrame, source: str, *, text: str, label: str, sep: str | None = None
) -> tuple[pd.Series, pd.Series]:
    """Return the columns of texts and labels.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    source : str
        What error messages call the table.
    text, label : str
        Names of the columns.
    sep : str, default=None
        The separator by which the table was read; None is a comma.

    Raises
    ------
    ValueError
        If a column is missing or is both, there are no rows, or a row has no label.
    """
    for option, name in (("--text", text), ("--label", label)):
        if name not in table.columns:
            names = list(map(str, table.columns))
            other = other_separator(names, sep or ",")
            raise ValueError(
                f"{source}: expected a column {name!r}, got {names}. Name it with {option}."
                f"{other and other + ' Name that with --sep.'}"
            )
    if text == label:
        raise ValueError(f"--text and --label must name two columns, got {text!r} for both. Change one.")
    if not len(table):
        raise ValueError(f"{source}: expected rows, got a table with none.")
    labels = table[label]
    nameless = (labels.isna() | (labels.astype(str).str.strip() == "")).to_numpy().nonzero()[0]
    if len(nameless):
        raise ValueError(
            f"{source}: expected a label in every row, got none in {count(len(nameless), 'row')}, the first is "
            f"row {nameless[0]}, counted from 0. Label or remove them."
        )
    return table[text], labels.infer_objects()


def generated_rows_note(table: Any) -> str:
    """Return what is to be said of rows that an earlier run generated; "" if there are none.

    Parameters
    ----------
    table : pandas or polars DataFrame, or any other container
        Only the first two can have the column that marks such rows.
    """
    if MARK not in list(getattr(table, "columns", ())):
        return ""
    marks = [str(mark).strip().lower() for mark in list(table[MARK])]
    n_generated = sum(mark in ("true", "1", "1.0") for mark in marks)
    if not n_generated:
        return ""
    return (
        f"{n_generated} of {count(len(marks), 'row')} were generated, as the column {MARK!r} says. They are taken for "
        "real ones: what is learned from them repeats their faults, and scores on them mean little. Leave these rows "
        "out, or drop the column if it means something else."
    )


def mark_column(table: pd.DataFrame) -> str:
    """Return a name for the column that marks generated rows, one that the table does not have."""
    name = MARK
    while name in table.columns:
        name += "_"
    return name
