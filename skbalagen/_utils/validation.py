"""Checks of input that several estimators share."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_consistent_length,
    column_or_1d,
)

from skbalagen._utils.text import as_texts

__all__ = []


def check_texts_and_labels(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return texts and labels, both of shape (n_samples,), or raise a clear error."""
    X, y = as_texts(X), column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    check_classification_targets(y)
    if len(np.unique(y)) < 2:
        raise ValueError(
            f"y must hold at least two classes, got one class: {y.tolist()[0]!r}. Add rows of another class."
        )
    return X, y


class TextClassifierTags:
    """Say to scikit-learn that the input is a column of texts."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags
