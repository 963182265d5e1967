"""Checks of the input of the resampler."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, validate_data

from skbalagen._utils.containers import is_table, text_column_of
from skbalagen._utils.sklearn_compat import check_feature_names
from skbalagen._utils.text import as_texts

__all__ = ["check_labels", "check_texts_or_table"]


def check_texts_or_table(
    estimator: Any, X: Any, y: Any, text_column: Any
) -> tuple[np.ndarray | None, np.ndarray]:
    """Return the texts, or None for a table of numbers, and the labels; set `n_features_in_` and the like.

    Parameters
    ----------
    estimator : BalaGenResampler
        Gets `n_features_in_`, and `feature_names_in_` where `X` is a DataFrame.
    X : array-like of str, or table
    y : array-like of shape (n_samples,)
    text_column : column label or None

    Returns
    -------
    texts : ndarray of object, of shape (n_samples,), or None
    labels : ndarray of shape (n_samples,)

    Raises
    ------
    TypeError, ValueError
        Input that is not texts with one label each; the row is named.
    """
    if hasattr(X, "tocsr"):
        raise TypeError(
            "X must be a sequence of texts, got a sparse matrix. Resample the texts before they are "
            "vectorised: put the resampler in front of the vectorizer."
        )
    column = text_column_of(X, text_column)
    if is_table(column):
        labels = check_labels(y)
        # A sparse matrix was refused; columns of sparse dtype are copied as they are.
        check_consistent_length(validate_data(estimator, X, accept_sparse=True), labels)
        return None, labels
    texts = as_texts(column)
    if y is not None:
        check_consistent_length(texts, y)
    labels = check_labels(y)
    check_feature_names(estimator, X, reset=True)
    estimator.n_features_in_ = len(getattr(X, "columns", [column]))
    return texts, labels


def check_labels(y: Any) -> np.ndarray:
    """Return the labels as an array of shape (n_samples,).

    Parameters
    ----------
    y : array-like of shape (n_samples,), (n_samples, 1), or (n_samples, n_classes) with a single 1 per row

    Raises
    ------
    ValueError
        A missing label, several labels per text, or fewer than two classes.
    """
    if y is None:
        raise ValueError("BalaGenResampler requires y to be passed, but the target y is None.")
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    missing = np.flatnonzero(pd.isna(labels).reshape(len(labels), -1).any(axis=1))
    if len(missing):
        raise ValueError(
            f"y must have one label per text, got {labels[missing[0]]!r} in row {missing[0]}. Remove such rows."
        )
    if labels.dtype == object and not any(isinstance(label, str) for label in labels.flat):
        labels = np.array(labels.tolist())  # numbers and truth values in an array of objects
    if labels.ndim == 2 and np.isin(labels, [0, 1]).all() and (labels.sum(axis=1) == 1).all():
        labels = labels.argmax(axis=1)
    if labels.ndim != 1 or type_of_target(labels, input_name="y").startswith("multilabel"):
        raise ValueError(
            "y must have one label per text, got a multilabel or multioutput target. Resample one label at a "
            "time, or make each combination of labels a class."
        )
    check_classification_targets(labels)
    if len(np.unique(labels)) < 2:
        raise ValueError(
            f"y must have at least two classes, got one class: {labels.tolist()[0]!r}. There is nothing to balance."
        )
    return labels
