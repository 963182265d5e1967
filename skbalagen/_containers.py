"""What goes in comes out: rebuild a list, array, series or table from row numbers and new texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["rebuild", "take"]


def _is_polars(container: Any) -> bool:
    return type(container).__module__.split(".")[0] == "polars"


def take(container: Any, rows: np.ndarray) -> Any:
    """Return rows of a container as the same kind of container, with its dtype, name and columns.

    Parameters
    ----------
    container : list, tuple, ndarray, pandas or polars Series or DataFrame, or any sequence
        A sequence of another type, such as a column of a Hugging Face dataset, comes back as a list.
    rows : ndarray of int, of shape (n_rows,)
        Row numbers; pandas indexes are numbered anew, as imbalanced-learn does.
    """
    if isinstance(container, pd.Series | pd.DataFrame):
        return container.iloc[rows].reset_index(drop=True)
    if isinstance(container, np.ndarray) or _is_polars(container):
        return container[rows]
    if isinstance(container, tuple):
        return tuple(container[row] for row in rows.tolist())
    return [container[row] for row in rows.tolist()]


def rebuild(container: Any, rows: np.ndarray, texts: np.ndarray, new: np.ndarray) -> Any:
    """Return rows of a column of texts, with some texts replaced.

    Parameters
    ----------
    container : as for :func:`take`
    rows : ndarray of int, of shape (n_rows,)
        Row numbers; for a new text, any row.
    texts : ndarray of object, of shape (n_rows,)
        The text of each row that comes out.
    new : ndarray of bool, of shape (n_rows,)
        Which rows take their text from `texts`; all others are copied from the container.
    """
    if isinstance(container, pd.DataFrame):
        column = container.columns[0]
        return pd.DataFrame({column: rebuild(container[column], rows, texts, new)})
    if isinstance(container, pd.Series):
        values = pd.Series(texts, dtype=None if container.dtype == object else "str").astype(
            object if isinstance(container.dtype, pd.CategoricalDtype) else container.dtype
        )
        values.name = container.name
        return values
    if isinstance(container, np.ndarray):
        flat = texts if container.dtype == object else texts.astype(str)
        return flat.reshape(-1, *container.shape[1:])
    if _is_polars(container):
        import polars as pl

        if isinstance(container, pl.DataFrame):
            return pl.DataFrame({container.columns[0]: texts.tolist()})
        return pl.Series(container.name, texts.tolist(), dtype=pl.String)
    return tuple(texts) if isinstance(container, tuple) else texts.tolist()
