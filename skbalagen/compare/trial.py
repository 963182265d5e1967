"""What became of one remedy in the cross-validation."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
from sklearn.base import clone

from skbalagen.compare.remedies import Remedy
from skbalagen.compare.scores import macro_mean, macro_standard_error

__all__ = ["Trial"]

# Training rows of a class, from one bound to below the next.
_SIZES = (1, 6, 21, 101, np.inf)


class Trial:
    """One remedy, and which of the rows it predicted right.

    Parameters
    ----------
    remedy : Remedy
    estimator : RemedyClassifier
        Unfitted.

    Attributes
    ----------
    right, scored : ndarray of int, of shape (n_rows,)
        How often each row was predicted right, and how often it was held out.
    seconds : list of float
        Of each fit.
    note : str
        Why it was given up; "" if it was not.
    error : Exception or None
        Of a remedy that cannot be fitted here.
    """

    def __init__(self, remedy: Remedy, estimator: Any) -> None:
        self.remedy = remedy
        self.estimator = estimator
        self.right = self.scores = np.zeros(0, dtype=int)
        self.seconds: list[float] = []
        self.note = ""
        self.error: Exception | None = None

    @property
    def costly(self) -> bool:
        """Whether rows are generated for each fit."""
        return self.remedy.generator is not None

    @property
    def tried(self) -> bool:
        """Whether it was scored on at least one fold."""
        return bool(self.seconds)

    @property
    def scored(self) -> np.ndarray:
        """Which rows were held out at least once, of shape (n_rows,)."""
        return self.scores > 0

    def run(self, X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> None:
        """Fit on the training rows and predict the test rows."""
        if not len(self.scores):
            self.right, self.scores = np.zeros(len(y), dtype=int), np.zeros(len(y), dtype=int)
        start = time.monotonic()
        predicted = clone(self.estimator).fit(X[train], y[train]).predict(X[test])
        self.seconds.append(time.monotonic() - start)
        self.right[test] += predicted == y[test]
        self.scores[test] += 1

    def fits_into(self, deadline: float) -> bool:
        """Return whether one more fit, and the refit, probably end before the deadline."""
        longest = max(self.seconds, default=0.0)
        return time.monotonic() + 2 * longest < deadline

    def give_up(self, why: str) -> None:
        """Stop trying; folds that were scored still count."""
        self.note = self.note or why

    def leave_out(self, error: Exception) -> None:
        """Forget what was scored: the remedy needs what is not here, and could not be refitted either."""
        self.error, self.seconds = error, []
        self.give_up(str(error))

    def score(self, y: np.ndarray) -> tuple[float, float]:
        """Return macro accuracy and its standard error, both in [0, 1]; nan if it was not tried."""
        if not self.tried:
            return float("nan"), float("nan")
        share = self.right[self.scored] / self.scores[self.scored]
        return macro_mean(share, y[self.scored]), macro_standard_error(share, y[self.scored])

    def lead_over(self, other: Trial, y: np.ndarray) -> tuple[float, float]:
        """Return the mean lead over another trial on the rows that both were scored on, and its standard error."""
        rows = self.scored & other.scored
        lead = self.right[rows] / self.scores[rows] - other.right[rows] / other.scores[rows]
        return macro_mean(lead, y[rows]), macro_standard_error(lead, y[rows])

    def recall_by_size(self, y: np.ndarray) -> dict[str, float]:
        """Return the mean per-class recall of classes by their number of rows, in [0, 1]."""
        labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        seen = np.bincount(codes, weights=self.scores, minlength=len(labels))
        right = np.bincount(codes, weights=self.right, minlength=len(labels))
        found = {}
        for low, high in itertools.pairwise(_SIZES):
            classes = (counts >= low) & (counts < high) & (seen > 0)
            if classes.any():
                name = f"{low:g} rows or more" if high == np.inf else f"{low:g} to {high - 1:g} rows"
                found[name] = float((right[classes] / seen[classes]).mean())
        return found
