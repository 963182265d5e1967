"""How well predicted probabilities match what happens."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skbalagen.metrics._checks import Labels, as_labels

__all__ = ["brier_score", "expected_calibration_error"]

# Probabilities in single precision add up to 1 within about this.
_TOLERANCE = 1e-4


def brier_score(y_true: Labels, y_proba: ArrayLike, *, labels: Sequence[Any] | np.ndarray) -> float:
    """Return the mean squared distance of the predicted probabilities from the true class.

    Brier's own form for several classes: the mean over rows of ``sum_k (p_k - [y = k]) ** 2``. For two classes it is
    twice the score that looks at one class only.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_proba : array-like of shape (n_samples, n_classes)
        Predicted probabilities, in [0, 1]; each row adds up to 1.
    labels : array-like of shape (n_classes,)
        The class of each column, such as ``classifier.classes_``.

    Returns
    -------
    float
        In [0, 2], lower is better: 0 if the true classes have probability 1, and ``1 - 1 / n_classes`` for equal
        probabilities.

    Raises
    ------
    ValueError
        If an input is empty, shapes do not match, a true label has no column, or a row of `y_proba` is no
        distribution; the row is named.

    See Also
    --------
    sklearn.metrics.brier_score_loss : The same number from scikit-learn 1.7 on, with ``scale_by_half=False``.

    References
    ----------
    Brier (1950), "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, eq. 2.

    Examples
    --------
    >>> round(brier_score(["a", "b"], [[0.8, 0.2], [0.6, 0.4]], labels=["a", "b"]), 4)
    0.4
    """
    columns, probabilities = _check_probabilities(y_true, y_proba, labels)
    truth = np.eye(probabilities.shape[1])[columns]
    return float(np.mean(np.sum((probabilities - truth) ** 2, axis=1)))


def expected_calibration_error(
    y_true: Labels, y_proba: ArrayLike, *, labels: Sequence[Any] | np.ndarray, n_bins: int = 15
) -> float:
    """Return how far the confidence of a classifier is from its accuracy, on average.

    The confidence of a row is the probability of its predicted class, the most probable one. Rows fall into bins of
    equal width by their confidence; the error is the mean over bins, weighted by their rows, of
    ``|accuracy - mean confidence|``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_proba : array-like of shape (n_samples, n_classes)
        Predicted probabilities, in [0, 1]; each row adds up to 1.
    labels : array-like of shape (n_classes,)
        The class of each column, such as ``classifier.classes_``.
    n_bins : int, default=15
        Number of bins, at least 1. Bin m of M holds the confidences in ``((m - 1) / M, m / M]``.

    Returns
    -------
    float
        In [0, 1], lower is better. It grows with `n_bins` where rows are few, so compare numbers of the same rows
        and bins.

    Raises
    ------
    ValueError
        As :func:`brier_score`, and if ``n_bins < 1``.

    References
    ----------
    Guo et al. (2017), "On Calibration of Modern Neural Networks", ICML, section 2, eq. 3.

    Examples
    --------
    >>> y_proba = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]]
    >>> round(expected_calibration_error(["a", "b", "b"], y_proba, labels=["a", "b"]), 4)
    0.4
    """
    if isinstance(n_bins, bool) or not isinstance(n_bins, Integral) or n_bins < 1:
        raise ValueError(f"n_bins must be an int >= 1 (bins of the confidence), got {n_bins!r}. Use 15.")
    columns, probabilities = _check_probabilities(y_true, y_proba, labels)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == columns
    bins = np.digitize(confidence, np.linspace(0, 1, n_bins + 1)[1:-1], right=True)
    gaps = np.bincount(bins, weights=right - confidence, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(columns))


def _check_probabilities(
    y_true: Labels, y_proba: ArrayLike, labels: Sequence[Any] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the column of each true label, of shape (n_samples,), and the probabilities, (n_samples, n_classes)."""
    true, names = as_labels(y_true, "y_true").tolist(), as_labels(labels, "labels").tolist()
    try:
        probabilities = np.asarray(y_proba, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"y_proba must hold numbers, one row per label of y_true, got {y_proba!r:.100}. Pass predict_proba(X)."
        ) from error
    if probabilities.shape != (len(true), len(names)):
        raise ValueError(
            f"y_proba must have one row per label of y_true and one column per class of labels, shape "
            f"{(len(true), len(names))}, got shape {probabilities.shape}. Pass predict_proba(X) and classes_."
        )
    if len(set(names)) < len(names):
        raise ValueError(f"labels must name each class once, got {names!r}. Pass classes_ of the classifier.")
    off = ~((probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) <= _TOLERANCE))
    if off.any():
        row = int(off.argmax())
        raise ValueError(
            f"y_proba must hold probabilities that add up to 1 in each row, got {probabilities[row].tolist()!r} in "
            f"row {row}. Pass predict_proba(X), not scores."
        )
    place = {name: column for column, name in enumerate(names)}
    for row, label in enumerate(true):
        if label not in place:
            raise ValueError(
                f"y_true must hold the classes of labels, got {label!r} in row {row}; labels is {names!r}. Add a "
                "column of zeros for a class that the classifier does not know."
            )
    return np.array([place[label] for label in true]), probabilities
