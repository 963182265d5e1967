"""Checks of the input of the metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from skbalagen._utils.labels import check_labels, check_same_kind

__all__ = ["Labels"]


Labels = Sequence[Any] | np.ndarray


def as_labels(y: Labels, name: str) -> np.ndarray:
    """Return `y` as a non-empty array of shape (n_samples,) of one type, without missing labels."""
    labels = check_labels(y, name=name)
    if labels.ndim != 1:
        raise ValueError(
            f"{name} must hold one label per row, of shape (n_samples,), got shape {labels.shape}. Pass a list or "
            "a one-dimensional array."
        )
    return labels


def as_label_rows(**columns: Labels) -> list[np.ndarray]:
    """Return columns of labels of the same rows, each of shape (n_samples,), checked for equal length and type."""
    arrays = {name: as_labels(y, name) for name, y in columns.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise ValueError(
            f"{', '.join(columns)} must have the same number of rows, got {lengths}. "
            f"Pass labels and predictions of the same rows in the same order."
        )
    check_same_kind(**arrays)
    return list(arrays.values())


def as_texts(texts: Iterable[str], name: str) -> list[str]:
    """Return `texts` as a non-empty list of str, of length n_texts."""
    if isinstance(texts, str):
        raise ValueError(f"{name} must be several texts, got one str. Pass a list: [{texts[:20]!r}].")
    if not isinstance(texts, Iterable):
        raise TypeError(f"{name} must be several texts, got {type(texts).__name__}. Pass a list of str.")
    rows = list(texts)
    if not rows:
        raise ValueError(f"{name} must hold at least one text, got none. Leave empty classes out.")
    for i, text in enumerate(rows):
        if not isinstance(text, str):
            raise ValueError(
                f"{name} must hold str, got {type(text).__name__} {text!r} in row {i}. Drop or fill that row."
            )
    return rows
