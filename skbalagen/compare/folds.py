"""Cross-validation folds for classes of very few rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["rare_class_folds"]


def rare_class_folds(
    y: np.ndarray, n_folds: int, random_state: np.random.RandomState
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (training rows, test rows) so that no class is ever without training rows.

    The rows of each class are dealt to the folds in random order, so that folds have almost equal shares of it;
    a class of fewer rows than folds is tested in some of them. A class of one row is in every training part and is
    never tested.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    n_folds : int
        At least 2.
    random_state : RandomState
        Of the order.

    Yields
    ------
    train, test : ndarray of int
        Row numbers, ascending.

    Examples
    --------
    >>> folds = rare_class_folds(np.array(list("aaabbc")), 3, np.random.RandomState(0))
    >>> sorted(i for _, test in folds for i in test.tolist())
    [0, 1, 2, 3, 4]
    """
    fold_of = np.full(len(y), -1)
    dealt = 0
    for label in np.unique(y):
        rows = random_state.permutation(np.flatnonzero(y == label))
        if len(rows) > 1:
            # Where the last class ended the next goes on, so that small classes do not all fall into fold 0.
            fold_of[rows] = (dealt + np.arange(len(rows))) % n_folds
            dealt += len(rows)
    for fold in range(n_folds):
        test = np.flatnonzero(fold_of == fold)
        if len(test):
            yield np.flatnonzero(fold_of != fold), test
