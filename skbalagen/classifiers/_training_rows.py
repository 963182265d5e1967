"""Training rows: distinct texts, the classes that each has, and which are held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skbalagen._utils.indicator import columns_of, is_binary
from skbalagen._utils.text import as_texts
from skbalagen._utils.validation import check_texts_and_labels

__all__ = ["TrainingRows", "check_texts_and_targets", "encode_classes", "held_out_rows"]


def check_texts_and_targets(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return texts, and one label per row or an indicator matrix.

    Parameters
    ----------
    X : array-like of str, of shape (n_samples,)
    y : array-like of shape (n_samples,), or array-like or sparse matrix of shape (n_samples, n_labels)

    Returns
    -------
    texts : ndarray of object, of shape (n_samples,)
    labels : ndarray of shape (n_samples,), or ndarray of int, of shape (n_samples, n_labels)

    Raises
    ------
    TypeError, ValueError
        Rows that are not texts, labels that :func:`check_texts_and_labels` rejects, or an indicator matrix with
        other values than 0 and 1, or with a label that no row has.
    """
    values = columns_of(y.toarray() if hasattr(y, "tocsr") else y)
    if values is None:
        return check_texts_and_labels(X, y)
    texts = as_texts(X)
    check_consistent_length(texts, values)
    if not is_binary(values):
        raise ValueError(
            "y must be one label per row, or an indicator matrix of 0 and 1 with one column per label, got a "
            f"{values.dtype} array of shape {values.shape} with other values. Use MultiLabelBinarizer."
        )
    values = values.astype(int)
    absent = np.flatnonzero(values.sum(axis=0) == 0)
    if len(absent):
        raise ValueError(
            f"y must have rows of every label, got none in column {absent[0]} of {values.shape[1]}. Leave the "
            "column out, or add rows of it."
        )
    return texts, values


def encode_classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number the classes in the order in which they first occur, so that no result depends on their names.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), or indicator of shape (n_samples, n_labels)

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        Sorted; column numbers for an indicator.
    targets : ndarray of int64, of the shape of `labels`
        Class numbers; an indicator stays as it is.
    code_of_class : ndarray of int, of shape (n_classes,)
        The number of each class.

    Examples
    --------
    >>> encode_classes(np.array(["b", "a", "b"]))
    (array(['a', 'b'], dtype='<U1'), array([0, 1, 0]), array([1, 0]))
    """
    if labels.ndim == 2:
        columns = np.arange(labels.shape[1])
        return columns, labels, columns
    classes, first, sorted_codes = np.unique(labels, return_index=True, return_inverse=True)
    code_of_class = np.argsort(np.argsort(first))
    return classes, code_of_class[sorted_codes].astype(np.int64), code_of_class


@dataclass
class TrainingRows:
    """Distinct texts to train on, and their targets: one per text, or several with weights (a soft target).

    Attributes
    ----------
    texts : list of str, of length n_rows
    owner : ndarray of int, of shape (n_targets,)
        The row of each target, ascending.
    targets : ndarray of int64, of shape (n_targets,), or of int, of shape (n_targets, n_labels)
        Class numbers, or indicators.
    multiplicities : ndarray of float, of shape (n_targets,)
        How often the text occurs with the target, `sample_weight` counted.
    n_classes : int
    """

    texts: list[str]
    owner: np.ndarray
    targets: np.ndarray
    multiplicities: np.ndarray
    n_classes: int

    @classmethod
    def merged(
        cls, texts: np.ndarray, targets: np.ndarray, weights: np.ndarray, n_classes: int, *, by_text: bool
    ) -> TrainingRows:
        """Merge rows that are equal, in the order in which they first occur, and add up their weights.

        Parameters
        ----------
        texts, targets, weights : ndarrays of length n_samples
        n_classes : int
        by_text : bool
            Whether a text with several targets is one row; else it is one row for each.
        """
        rows: dict[Any, int] = {}
        totals: dict[tuple[int, Any], float] = {}
        first: dict[tuple[int, Any], int] = {}
        keys = targets.tolist() if targets.ndim == 1 else [row.tobytes() for row in targets]
        for i, (text, key, weight) in enumerate(zip(texts.tolist(), keys, weights.tolist(), strict=True)):
            row = rows.setdefault(text if by_text else (text, key), len(rows))
            totals[row, key] = totals.get((row, key), 0.0) + weight
            first.setdefault((row, key), i)
        pairs = sorted(totals, key=lambda pair: (pair[0], first[pair]))
        return cls(
            texts=list(rows) if by_text else [text for text, _ in rows],
            owner=np.array([row for row, _ in pairs]),
            targets=targets[[first[pair] for pair in pairs]],
            multiplicities=np.array([totals[pair] for pair in pairs]),
            n_classes=n_classes,
        )

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def hard(self) -> bool:
        """Whether each row has one target."""
        return len(self.owner) == len(self.texts)

    def targets_of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the targets of some rows, and the place among `rows` that each belongs to."""
        if self.hard:
            return rows, np.arange(len(rows))
        starts = np.searchsorted(self.owner, rows)
        sizes = np.searchsorted(self.owner, rows, side="right") - starts
        places = np.repeat(np.arange(len(rows)), sizes)
        within = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return starts[places] + within, places

    def counts(self, rows: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the weight of each class in some rows, of shape (n_classes,), and that of all of the rows."""
        chosen, _ = self.targets_of(rows)
        weights, targets = self.multiplicities[chosen], self.targets[chosen]
        counts = (
            np.bincount(targets, weights, self.n_classes)
            if targets.ndim == 1
            else weights @ targets.astype(float)
        )
        return counts, float(weights.sum())


def held_out_rows(y: np.ndarray, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Choose rows to validate on: of each class `fraction` of its rows, rounded down.

    Parameters
    ----------
    y : ndarray of int, of shape (n_rows,), or indicator of shape (n_rows, n_labels)
        A row with several labels is held out only while none of them has given its share.
    fraction : float
        In (0, 1).
    rng : numpy.random.Generator

    Returns
    -------
    held_out : ndarray of int
        Row numbers, ascending.
    n_held_out : ndarray of int, of shape (n_classes,)
        How many rows of each class they are: 0 for classes that are too small.

    Examples
    --------
    >>> rows, n = held_out_rows(np.array([0] * 10 + [1] * 4), 0.2, np.random.default_rng(0))
    >>> n.tolist()
    [2, 0]
    """
    has = np.eye(y.max() + 1, dtype=int)[y] if y.ndim == 1 else y
    left = np.floor(fraction * has.sum(axis=0) + 1e-9).astype(int)
    chosen = []
    for row in rng.permutation(len(has)).tolist():
        labels = np.flatnonzero(has[row])
        if len(labels) and (left[labels] > 0).all():
            left[labels] -= 1
            chosen.append(row)
    rows = np.sort(np.array(chosen, dtype=int))
    return rows, has[rows].sum(axis=0)
