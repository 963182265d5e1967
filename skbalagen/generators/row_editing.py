"""Generators that edit a training row of the class, and know which row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.random import as_seed, stream_rng
from skbalagen._utils.sklearn_compat import fit_context
from skbalagen._utils.text import Labels, Texts
from skbalagen.generators.base import check_span_labels
from skbalagen.generators.sample_copy import SampleCopyGenerator

__all__ = ["RowEditingGenerator"]


class RowEditingGenerator(BaseEstimator):
    """Base class of generators whose candidate is a training row with an edit.

    For candidate ``i`` of class ``c`` a row of the class is drawn as :class:`~skbalagen.SampleCopyGenerator`
    draws it, and edited with the random generator of that candidate. A subclass writes ``_edit``; it may extend `fit`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    copies_ : SampleCopyGenerator
        Draws the rows that are edited.

    Examples
    --------
    >>> class Shouting(RowEditingGenerator):
    ...     def _edit(self, text, rng):
    ...         return text.upper() + "!" * int(rng.integers(1, 3))
    >>> generator = Shouting().fit(["hi", "hello", "bye"], ["in", "in", "out"])
    >>> generator.sample({"out": range(3)}, random_state=0)
    {'out': ['BYE!!', 'BYE!', 'BYE!!']}
    >>> generator.source_rows({"out": range(3)}, random_state=0)
    {'out': array([2, 2, 2])}
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
        self.copies_ = SampleCopyGenerator().fit(X, y)
        self.classes_ = self.copies_.classes_
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return candidates of each label's stream.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams.

        Returns
        -------
        dict of {label: list of (str or None)}
            In the order of the ranges; None where the row is blank or could not be edited.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        ValueError, TypeError
            A label that was not fitted, or a span that is no range from 0 on.
        """
        check_is_fitted(self)
        check_span_labels(spans, self.classes_.tolist())
        seed = as_seed(random_state)
        drawn = self.source_rows(spans, random_state=seed)
        texts = [text for label in spans for text in self.copies_.texts_[drawn[label]]]
        rngs = [stream_rng(seed, label, index) for label, span in spans.items() for index in span]
        edited = iter(self._edit_all(texts, rngs))
        return {label: [next(edited) for _ in span] for label, span in spans.items()}

    def source_rows(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, np.ndarray]:
        """Return the training row that each candidate of each label's stream is an edit of.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams: the integer that :meth:`sample` got, for the rows of its texts.

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
        return self.copies_.sample_rows(spans, random_state=random_state)

    def _edit_all(self, texts: Sequence[str], rngs: Sequence[np.random.Generator]) -> list[str | None]:
        """Return each of the rows with an edit, in their order, or None; blank rows have none."""
        return [
            self._edit(text, rng) if text.strip() else None for text, rng in zip(texts, rngs, strict=True)
        ]

    def _edit(self, text: str, rng: np.random.Generator) -> str | None:
        """Return `text`, which is not blank, with an edit, or None if there is none; `rng` is all the randomness."""
        raise NotImplementedError(f"{type(self).__name__} must define _edit(text, rng).")
