"""Fewer columns for a linear model on words: those that one text alone has say the same, and become one."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

__all__ = ["SingleRowColumns"]


class SingleRowColumns(TransformerMixin, BaseEstimator):
    """Merge the columns that are not 0 in one distinct row only into one column of that row.

    Such columns are multiples of one another, so this is a rotation of the rows: a linear model with an L2 penalty,
    such as logistic regression, gives the same probabilities with fewer weights. Most pairs of words are of this kind.

    Attributes
    ----------
    rotation_ : sparse matrix of shape (n_features, n_merged)
        Its columns have length 1. A feature that no row has is left out: its weight would be 0.

    Examples
    --------
    >>> X = csr_matrix([[1.0, 3.0, 4.0, 0.0], [1.0, 0.0, 0.0, 2.0]])
    >>> SingleRowColumns().fit_transform(X).toarray()
    array([[1., 5., 0.],
           [1., 0., 2.]])
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the columns of one row.

        Parameters
        ----------
        X : sparse matrix of shape (n_samples, n_features)
            Equal rows count as one.
        y : ignored

        Returns
        -------
        self : object
        """
        columns = _distinct_rows(csr_matrix(X)).tocsc()
        columns.eliminate_zeros()
        n_rows_with = np.diff(columns.indptr)
        shared, single = np.flatnonzero(n_rows_with > 1), np.flatnonzero(n_rows_with == 1)
        row, value = (part[columns.indptr[single]] for part in (columns.indices, columns.data))
        length = np.sqrt(np.bincount(row, value**2, minlength=columns.shape[0]))
        rows, place = np.unique(row, return_inverse=True)
        features = np.concatenate([shared, single])
        merged = np.concatenate([np.arange(len(shared)), len(shared) + place])
        values = np.concatenate([np.ones(len(shared)), value / length[row]])
        shape = (columns.shape[1], len(shared) + len(rows))
        self.rotation_ = csr_matrix((values, (features, merged)), shape=shape)
        return self

    def transform(self, X: Any) -> csr_matrix:
        """Return the rows with merged columns, of shape (n_samples, n_merged)."""
        check_is_fitted(self)
        return csr_matrix(X) @ self.rotation_


def _distinct_rows(X: csr_matrix) -> csr_matrix:
    """Return the first of each set of equal rows."""
    X.sort_indices()
    first: dict[tuple[bytes, bytes], int] = {}
    for row, (start, end) in enumerate(zip(X.indptr[:-1], X.indptr[1:], strict=True)):
        first.setdefault((X.indices[start:end].tobytes(), X.data[start:end].tobytes()), row)
    return X[list(first.values())]
