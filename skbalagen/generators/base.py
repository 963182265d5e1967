"""The protocol of a text generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
      included; 0 without the attribute;
    - a method ``count_tokens(words)`` returns in how many tokens its model reads each word of a list: one that takes
      more of them than the words of the rows is no word. Without the method no such words are looked for.
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


def check_span_labels(spans: Mapping[Any, range], classes: Sequence[Any]) -> None:
    """Raise an error if `spans` is no mapping to ranges, or asks for a class that is not among the fitted `classes`.

    Parameters
    ----------
    spans : mapping of {label: range}
        Which candidates of each class are asked for.
    classes : sequence of label
        The labels that the generator was fitted on.

    Raises
    ------
    TypeError
        `spans` is no mapping, or maps a label to something that is no range.
    ValueError
        A label that was not fitted, or a range whose step is not 1 or that begins below 0.

    Examples
    --------
    >>> check_span_labels({"a": range(3)}, ["a", "b"])
    """
    if not isinstance(spans, Mapping):
        raise TypeError(
            f"spans must be a dict of {{label: range}}, got {type(spans).__name__}. Say which candidates of each "
            "class are wanted, as in {label: range(10)}."
        )
    fitted = set(classes)
    missing = [label for label in spans if label not in fitted]
    if missing:
        raise ValueError(
            f"spans must name classes that the generator was fitted on, got {missing!r}; the fitted classes "
            f"are {list(classes)!r}. Fit the generator with rows of these classes, or leave them out of spans."
        )
    for label, span in spans.items():
        if not isinstance(span, range):
            raise TypeError(
                f"spans must be a dict of {{label: range}}, got {span!r} ({type(span).__name__}) for {label!r}. Pass "
                f"range(n) for the first n candidates."
            )
        if span.step != 1 or span.start < 0:
            raise ValueError(
                f"spans must be ranges of step 1 from 0 on, got {span!r} for {label!r}. Pass range(start, stop)."
            )
