"""What the over-samplers of vectors share: checks, one draw per class, and how many new rows are distinct."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from scipy.sparse import issparse

from skbalagen._utils.random import as_seed

__all__ = ["NewRows", "VectorOverSampler"]

# From a class, a number of rows and a source of randomness to so many new rows of the class.
NewRows = Callable[[Any, int, np.random.Generator], np.ndarray]


class VectorOverSampler(BaseOverSampler):
    """Base of samplers that learn from all rows, and then write new rows for each class that is to grow.

    A subclass has :meth:`_learn`. The rows of `X` come first, in their order and unchanged. New rows are dense: a sparse
    `X` is made dense inside, and comes back sparse.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        How many rows each class should have, as in imbalanced-learn: "auto" fills all classes up to the largest.
    random_state : int, RandomState instance or None, default=None
        Source of all randomness.

    Attributes
    ----------
    sampling_strategy_ : dict of {label: int}
        Rows to add to each class.
    distinct_share_ : dict of {label: float}
        Share of the new rows of each class that are distinct (to six decimals), in (0, 1]. Far below 1, the class
        has too few rows to draw so many from, or a network has collapsed to a few points.
    """

    _parameter_constraints = {**BaseOverSampler._parameter_constraints}  # noqa: RUF012 - scikit-learn's own form

    def __init__(self, *, sampling_strategy: Any = "auto", random_state: Any = None) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state

    @abstractmethod
    def _learn(self, X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> NewRows:
        """Learn from the rows `X`, float64 of shape (n_samples, n_features), and return what writes new ones."""

    def _fit_resample(self, X: Any, y: np.ndarray, **params: Any) -> tuple[Any, np.ndarray]:
        if issparse(X):
            X_new, y_new = self._fit_resample(X.toarray(), y)
            return type(X)(X_new), y_new
        rng = np.random.default_rng(as_seed(self.random_state))
        labels = np.unique(y).tolist()
        # A source of randomness for each class, so that its rows do not depend on which others grow.
        rngs = dict(zip(labels, rng.spawn(len(labels)), strict=True))
        wanted = {c: self.sampling_strategy_[c] for c in labels if self.sampling_strategy_.get(c, 0)}
        self.distinct_share_: dict[Any, float] = {}
        if not wanted:
            return X.copy(), y.copy()
        new_rows = self._learn(np.ascontiguousarray(X, dtype=np.float64), y, rng)
        blocks = {label: new_rows(label, n, rngs[label]) for label, n in wanted.items()}
        for label, block in blocks.items():
            self.distinct_share_[label] = len(np.unique(block.round(6), axis=0)) / len(block)
        dtype = X.dtype if np.issubdtype(X.dtype, np.floating) else np.float64
        X_new = np.concatenate([X.astype(dtype), *(block.astype(dtype) for block in blocks.values())])
        added = np.repeat(np.array(list(wanted), dtype=y.dtype), list(wanted.values()))
        return X_new, np.concatenate([y, added])
