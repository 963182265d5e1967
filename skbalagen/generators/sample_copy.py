"""Copies of training rows: the paper's baseline generator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.random import as_seed, stream_uniforms
from skbalagen._utils.sklearn_compat import fit_context
from skbalagen._utils.text import Labels, Texts
from skbalagen._utils.validation import check_generator_rows
from skbalagen.generators.base import check_span_labels

__all__ = ["SampleCopyGenerator"]


class SampleCopyGenerator(BaseEstimator):
    """Draw rows of the class at random, with replacement.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    texts_ : ndarray of object, of shape (n_samples,)
        The training texts.
    rows_ : dict of {label: ndarray of int, of shape (n_rows_of_class,)}
        Row numbers of the training set, by class, ascending.

    Notes
    -----
    The resampler takes row numbers from :meth:`sample_rows`, so that each copy keeps its source. Copies are
    not judged by the labelers and do not count as synthetic.

    References
    ----------
    Tepper et al. (2020), "Balancing via Generation for Multi-Class Text Classification Improvement",
    Findings of EMNLP: sample-copy, the simple over-sampler of Algorithm 1.

    Examples
    --------
    >>> from skbalagen import SampleCopyGenerator
    >>> generator = SampleCopyGenerator().fit(["hi", "hello", "bye"], ["in", "in", "out"])
    >>> generator.sample({"out": range(2)}, random_state=0)
    {'out': ['bye', 'bye']}
    >>> generator.sample_rows({"out": range(2)}, random_state=0)
    {'out': array([2, 2])}
    """

    _parameter_constraints: dict = {}  # noqa: RUF012 - scikit-learn's own form

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Remember the training rows.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts; blank ones are allowed.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            `X` is one string, or holds something that is not a text; labels of several types.
        ValueError
            `X` is empty, a label is missing, or `X` and `y` differ in length.
        """
        self.texts_, labels = check_generator_rows(X, y)
        self.classes_, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        by_class = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
        self.rows_ = dict(zip(self.classes_.tolist(), by_class, strict=True))
        return self

    def sample_rows(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, np.ndarray]:
        """Return the training row of each candidate of each label's stream.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams.

        Returns
        -------
        dict of {label: ndarray of int, of shape (len(span),)}
            Row numbers of the training set.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        ValueError, TypeError
            A label that was not fitted, or a span that is no range from 0 on.
        """
        check_is_fitted(self)
        check_span_labels(spans, list(self.rows_))
        seed = as_seed(random_state)
        drawn = {}
        for label, span in spans.items():
            rows = self.rows_[label]
            drawn[label] = rows[(stream_uniforms(seed, label, span) * len(rows)).astype(np.intp)]
        return drawn

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return candidates of each label's stream: the texts of :meth:`sample_rows`.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams.

        Returns
        -------
        dict of {label: list of str}
            In the order of the ranges; always training rows of the class.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        ValueError, TypeError
            A label that was not fitted, or a span that is no range from 0 on.
        """
        drawn = self.sample_rows(spans, random_state=random_state)
        return {label: self.texts_[rows].tolist() for label, rows in drawn.items()}
