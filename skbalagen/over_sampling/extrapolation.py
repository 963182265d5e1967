"""GE3 and REPRINT: rows of other classes, moved to where a small class lies."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.over_sampling.base import NewRows, VectorOverSampler

__all__ = ["GE3", "REPRINT", "ClassShape", "extrapolate"]


class ClassShape(NamedTuple):
    """Where a class lies, and the directions in which its rows differ most.

    Attributes
    ----------
    mean : ndarray of shape (n_features,)
    axes : ndarray of shape (n_axes, n_features)
        Orthonormal: its first principal components.
    """

    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, n_components: int) -> Self:
        """Return the shape of `rows`, with at most `n_components`, ``len(rows) - 1`` and their rank of axes."""
        mean = rows.mean(axis=0)
        if n_components == 0 or len(rows) == 1:
            return cls(mean, np.empty((0, rows.shape[1])))
        _, spread, axes = np.linalg.svd(rows - mean, full_matrices=False)
        rank = int((spread > spread[0] * len(rows) * np.finfo(float).eps).sum())
        return cls(mean, axes[: min(n_components, len(rows) - 1, rank)])

    def within(self, rows: np.ndarray) -> np.ndarray:
        """Return the part of the deviations from the mean that lies along the axes, of the shape of `rows`."""
        return (rows - self.mean) @ self.axes.T @ self.axes


def extrapolate(
    x_source: np.ndarray, source: ClassShape, x_target: np.ndarray, target: ClassShape
) -> np.ndarray:
    """Return rows of one class as rows of another: (I - P_s)(x_s - mu_s) + P_t (x_t - mu_t) + mu_t.

    Without axes it is x_s - mu_s + mu_t.

    Parameters
    ----------
    x_source, x_target : ndarray of shape (n, n_features)
        Rows of the two classes, in pairs.
    source, target : ClassShape
        mu and P of the two classes.

    Examples
    --------
    >>> A, B = np.array([[0.0, 0], [2, 0], [1, 3]]), np.array([[5.0, 5], [7, 5]])
    >>> extrapolate(A, ClassShape.of(A, 0), B[[0, 0, 0]], ClassShape.of(B, 0)).tolist()
    [[5.0, 4.0], [7.0, 4.0], [6.0, 7.0]]
    """
    return x_source - source.mean - source.within(x_source) + target.within(x_target) + target.mean


class GE3(VectorOverSampler):
    """Good-enough example extrapolation: how rows of other classes differ from their mean, added to the mean of a class.

    A new row of class t is ``x_s - mu_s + mu_t``, for a row x_s of another class s. It stands behind an encoder, in
    front of a classifier of vectors.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        How many rows each class should have, as in imbalanced-learn: "auto" fills all classes up to the largest.
    random_state : int, RandomState instance or None, default=None
        Draws the rows of other classes, without replacement until none is left.

    Attributes
    ----------
    sampling_strategy_ : dict of {label: int}
        Rows to add to each class.
    distinct_share_ : dict of {label: float}
        Share of the new rows of each class that are distinct, in (0, 1].
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X is a DataFrame.

    See Also
    --------
    REPRINT : Leaves out the directions in which the other class differs most.
    imblearn.over_sampling.SMOTE : Interpolates between rows of the same class.

    Notes
    -----
    It assumes that classes differ in place, not in shape. New rows are not of unit length if X is, and are not made so.

    References
    ----------
    Wei (2021), "Good-Enough Example Extrapolation", EMNLP.

    Examples
    --------
    >>> X, y = [[0.0, 0], [2, 0], [1, 3], [5, 5], [7, 5]], ["a", "a", "a", "b", "b"]
    >>> X_new, y_new = GE3(sampling_strategy={"a": 5}, random_state=0).fit_resample(X, y)
    >>> sorted(X_new[5:])
    [[0.0, 1.0], [2.0, 1.0]]
    """

    def _learn(self, X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> NewRows:
        return _extrapolation(self, X, y, n_components=0)


class REPRINT(VectorOverSampler):
    """GE3 without the directions in which the other class differs most; those of the small class take their place.

    A new row of class t is ``(I - P_s)(x_s - mu_s) + P_t (x_t - mu_t) + mu_t``, for a row x_s of another class s and
    a row x_t of t drawn at random. P projects on the first principal components of a class.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        How many rows each class should have, as in imbalanced-learn: "auto" fills all classes up to the largest.
    n_components : int, default=10
        Principal components of each class, at least 0; at most one less than the class has rows. 0 is GE3; as many
        as the rank of each class gives copies of its rows.
    random_state : int, RandomState instance or None, default=None
        Draws both rows.

    Attributes
    ----------
    sampling_strategy_ : dict of {label: int}
        Rows to add to each class.
    distinct_share_ : dict of {label: float}
        Share of the new rows of each class that are distinct, in (0, 1].
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X is a DataFrame.

    See Also
    --------
    GE3 : The same without projections.

    Notes
    -----
    New rows have the label of their class. The label refinement that the paper describes is not here: in the authors'
    code its weight is a determinant that is 0, so that it has no effect.

    References
    ----------
    Wei et al. (2022), "REPRINT: a randomized extrapolation based on principal components for data augmentation".

    Examples
    --------
    >>> X, y = [[-2, 0.5], [0, -1], [2, 0.5], [10, 8], [10, 12]], ["a", "a", "a", "b", "b"]
    >>> X_new, y_new = REPRINT(n_components=1, random_state=0).fit_resample(X, y)
    >>> X_new[-1] in [[10, 8.5], [10, 12.5], [10, 7], [10, 11]]
    True
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        **VectorOverSampler._parameter_constraints,
        "n_components": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self, *, sampling_strategy: Any = "auto", n_components: int = 10, random_state: Any = None
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)
        self.n_components = n_components

    def _learn(self, X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> NewRows:
        return _extrapolation(self, X, y, n_components=self.n_components)


def _extrapolation(sampler: VectorOverSampler, X: np.ndarray, y: np.ndarray, *, n_components: int) -> NewRows:
    """Return what draws rows of other classes and moves them."""
    shapes = {label: ClassShape.of(X[y == label], n_components) for label in np.unique(y)}

    def new_rows(label: Any, n: int, rng: np.random.Generator) -> np.ndarray:
        others = np.flatnonzero(y != label)
        if n > len(others):
            warnings.warn(
                f"{type(sampler).__name__} is to add {n} rows to class {label!r}, and there are {len(others)} rows of "
                "other classes to move there: each is used several times. Lower sampling_strategy for this class.",
                UserWarning,
                stacklevel=6,
            )
        # Every other row once before any a second time.
        drawn = np.concatenate([rng.permutation(others) for _ in range(-(-n // len(others)))])[:n]
        partners = rng.choice(np.flatnonzero(y == label), size=n)
        made = np.empty((n, X.shape[1]))
        for other in np.unique(y[drawn]):
            of_it = y[drawn] == other
            made[of_it] = extrapolate(X[drawn[of_it]], shapes[other], X[partners[of_it]], shapes[label])
        return made

    return new_rows
