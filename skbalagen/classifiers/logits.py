"""Log probabilities of any classifier, class shares, and the adjustment of the one by the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import softmax

from skbalagen._utils.containers import take

__all__ = [
    "adjust_scores",
    "best_class",
    "class_shares",
    "log_scores",
    "log_shares",
    "resolve_priors",
    "rows_of",
    "score_method",
]

# Rows on which decision_function and predict_proba are compared.
_ROWS_COMPARED = 32


def class_shares(y: np.ndarray, weights: np.ndarray | None, classes: np.ndarray) -> np.ndarray:
    """Return the share of the total weight that each class has.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
    weights : ndarray of shape (n_samples,) or None
        None counts rows.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of shape (n_classes,)
        They sum to 1; 0 for a class without weight.

    Examples
    --------
    >>> class_shares(np.array(["a", "a", "a", "b"]), None, np.array(["a", "b"]))
    array([0.75, 0.25])
    """
    weights = np.ones(len(y)) if weights is None else weights
    totals = np.array([weights[y == label].sum() for label in classes])
    return totals / totals.sum()


def resolve_priors(
    priors: Mapping[Any, float] | Sequence[float] | np.ndarray | None,
    y: np.ndarray,
    weights: np.ndarray | None,
    classes: np.ndarray,
) -> np.ndarray:
    """Return the share of each class that `priors` gives, or that the rows have.

    Parameters
    ----------
    priors : array-like of shape (n_classes,), dict of {label: float} or None
        None is :func:`class_shares`; else shares, of which only the ratios matter.
    y : ndarray of shape (n_samples,)
    weights : ndarray of shape (n_samples,) or None
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of shape (n_classes,)
        They sum to 1.

    Raises
    ------
    ValueError
        A class without a share, or a share that is not positive.
    """
    if priors is None:
        return class_shares(y, weights, classes)
    names = classes.tolist()
    if isinstance(priors, Mapping):
        missing = [label for label in names if label not in priors]
        if missing:
            raise ValueError(f"priors must have a share for each class, got none for {missing!r}. Add them.")
        priors = [priors[label] for label in names]
    try:
        shares = np.asarray(priors, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"priors must be numbers, one share for each of the {len(names)} classes, got {priors!r}. Pass counts, or "
            "leave priors out."
        ) from error
    if shares.shape != classes.shape:
        raise ValueError(
            f"priors must have one share for each of the {len(names)} classes, got an array of shape "
            f"{shares.shape}. The order is that of classes_: {names!r}; a dict names them."
        )
    bad = np.flatnonzero(~(np.isfinite(shares) & (shares > 0)))
    if len(bad):
        raise ValueError(
            f"priors must be positive, got {shares[bad[0]]} for class {names[bad[0]]!r}. Remove the class, "
            "or give it a small share."
        )
    return shares / shares.sum()


def log_shares(shares: np.ndarray) -> np.ndarray:
    """Return the logarithms of class shares, 0 for a share of 0: nothing speaks for raising that class.

    Examples
    --------
    >>> log_shares(np.array([0.5, 0.5, 0.0])).round(3)
    array([-0.693, -0.693,  0.   ])
    """
    return np.log(np.where(shares > 0, shares, 1.0))


def adjust_scores(scores: np.ndarray, priors: np.ndarray, tau: float) -> np.ndarray:
    """Return ``scores - tau * log(priors)`` (Menon et al. 2021, post-hoc logit adjustment).

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
        Logits; for two classes the log odds of the second.
    priors : ndarray of shape (n_classes,)
    tau : float

    Examples
    --------
    >>> adjust_scores(np.array([[2.0, 1.0]]), np.array([0.75, 0.25]), 1.0).round(3)
    array([[2.288, 2.386]])
    """
    shift = tau * log_shares(priors)
    return scores - (shift[1] - shift[0] if scores.ndim == 1 else shift)


def best_class(scores: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the class of the highest score of each row; of two, the second if its score is above 0."""
    return classes[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]


def score_method(estimator: Any, X: Any) -> str:
    """Return which method of a fitted classifier has the log probabilities, judged on a few rows of `X`.

    "decision_function" if its softmax (of two classes, its sigmoid) is ``predict_proba``, or if there is no
    ``predict_proba``; else "predict_proba".
    """
    if not hasattr(estimator, "predict_proba"):
        return "decision_function"
    if not hasattr(estimator, "decision_function"):
        return "predict_proba"
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    few = rows_of(X, np.unique(np.linspace(0, n_rows - 1, _ROWS_COMPARED).astype(int)))
    scores, proba = estimator.decision_function(few), estimator.predict_proba(few)
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros_like(scores), scores])
    logits = scores.shape == proba.shape and np.allclose(softmax(scores, axis=1), proba, atol=1e-5)
    return "decision_function" if logits else "predict_proba"


def log_scores(estimator: Any, X: Any, method: str) -> np.ndarray:
    """Return scores of shape (n_samples, n_classes), or (n_samples,) for two classes."""
    if method == "predict_proba":
        # A probability of 0 has no logarithm: the smallest number stands in for it.
        logs = np.log(np.maximum(estimator.predict_proba(X), np.finfo(float).tiny))
        return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs
    scores = np.asarray(estimator.decision_function(X))
    if scores.ndim == 2 and scores.shape[1] != len(estimator.classes_):
        raise ValueError(
            f"decision_function must return one column for each of the {len(estimator.classes_)} classes, got "
            f"{scores.shape[1]}. Use one-vs-rest scores (decision_function_shape='ovr'), or a classifier with "
            "predict_proba."
        )
    return scores


def rows_of(X: Any, rows: np.ndarray) -> Any:
    """Return rows of a container or of a sparse matrix."""
    return X[rows] if hasattr(X, "tocsr") else take(X, rows)
