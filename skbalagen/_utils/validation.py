"""Checks of input that several estimators share."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, column_or_1d, validate_data

from skbalagen._utils.containers import is_table, text_column_of
from skbalagen._utils.labels import check_labels
from skbalagen._utils.sklearn_compat import check_feature_names
from skbalagen._utils.text import as_texts

__all__ = [
    "TextClassifierTags",
    "check_generator_rows",
    "check_label_column",
    "check_single_labels",
    "check_texts_and_labels",
    "check_texts_or_table",
]


def check_texts_and_labels(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts and labels that a classifier is fitted on, both of shape (n_samples,).

    Raises
    ------
    TypeError, ValueError
        X is not one text per row, y is not one label per row (see :func:`~skbalagen._utils.labels.check_labels`),
        or y has a single class.
    """
    texts = as_texts(X)
    labels = check_label_column(texts, y)
    _check_two_classes(labels, "Add rows of another class.")
    return texts, labels


def check_generator_rows(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts and labels that a generator is fitted on, both of shape (n_samples,).

    Texts may be blank, labels may be any numbers, and a single class will do.

    Raises
    ------
    TypeError, ValueError
        X is not one text per row, or y not one label per row.
    """
    texts, labels = as_texts(X, allow_empty=True), column_or_1d(check_labels(y))
    check_consistent_length(texts, labels)
    return texts, labels


def check_label_column(X: Any, y: Any) -> np.ndarray:
    """Return one label per row of `X`, of shape (n_samples,)."""
    if y is None:
        raise ValueError("The fit requires y to be passed, but the target y is None. Pass one label per row.")
    labels = column_or_1d(check_labels(y), warn=True)
    check_consistent_length(X, labels)
    check_classification_targets(labels)
    return labels


def check_texts_or_table(
    sampler: Any, X: Any, y: Any, text_column: Any = None
) -> tuple[np.ndarray | None, np.ndarray]:
    """Check what a sampler is given, and set its `n_features_in_` and `feature_names_in_`.

    Parameters
    ----------
    sampler : estimator
        Gets the two attributes.
    X : container of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns)
        Texts, a DataFrame with a column of texts, or a table of numbers.
    y : array-like of shape (n_samples,) or (n_samples, n_classes)
        One label per row, or one column per class with a single 1 per row.
    text_column : column label, default=None
        The column that holds the texts, if X is a DataFrame of several columns.

    Returns
    -------
    texts : ndarray of object, of shape (n_samples,), or None
        None if X is a table of numbers.
    labels : ndarray of shape (n_samples,)

    Raises
    ------
    TypeError, ValueError
        A sparse matrix, rows that are not texts, or labels that :func:`check_single_labels` rejects.
    """
    if hasattr(X, "tocsr"):
        raise TypeError(
            "X must be a sequence of texts, got a sparse matrix. Resample the texts before they are "
            "vectorised: put the resampler in front of the vectorizer."
        )
    name = type(sampler).__name__
    column = text_column_of(X, text_column)
    if is_table(column):
        labels = check_single_labels(y, estimator_name=name)
        # A sparse matrix was refused above; columns of sparse dtype pass.
        check_consistent_length(validate_data(sampler, X, accept_sparse=True), labels)
        return None, labels
    texts = as_texts(column)
    if y is not None:
        check_consistent_length(texts, y)
    labels = check_single_labels(y, estimator_name=name)
    check_feature_names(sampler, X, reset=True)
    sampler.n_features_in_ = len(getattr(X, "columns", [column]))
    return texts, labels


def check_single_labels(y: Any, *, estimator_name: str) -> np.ndarray:
    """Return one label per row, of shape (n_samples,).

    Parameters
    ----------
    y : array-like of shape (n_samples,), (n_samples, 1) or (n_samples, n_classes)
        Labels, or one column per class with a single 1 per row: these become column numbers.
    estimator_name : str
        For the message if y is missing.

    Raises
    ------
    ValueError
        y is None, has a missing value, several labels per row, continuous values, or a single class.
    TypeError
        Labels of several types.
    """
    if y is None:
        raise ValueError(
            f"{estimator_name} requires y to be passed, but the target y is None. Pass one label per row."
        )
    labels = check_labels(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and np.isin(labels, [0, 1]).all() and (labels.sum(axis=1) == 1).all():
        labels = labels.argmax(axis=1)
    if labels.ndim != 1 or type_of_target(labels, input_name="y").startswith("multilabel"):
        raise ValueError(
            "y must have one label per row, got a multilabel or multioutput target. Resample one label at a "
            "time, or make each combination of labels a class."
        )
    check_classification_targets(labels)
    _check_two_classes(labels, "There is nothing to balance.")
    return labels


def _check_two_classes(labels: np.ndarray, cure: str) -> None:
    if len(np.unique(labels)) < 2:
        raise ValueError(f"y must have at least two classes, got one class: {labels.tolist()[0]!r}. {cure}")


class TextClassifierTags:
    """Tell scikit-learn that the input is a column of texts."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags
