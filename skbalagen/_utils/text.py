"""What counts as a text, and when two texts are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unicodedata import normalize

import numpy as np

__all__ = [
    "Labels",
    "Texts",
    "as_texts",
    "count",
    "fold_text",
    "is_encodable",
    "is_own_label",
    "label_array",
    "label_words",
    "merge_repeats",
]

Texts = Sequence[str] | np.ndarray
Labels = Sequence[Any] | np.ndarray


def fold_text(text: str) -> str:
    """Fold case, white space and the spelling of accents. Two texts are duplicates if their folded forms are equal.

    A letter with an accent is one character or two; it is the same letter.

    Examples
    --------
    >>> fold_text("  Where is\\tMY order "), fold_text("Cafe\\u0301") == fold_text("CAF\\u00c9")
    ('where is my order', True)
    """
    if not text.isascii():
        text = normalize("NFC", text.casefold())
    return " ".join(text.casefold().split())


def label_words(label: Any) -> str:
    """Return a label in words, with spaces for underscores.

    Examples
    --------
    >>> label_words("card_arrival")
    'card arrival'
    """
    return str(label).replace("_", " ")


def is_own_label(text: str, label: Any) -> bool:
    """Return whether a text is its label in words and nothing else.

    Examples
    --------
    >>> is_own_label("Card  arrival", "card_arrival")
    True
    """
    return fold_text(text) == fold_text(label_words(label))


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, in the plural unless it is 1.

    Examples
    --------
    >>> count(1, "row"), count(2, "row"), count(0, "class", "classes")
    ('1 row', '2 rows', '0 classes')
    """
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def is_encodable(text: str) -> bool:
    """Return whether a text can be written as UTF-8: whether it holds no lone surrogate.

    Lone surrogates come from files that were read in the wrong encoding. No tokenizer takes them.

    Examples
    --------
    >>> is_encodable("é"), is_encodable("\\ud800")
    (True, False)
    """
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def label_array(labels: Sequence[Any]) -> np.ndarray:
    """Return labels of any type as an array of objects, of shape (n_samples,), without converting them."""
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


def as_texts(X: Any, *, name: str = "X", allow_empty: bool = False) -> np.ndarray:
    """Return the texts of a list, array, series or one-column table as an object array.

    Parameters
    ----------
    X : array-like of str, of shape (n_samples,) or (n_samples, 1)
        Anything that numpy reads as a column.
    name : str, default="X"
        What error messages call `X`.
    allow_empty : bool, default=False
        Whether to accept blank texts.

    Returns
    -------
    ndarray of object, of shape (n_samples,)
        Plain str elements.

    Raises
    ------
    TypeError
        If `X` is a sparse matrix or a single string, or an element is not a str; the row is named.
    ValueError
        If `X` has several columns, no rows, numbers, a blank text, or one with a lone surrogate; the row is
        named.

    Examples
    --------
    >>> as_texts([["red wine"], ["rain"]])
    array(['red wine', 'rain'], dtype=object)
    """
    if isinstance(X, str | bytes):
        raise TypeError(
            f"{name} must be a sequence of texts, one per row, got a single {type(X).__name__}. Wrap it in a list."
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
            f"{name} must hold one text per row, shape (n_samples,) or (n_samples, 1), got shape {texts.shape}. "
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
        if not is_encodable(text):
            raise ValueError(
                f"{name} must hold texts that can be written as UTF-8, got a lone surrogate in row {row}: "
                f"{text[:40]!r}. Read the file in its own encoding, or remove such rows."
            )
    return np.array([str(text) for text in texts], dtype=object)


def merge_repeats(
    X: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Merge rows of equal text and label, in the order in which they first occur, and add up their weights.

    Parameters
    ----------
    X : ndarray of object, of shape (n_samples,)
        Texts.
    labels : ndarray of shape (n_samples,)
    weights : ndarray of float, of shape (n_samples,)

    Returns
    -------
    texts : list of str, of length n_merged
    labels : ndarray of shape (n_merged,)
    weights : ndarray of float, of shape (n_merged,)

    Examples
    --------
    >>> texts, labels, weights = merge_repeats(
    ...     np.array(["a", "b", "a"]), np.array([0, 1, 0]), np.array([1.0, 1.0, 0.5])
    ... )
    >>> texts, labels.tolist(), weights.tolist()
    (['a', 'b'], [0, 1], [1.5, 1.0])
    """
    merged: dict[tuple[str, Any], float] = {}
    for row in zip(X.tolist(), labels.tolist(), weights.tolist(), strict=True):
        merged[row[:2]] = merged.get(row[:2], 0.0) + row[2]
    texts, kept = zip(*merged, strict=True)
    return list(texts), np.array(kept), np.array(list(merged.values()))
