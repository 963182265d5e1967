"""What a classifier says of rows that it has not seen."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from skbalagen._utils.text import fold_text

__all__ = ["OutOfFold", "out_of_fold"]


class OutOfFold(NamedTuple):
    """Rows and what was predicted for them, both of shape (n_tested,).

    Attributes
    ----------
    rows : ndarray of int
        The first row of each distinct text. A class that has one text only is never tested, since nothing of it would
        be left to learn from.
    predicted : ndarray
        Labels.
    """

    rows: np.ndarray
    predicted: np.ndarray


def out_of_fold(estimator: Any, X: np.ndarray, y: np.ndarray, *, n_splits: int, seed: int) -> OutOfFold:
    """Predict each distinct text with a clone that was fitted without it and without its copies.

    Parameters
    ----------
    estimator : classifier
        On raw text.
    X : ndarray of object, of shape (n_samples,)
        Texts; those that differ in case and white space only are copies.
    y : ndarray of shape (n_samples,)
        Labels.
    n_splits : int
        Folds, at least 2; at most as many as the largest class has texts.
    seed : int
        Shuffles the rows before they are split.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> X, y = np.array(["a", "A", "b", "c", "d"], dtype=object), np.array([0, 0, 0, 0, 1])
    >>> out_of_fold(DummyClassifier(), X, y, n_splits=3, seed=0).rows.tolist()
    [0, 2, 3]
    """
    _, first, group = np.unique([fold_text(text) for text in X], return_index=True, return_inverse=True)
    rows = np.sort(first)
    labels, of_class, sizes = np.unique(y[rows], return_inverse=True, return_counts=True)
    rows = rows[sizes[of_class] > 1]
    predicted = np.empty(len(rows), dtype=labels.dtype)
    if not len(rows):
        return OutOfFold(rows, predicted)
    folds = StratifiedKFold(min(n_splits, int(sizes.max())), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class of fewer rows than folds is tested in some folds only, which is all that is wanted here.
        warnings.filterwarnings("ignore", "The least populated class in y has only", UserWarning)
        splits = list(folds.split(rows, y[rows]))
    for _, test in splits:
        seen = ~np.isin(group, group[rows[test]])
        predicted[test] = clone(estimator).fit(X[seen], y[seen]).predict(X[rows[test]])
    return OutOfFold(rows, predicted)
