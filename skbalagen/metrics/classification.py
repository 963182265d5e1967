"""Accuracy over rows and over classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, recall_score

from skbalagen.metrics._checks import Labels, as_label_rows

__all__ = ["class_accuracy", "macro_accuracy", "micro_accuracy"]


def micro_accuracy(y_true: Labels, y_pred: Labels) -> float:
    """Return the fraction of rows whose label was predicted correctly.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If an input is empty, lacks a label, or the lengths or types differ.

    Examples
    --------
    >>> micro_accuracy(["a", "a", "a", "b"], ["a", "a", "a", "a"])
    0.75
    """
    true, pred = as_label_rows(y_true=y_true, y_pred=y_pred)
    return float(accuracy_score(true, pred))


def class_accuracy(y_true: Labels, y_pred: Labels) -> dict[Any, float]:
    """Return the per-class recall: the fraction of the rows of each class that was predicted correctly.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.

    Returns
    -------
    dict of label to float
        The classes of `y_true` in sorted order, each value in [0, 1]. A class that occurs in
        `y_pred` only has no rows and is not listed.

    Raises
    ------
    ValueError
        If an input is empty, lacks a label, or the lengths or types differ.

    Examples
    --------
    >>> class_accuracy(["a", "a", "b", "b"], ["a", "a", "b", "c"])
    {'a': 1.0, 'b': 0.5}
    """
    true, pred = as_label_rows(y_true=y_true, y_pred=y_pred)
    labels = np.unique(true)
    shares = recall_score(true, pred, labels=labels, average=None)
    return dict(zip(labels.tolist(), shares.tolist(), strict=True))


def macro_accuracy(y_true: Labels, y_pred: Labels) -> float:
    """Return the mean per-class recall over the classes of `y_true`.

    Every class counts the same, however few rows it has. It is the macro accuracy of Tepper et al. (2020).

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If an input is empty, lacks a label, or the lengths or types differ.

    See Also
    --------
    sklearn.metrics.balanced_accuracy_score : The same number, with a warning if a class occurs in
        `y_pred` only.

    Examples
    --------
    >>> macro_accuracy(["a", "a", "a", "b"], ["a", "a", "a", "a"])
    0.5
    """
    return float(np.mean(list(class_accuracy(y_true, y_pred).values())))
