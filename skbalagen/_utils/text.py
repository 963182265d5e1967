"""What counts as a text, and when two texts are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = [
    "Labels",
    "Texts",
    "as_texts",
    "fold_text",
    "is_own_label",
    "label_array",
    "label_words",
    "merge_repeats",
]

Texts = Sequence[str] | np.ndarray
Labels = Sequence[Any] | np.ndarray


def fold_text(text: str) -> str:
    """Fold case and white space: the one rule by which two texts count as duplicates.

    Examples
    --------
    >>> fold_text("  Where is\\tMY order ")
    'where is my order'
    """
    return " ".join(text.casefold().split())


def label_words(label: Any) -> str:
    """Return a label as a person reads it.

    Examples
    --------
    >>> label_words("card_arrival")
    'card arrival'
    """
    return str(label).replace("_", " ")


def is_own_label(text: str, label: Any) -> bool:
    """Return whether a text says its label and nothing else.

    Examples
    --------
    >>> is_own_label("Card  arrival", "card_arrival")
    True
    """
    return fold_text(text) == fold_text(label_words(label))


def label_array(labels: Sequence[Any]) -> np.ndarray:
    """Return labels as an array of objects, which takes labels of any type, unmixed."""
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


def as_texts(X: Any, *, name: str = "X", allow_empty: bool = False) -> np.ndarray:
    """Return the texts of a list, array, series or one-column table as an object array.

    Parameters
    ----------
    X : array-like of str, of shape (n_samples,) or (n_samples, 1)
        Anything that numpy can read as a column.
    name : str, default="X"
        What error messages call it.
    allow_empty : bool, default=False
        Whether blank texts pass.

    Returns
    -------
    ndarray of object, of shape (n_samples,)
        Plain str elements.

    Raises
    ------
    TypeError
        A sparse matrix, a single string, or an element that is not a text; the row is named.
    ValueError
        More than one column, no rows, or a blank text; the row is named.
    """
    if isinstance(X, str | bytes):
        raise TypeError(
            f"{name} must be a sequence of texts, one a row, got a single {type(X).__name__}. Wrap it in a list."
        )
    if hasattr(X, "tocsr"):
        raise TypeError(
            f"{name} must be a sequence of texts, got a sparse matrix. Resample the texts before they are "
            "vectorised: put the resampler in front of the vectorizer."
        )
    if isinstance(X, np.ndarray) and X.dtype.kind in "biufc":
        raise ValueError(
            f"{name} must hold texts, expected an array of str, got one of {X.dtype}. Pass the texts themselves, "
            "before they are vectorised."
        )
    texts = np.asarray(X, dtype=object)
    if texts.ndim == 2 and texts.shape[1] == 1:
        texts = texts[:, 0]
    if texts.ndim != 1:
        raise ValueError(
            f"{name} must hold one text a row, shape (n_samples,) or (n_samples, 1), got shape {texts.shape}. "
            "Select the column that holds the text."
        )
    if not len(texts):
        raise ValueError(f"{name} must hold at least one text, got none.")
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"{name} must hold texts only, got {text!r} ({type(text).__name__}) in row {row}. Remove such "
                "rows or turn them into str."
            )
        if not allow_empty and not text.strip():
            raise ValueError(f"{name} must hold no empty texts, got {text!r} in row {row}. Remove such rows.")
    return np.array([str(text) for text in texts], dtype=object)


def merge_repeats(
    X: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Merge equal rows; the weight of the one that stays is the sum of theirs."""
    merged: dict[tuple[str, Any], float] = {}
    for row in zip(X.tolist(), labels.tolist(), weights.tolist(), strict=True):
        merged[row[:2]] = merged.get(row[:2], 0.0) + row[2]
    texts, kept = zip(*merged, strict=True)
    return list(texts), np.array(kept), np.array(list(merged.values()))
