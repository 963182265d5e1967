"""The protocol of a text generator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from skbalagen._utils.text import Labels, Texts

__all__ = ["TextGenerator", "check_span_labels"]


@runtime_checkable
class TextGenerator(Protocol):
    """What the resampler asks of a generator.

    The candidates of a class form a *stream*: candidate ``i`` of class ``c`` is a pure function of the
    fitted generator, ``c``, ``i`` and ``random_state``. It does not depend on how many candidates are asked
    for, on the other classes, or on the size of a batch.

    A generator may give advice, which the resampler takes where its own parameters leave the choice open:

    - a method ``advised_share(n_rows)`` returns the fraction, in (0, 1], of the rows that a class of `n_rows`
      rows lacks that is better filled by generation than by copies; 1 without the method;
    - a number `advised_rows` is the class size up to which it pays to grow all classes, the largest
      included; 0 without the attribute.
    """

    def fit(self, X: Texts, y: Labels) -> Self:
        """Learn from labeled texts.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object
        """
        ...

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
            In the order of the ranges; None where a candidate failed.
        """
        ...


def check_span_labels(spans: Iterable[Any], classes: Sequence[Any]) -> None:
    """Raise an error if `spans` asks for a class that is not among the fitted `classes`.

    Parameters
    ----------
    spans : iterable of label
        The labels that candidates are asked for: the keys of a mapping of spans.
    classes : sequence of label
        The labels that the generator was fitted on.

    Raises
    ------
    ValueError
        A label that was not fitted.

    Examples
    --------
    >>> check_span_labels({"a": range(3)}, ["a", "b"])
    """
    fitted = set(classes)
    missing = [label for label in spans if label not in fitted]
    if missing:
        raise ValueError(
            f"spans must name classes that the generator was fitted on, got {missing!r}; the fitted classes "
            f"are {list(classes)!r}. Fit the generator with rows of these classes, or leave them out of spans."
        )
