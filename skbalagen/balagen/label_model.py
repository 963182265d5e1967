"""Dawid and Skene's model of labelers that err, each in its own way."""

from __future__ import annotations

import warnings
from typing import Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning

__all__ = ["DawidSkene"]


class DawidSkene:
    """How often each labeler says each class where another is true, and what their votes together mean.

    Given the true class, labelers err independently of each other. The true classes may be known; if they are not,
    expectation-maximisation estimates them and the errors in turn, from the shares of the votes on.

    Parameters
    ----------
    n_classes : int
    smoothing : float, default=1.0
        Votes, spread evenly over the classes, that are added to those counted for each labeler and true class. Above 0,
        so that what was never seen is not impossible.
    max_iter : int, default=100
        Most rounds of expectation-maximisation.
    tol : float, default=1e-6
        Largest change of a probability at which the rounds end.

    Attributes
    ----------
    confusion_ : ndarray of shape (n_labelers, n_classes, n_classes)
        Probability that a labeler says the class of the last axis where that of the middle one is true.
    class_prior_ : ndarray of shape (n_classes,)
        Share of each class among the rows.
    n_iter_ : int
        Rounds; 0 if the true classes were known.

    References
    ----------
    Dawid and Skene (1979), "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", Applied
    Statistics. The smoothing is not theirs.

    Examples
    --------
    The third labeler errs on half of the rows of class 0, so its vote for class 1 says little:

    >>> votes = np.array([[0, 0, 1], [0, 0, 0], [1, 1, 1], [1, 1, 1]])
    >>> model = DawidSkene(n_classes=2).fit(votes, [0, 0, 1, 1])
    >>> model.confusion_[2].round(2).tolist()
    [[0.5, 0.5], [0.17, 0.83]]
    >>> model.predict_proba(np.array([[0, 0, 1]])).round(2).tolist()
    [[0.94, 0.06]]
    """

    def __init__(
        self, *, n_classes: int, smoothing: float = 1.0, max_iter: int = 100, tol: float = 1e-6
    ) -> None:
        self.n_classes = n_classes
        self.smoothing = smoothing
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, votes: np.ndarray, y: np.ndarray | None = None) -> Self:
        """Estimate the errors of the labelers.

        Parameters
        ----------
        votes : ndarray of int, of shape (n_samples, n_labelers)
            Number of the class, from 0, that each labeler says.
        y : ndarray of int, of shape (n_samples,), default=None
            Number of the true class of each row, if it is known.

        Returns
        -------
        self : object
        """
        said = np.eye(self.n_classes)[votes]
        self.n_iter_ = 0
        if y is not None:
            self._count(said, np.eye(self.n_classes)[np.asarray(y)])
            return self
        posterior, change = said.mean(axis=1), np.inf
        while change > self.tol and self.n_iter_ < self.max_iter:
            self._count(said, posterior)
            before, posterior = posterior, self.predict_proba(votes)
            change = float(np.abs(posterior - before).max(initial=0.0))
            self.n_iter_ += 1
        if change > self.tol:
            warnings.warn(
                f"The label model changed by {change:.2g} in the last of {self.max_iter} rounds, expected at most "
                f"{self.tol:g}. Raise max_iter, or tol.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict_proba(self, votes: np.ndarray, class_prior: np.ndarray | None = None) -> np.ndarray:
        """Return the probability of each class given the votes, of shape (n_samples, n_classes).

        Parameters
        ----------
        votes : ndarray of int, of shape (n_samples, n_labelers)
        class_prior : ndarray of shape (n_classes,), default=None
            Probability of each class before a vote is cast; None is `class_prior_`.
        """
        with np.errstate(divide="ignore"):  # a class without rows has the prior 0
            evidence = np.log(self.class_prior_ if class_prior is None else class_prior)
        evidence = evidence + sum(
            np.log(confusion[:, vote]).T for confusion, vote in zip(self.confusion_, votes.T, strict=True)
        )
        weights = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    def _count(self, said: np.ndarray, posterior: np.ndarray) -> None:
        """Set the errors and the prior to what the votes say if rows have the classes of `posterior`."""
        counts = np.einsum("it,ils->lts", posterior, said) + self.smoothing / self.n_classes
        self.confusion_ = counts / counts.sum(axis=2, keepdims=True)
        self.class_prior_ = posterior.mean(axis=0)
