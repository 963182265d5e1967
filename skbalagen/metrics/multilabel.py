"""Scores of classifiers that give a row several labels."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score, precision_recall_fscore_support

__all__ = ["multilabel_report", "multilabel_scores"]


def multilabel_report(
    y_true: Any, y_pred: Any, y_score: Any = None, *, labels: list[Any] | None = None
) -> pd.DataFrame:
    """Return precision, recall, F1 and average precision of each label.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples, n_labels)
        One column of 0 and 1 per label.
    y_score : array-like of shape (n_samples, n_labels), default=None
        Probabilities, or any score that is higher the likelier a label is. None leaves the average precision out.
    labels : list, default=None
        Names of the columns; None takes those of a DataFrame `y_true`, or column numbers.

    Returns
    -------
    DataFrame of shape (n_labels, 4 or 5)
        n (true rows), precision, recall, f1, and average_precision with `y_score`; all but n in [0, 1]. A share of
        nothing is 0; the average precision of a label without a true row is nan.

    Raises
    ------
    ValueError
        Columns that are not 0 and 1, or shapes that differ.

    Examples
    --------
    >>> multilabel_report([[1, 0], [1, 1], [0, 1]], [[1, 0], [0, 1], [0, 1]], labels=["joy", "fear"]).round(2)
          n  precision  recall    f1
    joy   2        1.0     0.5  0.67
    fear  2        1.0     1.0  1.00
    """
    if labels is None:
        labels = list(getattr(y_true, "columns", range(np.asarray(y_true).shape[-1])))
    true, pred = _indicator(y_true, "y_true"), _indicator(y_pred, "y_pred")
    _check_shape(pred, "y_pred", true)
    precision, recall, f1, _ = precision_recall_fscore_support(true, pred, average=None, zero_division=0)
    table = pd.DataFrame(
        {"n": true.sum(axis=0), "precision": precision, "recall": recall, "f1": f1}, index=pd.Index(labels)
    )
    if y_score is not None:
        score = np.asarray(y_score, dtype=float)
        _check_shape(score, "y_score", true)
        table["average_precision"] = [
            average_precision_score(t, s) if t.any() else np.nan for t, s in zip(true.T, score.T, strict=True)
        ]
    return table


def multilabel_scores(
    y_true: Any,
    y_pred: Any,
    y_score: Any = None,
    *,
    n_train: Any = None,
    sizes: tuple[int, ...] = (1, 101, 501, 2001),
) -> dict[str, float]:
    """Return macro and micro F1, the mean average precision, and macro F1 by the number of training rows.

    Parameters
    ----------
    y_true, y_pred, y_score
        As for :func:`multilabel_report`.
    n_train : array-like of int, of shape (n_labels,), default=None
        Training rows of each label; None leaves the scores by size out.
    sizes : tuple of int, default=(1, 101, 501, 2001)
        Training rows at which each group of labels begins; the last has no end.

    Returns
    -------
    dict of str to float
        "macro_f1", "micro_f1", "mean_average_precision" (labels without a true row left out), and such as
        "macro_f1, 1 to 100 rows"; all in [0, 1].

    References
    ----------
    Henning et al. (2023), "A Survey of Methods for Addressing Class Imbalance in Deep-Learning Based NLP", EACL,
    which asks for scores per class and by class size.

    Examples
    --------
    >>> multilabel_scores([[1, 0], [1, 1]], [[1, 0], [1, 0]], n_train=[300, 20])["macro_f1, 1 to 100 rows"]
    0.0
    """
    report = multilabel_report(y_true, y_pred, y_score)
    micro = f1_score(
        _indicator(y_true, "y_true"), _indicator(y_pred, "y_pred"), average="micro", zero_division=0
    )
    scores = {"macro_f1": float(report["f1"].mean()), "micro_f1": float(micro)}
    if y_score is not None:
        scores["mean_average_precision"] = float(report["average_precision"].mean())
    if n_train is not None:
        rows = np.asarray(n_train)
        if rows.shape != (len(report),):
            raise ValueError(
                f"n_train must hold one number of rows per label, shape ({len(report)},), got shape {rows.shape}. Pass "
                "y_train.sum(axis=0)."
            )
        for low, high in pairwise((*sizes, np.inf)):
            group = (rows >= low) & (rows < high)
            if group.any():
                name = f"{low} rows or more" if high == np.inf else f"{low} to {high - 1} rows"
                scores[f"macro_f1, {name}"] = float(report["f1"].to_numpy()[group].mean())
    return scores


def _indicator(y: Any, name: str) -> np.ndarray:
    values = np.asarray(y)
    if values.ndim != 2 or not len(values) or not np.isin(values, (0, 1)).all():
        raise ValueError(
            f"{name} must have one column of 0 and 1 per label and at least one row, got shape {values.shape} and dtype "
            f"{values.dtype}. Label lists become such columns by Series.str.get_dummies or MultiLabelBinarizer."
        )
    return values.astype(int)


def _check_shape(values: np.ndarray, name: str, true: np.ndarray) -> None:
    if values.shape != true.shape:
        raise ValueError(
            f"{name} must have the shape of y_true, {true.shape}, got {values.shape}. Pass the same rows and labels."
        )
