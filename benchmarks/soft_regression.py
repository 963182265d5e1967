"""Multinomial logistic regression on targets that are shares of classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import BaseEstimator

__all__ = ["SoftLogisticRegression"]


class SoftLogisticRegression(BaseEstimator):
    """Logistic regression whose target is a distribution over classes for each row.

    The optimum is that of scikit-learn's LogisticRegression on each row once for each class, weighted by its share; this
    takes as many rows as there are texts. A fit starts where the last one ended.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the regularisation.
    tol : float, default=1e-4
        Largest part of the gradient of the mean loss at which to stop.
    max_iter : int, default=500
    """

    def __init__(self, C: float = 1.0, tol: float = 1e-4, max_iter: int = 500) -> None:
        self.C = C
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: Any, targets: np.ndarray, sample_weight: np.ndarray) -> Self:
        """Fit on the features `X`, of shape (n_samples, n_features), and `targets`, (n_samples, n_classes)."""
        n_features, n_classes = X.shape[1], targets.shape[1]
        total = sample_weight.sum()
        weights = (sample_weight / total)[:, None]
        weighted_targets = weights * targets
        penalty = 1 / (self.C * total)
        transposed = X.T.tocsr() if hasattr(X, "tocsr") else X.T

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            parameters = flat.reshape(n_features + 1, n_classes)  # the last row is the intercept
            coef = parameters[:-1]
            logs = log_softmax(X @ coef + parameters[-1], axis=1)
            residual = weights * np.exp(logs) - weighted_targets  # targets add up to 1
            gradient = np.vstack([transposed @ residual + penalty * coef, residual.sum(axis=0)])
            value = -(weighted_targets * logs).sum() + penalty / 2 * (coef**2).sum()
            return float(value), gradient.ravel()

        start = getattr(self, "parameters_", np.zeros((n_features + 1, n_classes))).ravel()
        found = minimize(
            loss,
            start,
            jac=True,
            method="L-BFGS-B",
            options={"gtol": self.tol, "maxiter": self.max_iter, "maxls": 50},
        )
        self.parameters_ = found.x.reshape(n_features + 1, n_classes)
        self.n_iter_ = found.nit
        return self

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return log probabilities, of shape (n_samples, n_classes)."""
        return log_softmax(X @ self.parameters_[:-1] + self.parameters_[-1], axis=1)
