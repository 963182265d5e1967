"""Containers of texts: find the column of texts, and rebuild the container from row numbers and new texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["is_table", "rebuild", "take", "text_column_of"]


def _is_from(container: Any, package: str) -> bool:
    """Return whether the type of `container` belongs to a package, without importing it."""
    return type(container).__module__.split(".")[0] == package


def _has_columns(container: Any) -> bool:
    return isinstance(container, pd.DataFrame) or (
        _is_from(container, "polars") and hasattr(container, "columns")
    )


def text_column_of(X: Any, name: Any = None) -> Any:
    """Return the column of `X` that holds the texts.

    Parameters
    ----------
    X : container of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns)
    name : column label, default=None
        The column of a pandas or polars DataFrame; None if it has only one, and for other containers.

    Returns
    -------
    container of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns)
        `X` itself where it has several columns and none was named.

    Raises
    ------
    ValueError
        If `name` is not exactly one column of `X`, or `X` has no named columns.
    """
    if not _has_columns(X):
        if name is not None:
            raise ValueError(
                f"text_column={name!r} names a column of a pandas or polars DataFrame, but X is a "
                f"{type(X).__name__}. Leave text_column out, or pass the DataFrame."
            )
        return X
    columns = list(X.columns)
    if name is not None:
        if columns.count(name) != 1:
            raise ValueError(
                f"text_column must name one column of X, got {name!r}; the columns are {columns!r}."
            )
        return X[name]
    return X[columns[0]] if len(columns) == 1 else X


def is_table(column: Any) -> bool:
    """Return whether what :func:`text_column_of` returned is a table of numbers, which has no texts to learn from.

    Raises
    ------
    ValueError
        If several columns remain, and one of them holds texts.
    """
    if _has_columns(column):
        texts = [
            name
            for name in column.columns
            if any(isinstance(value, str) for value in column[name].head(5).to_list())
        ]
        if texts:
            raise ValueError(
                f"X has the columns {list(column.columns)!r}, several of which could be the text: name it with "
                f"text_column=, for instance text_column={texts[0]!r}."
            )
        return True
    if _is_from(column, "polars") or isinstance(column, pd.Series):
        return False
    if isinstance(column, list | tuple) and column and isinstance(column[0], str):
        return False  # numpy would make each text as wide as the longest
    try:
        values = np.asarray(column)
    except ValueError:  # rows of unequal length
        return False
    if values.ndim < 2 or (values.ndim == 2 and values.shape[1] == 1 and values.dtype.kind in "OUST"):
        return False
    if any(isinstance(value, str) for value in values.flat[:64].tolist()):
        raise ValueError(
            f"X must hold one text per row, shape (n_samples,) or (n_samples, 1), got shape {values.shape}. Select "
            "the column that holds the text, or pass a DataFrame and name it with text_column=."
        )
    return True


def take(container: Any, rows: np.ndarray) -> Any:
    """Return rows of a container as the same kind of container, with its dtype, name and columns.

    Parameters
    ----------
    container : list, tuple, ndarray, pandas or polars Series or DataFrame, column of a Hugging Face dataset
        Any other sequence comes back as a list.
    rows : ndarray of int, of shape (n_rows,)
        Row numbers. The index of a pandas container is numbered anew, as imbalanced-learn does.
    """
    if isinstance(container, pd.Series | pd.DataFrame):
        return container.iloc[rows].reset_index(drop=True)
    if isinstance(container, np.ndarray) or _is_from(container, "polars"):
        return container[rows]
    values = list(container)
    return _sequence_like(container, [values[row] for row in rows.tolist()])


def rebuild(X: Any, rows: np.ndarray, texts: np.ndarray, new: np.ndarray, name: Any = None) -> Any:
    """Return rows of a container, with new texts in some of them.

    Parameters
    ----------
    X : as for :func:`take`
    rows : ndarray of int, of shape (n_rows,)
        Row numbers; any row will do for a new text.
    texts : ndarray of object, of shape (n_rows,)
        The text of each row that comes out.
    new : ndarray of bool, of shape (n_rows,)
        Which rows are new; their other columns are missing values.
    name : column label, default=None
        Column of a DataFrame that holds the texts; None if it has only one.

    Returns
    -------
    container of shape (n_rows,), (n_rows, 1) or (n_rows, n_columns)
        Columns of pandas integers and bools that get missing values become the nullable type of the same width
        (int64 becomes Int64), since floats would round large numbers.
    """
    if _has_columns(X):
        name = X.columns[0] if name is None else name
        column = rebuild(X[name], rows, texts, new)
        table = take(X, rows)
        if isinstance(X, pd.DataFrame):
            columns = [
                column if c == name else _blanked(values, new) if new.any() else values
                for c, values in table.items()
            ]
            return pd.concat(columns, axis=1, keys=X.columns)
        import polars as pl

        kept = pl.Series(~new)
        others = [pl.when(kept).then(pl.col(c)).otherwise(None).alias(c) for c in X.columns if c != name]
        return table.with_columns(column, *others)
    if isinstance(X, pd.Series):
        if pd.api.types.is_object_dtype(X.dtype) or isinstance(X.dtype, pd.CategoricalDtype):
            return pd.Series(texts, dtype=object, name=X.name)
        return pd.Series(texts, dtype="str", name=X.name).astype(X.dtype)
    if isinstance(X, np.ndarray):
        flat = texts if X.dtype == object else texts.astype(str)
        return flat.reshape(-1, *X.shape[1:])
    if _is_from(X, "polars"):
        import polars as pl

        return pl.Series(X.name, texts.tolist(), dtype=pl.String)
    if np.ndim(X[0]):  # a list of lists of one text
        return _sequence_like(X, [[text] for text in texts])
    return _sequence_like(X, texts.tolist())


def _blanked(values: pd.Series, rows: np.ndarray) -> pd.Series:
    """Return a column with some rows missing and the others exactly as they were."""
    if values.dtype == object:  # pandas before 3 would guess a type for what is left
        cells = values.to_numpy(copy=True)
        cells[rows] = np.nan
        return pd.Series(cells, index=values.index, dtype=object, name=values.name)
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iub":
        values = values.astype(pd.array(values.to_numpy()[:0]).dtype)
    if isinstance(values.dtype, np.dtype):
        return values.mask(rows)
    # Not mask, which turns the nulls of a dictionary column of Arrow into its last value.
    places = np.where(rows, -1, np.arange(len(values)))
    return pd.Series(values.array.take(places, allow_fill=True), index=values.index, name=values.name)


def _sequence_like(container: Any, values: list[Any]) -> Any:
    if isinstance(container, tuple):
        return tuple(values)
    if _is_from(container, "datasets") and hasattr(container, "column_name"):
        import datasets

        return datasets.Dataset.from_dict({container.column_name: values})[container.column_name]
    return values
