"""The one check of labels that every public estimator and metric goes through."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import numpy as np
import pandas as pd

from skbalagen._utils.text import is_encodable

__all__ = ["check_labels", "check_same_kind", "label_columns"]

_ONE_TYPE = "str, numbers or bools"


def check_labels(y: Any, *, name: str = "y") -> np.ndarray:
    """Return labels as an array of the shape that they came in; equal are only those that were equal before.

    numpy makes one type of all that a list holds: missing values become the class "nan", and ``1`` and ``"1"`` one
    class. So the types are looked at first.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_columns)
        str, numbers (int and float may be mixed) or bools.
    name : str, default="y"
        What error messages call `y`.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_columns)
        An array of objects stays one if it holds str, and gets the type of its numbers or bools.

    Raises
    ------
    TypeError
        Labels of several types, or of another one; the row is named.
    ValueError
        A missing label (None, nan, NaT, pandas.NA, or a blank text), one that ends in a NUL or holds a lone
        surrogate, or none at all; the row is named.

    Examples
    --------
    >>> check_labels(["a", "b"])
    array(['a', 'b'], dtype='<U1')
    >>> check_labels(["1", 1])
    Traceback (most recent call last):
    TypeError: y must have labels of one type (str, numbers or bools), got '1' (str) in row 0 and 1 (int) in row 1. ...
    """
    values = _as_array(y, name)
    if not values.size:
        raise ValueError(
            f"{name} must hold one label per row, at least one, got shape {values.shape}. Pass a non-empty list."
        )
    _check_cells(values, name)
    if values.dtype.kind == "O":
        _check_one_kind(values, name)
        if not isinstance(values.flat[0], str):
            return _exact(values, name)
    elif values.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: {name} must have labels that are {_ONE_TYPE}, got {values.flat[0]!r} in row 0. "
            "Pass real numbers."
        )
    elif values.dtype.kind not in "biufU":
        raise TypeError(
            f"{name} must have labels that are {_ONE_TYPE}, got {values.flat[0]!r} (an array of {values.dtype}) "
            "in row 0. Pass one str per row."
        )
    return values if hasattr(y, "dtype") else _exact(values, name)


def check_same_kind(**columns: np.ndarray) -> None:
    """Raise a ValueError unless checked labels of the same rows are all str, all numbers or all bools.

    Examples
    --------
    >>> check_same_kind(y_true=np.array(["a", "b"]), y_pred=np.array(["b", "b"], dtype=object))
    """
    first = {name: labels.tolist()[0] for name, labels in columns.items()}
    if len({_kind(label) for label in first.values()}) > 1:
        got = ", ".join(f"{label!r} ({type(label).__name__}) in {name}" for name, label in first.items())
        raise ValueError(
            f"{', '.join(columns)} must have labels of one type, got {got}: no row would ever agree. Turn them all "
            "into str."
        )


def label_columns(y: np.ndarray, classes: np.ndarray, *, name: str = "y") -> np.ndarray:
    """Return the place of each label among `classes`, ndarray of int of shape (n_samples,).

    Raises
    ------
    ValueError
        A label that is not one of `classes`; the row is named.

    Examples
    --------
    >>> label_columns(np.array(["b", "a"]), np.array(["a", "b"]))
    array([1, 0])
    """
    place = {label: column for column, label in enumerate(classes.tolist())}
    columns = [place.get(label, -1) for label in y.tolist()]
    if -1 in columns:
        row = columns.index(-1)
        raise ValueError(
            f"{name} must have labels that were fitted, got {y.tolist()[row]!r} in row {row}; the classes are "
            f"{_few(classes.tolist())}. Leave such rows out, or fit with rows of that class."
        )
    return np.array(columns, dtype=np.intp)


def _few(labels: list[Any]) -> str:
    """Return the first labels of a list in words."""
    return repr(labels) if len(labels) <= 10 else f"{labels[:10]!r} and {len(labels) - 10} more"


def _as_array(y: Any, name: str) -> np.ndarray:
    """Return `y` as an array, without letting numpy choose one type for what a list holds."""
    if hasattr(y, "tocsr"):
        raise TypeError(f"{name} must be a sequence of labels, got a sparse matrix. Pass one label per row.")
    if isinstance(y, str | bytes | Mapping | Set) or not (hasattr(y, "__len__") or hasattr(y, "__array__")):
        raise TypeError(
            f"{name} must be a sequence with one label per row, got {type(y).__name__}. Pass a list or an array."
        )
    if hasattr(y, "to_list") and not hasattr(y, "dtypes"):  # a polars column: its array drops NULs at the end
        y = y.to_list()
    values = np.asarray(y) if hasattr(y, "__array__") else np.asarray(list(y), dtype=object)
    if values.dtype.kind == "T":
        values = values.astype(object)
    if values.ndim == 0:
        raise ValueError(
            f"{name} must hold one label per row, at least one, got shape (). Pass a list of labels."
        )
    return values


def _check_cells(values: np.ndarray, name: str) -> None:
    """Raise a ValueError for a missing label, and for one that numpy would cut or no file can hold."""
    gone = pd.isna(values).ravel()
    cells = values.ravel().tolist() if values.dtype.kind in "OU" else []
    # Each distinct label is looked at once: there may be millions of rows.
    texts = set(cells) if values.dtype.kind == "U" else {c for c in cells if isinstance(c, str)}
    if blank := {text for text in texts if not text.strip()}:
        gone |= [isinstance(label, str) and label in blank for label in cells]
    missing = np.flatnonzero(gone.reshape(len(values), -1).any(axis=1))
    if len(missing):
        label = np.asarray(values[missing[0]]).tolist()
        raise ValueError(
            f"{name} must have one label per row, got {label!r} in row {missing[0]}. Remove such rows."
        )
    for label in texts:
        if label.endswith("\0") or not is_encodable(label):
            row = cells.index(label) * len(values) // len(cells)
            raise ValueError(
                f"{name} must have labels that end in no NUL and can be written as UTF-8, got {label!r} in row {row}. "
                "Clean such labels."
            )


def _kind(label: Any) -> str | None:
    """Return which of the types a label has: "str", "number", "bool", or None."""
    if isinstance(label, bool | np.bool_):
        return "bool"
    if isinstance(label, str):
        return "str"
    return "number" if isinstance(label, int | float | np.integer | np.floating) else None


def _check_one_kind(values: np.ndarray, name: str) -> None:
    """Raise a TypeError for the first label that is not of the type of the first one."""
    first_of: dict[type, int] = {}
    cells = values.ravel().tolist()
    for i, cell in enumerate(cells):
        first_of.setdefault(type(cell), i)
    width = len(cells) // len(values)
    kinds = {i: _kind(cells[i]) for i in first_of.values()}
    for i, kind in kinds.items():
        got = f"{cells[i]!r} ({type(cells[i]).__name__}) in row {i // width}"
        if kind is None:
            raise TypeError(f"{name} must have labels that are {_ONE_TYPE}, got {got}. Pass one str per row.")
        if kind != kinds[0]:
            raise TypeError(
                f"{name} must have labels of one type ({_ONE_TYPE}), got {cells[0]!r} ({type(cells[0]).__name__}) in "
                f"row 0 and {got}. Turn them all into str."
            )


def _exact(values: np.ndarray, name: str) -> np.ndarray:
    """Return labels of one kind as an array of their own type, which changes none of them."""
    cells = values.tolist()
    array = np.array(cells)
    if array.dtype != object and array.tolist() == cells:
        return array
    largest = max(values.ravel().tolist(), key=abs)
    raise ValueError(
        f"{name} must have numbers that fit into 64 bits, got {largest!r}. Turn the labels into str."
    )
