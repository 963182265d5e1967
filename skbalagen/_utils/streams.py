"""What a generator has to return: one candidate, a text or None, for each index that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["check_candidates"]

_CURE = "Correct the generator; see skbalagen.TextGenerator."


def check_candidates(candidates: Any, spans: Mapping[Any, range]) -> None:
    """Raise an error unless a generator returned what it was asked for.

    Parameters
    ----------
    candidates : mapping of {label: sequence of (str or None)}
        What ``generator.sample(spans)`` returned.
    spans : mapping of {label: range}

    Raises
    ------
    TypeError
        No mapping, or a candidate that is neither a str nor None; the class and the index are named.
    ValueError
        Too few or too many candidates, or other classes.

    Examples
    --------
    >>> check_candidates({"a": ["one", None]}, {"a": range(2)})
    """
    if not isinstance(candidates, Mapping):
        raise TypeError(
            "generator.sample must return a dict of {label: list of candidates}, got "
            f"{type(candidates).__name__}. {_CURE}"
        )
    for label, span in spans.items():
        texts = candidates.get(label, ())
        if isinstance(texts, str) or not (isinstance(texts, Sequence) or hasattr(texts, "__array__")):
            raise TypeError(
                f"generator.sample must return a list of candidates for each class, got {type(texts).__name__} for "
                f"{label!r}. {_CURE}"
            )
        for index, text in zip(span, texts, strict=False):
            if not (text is None or isinstance(text, str)):
                raise TypeError(
                    f"generator.sample must return candidates that are a str or None, got {text!r} "
                    f"({type(text).__name__}) for candidate {index} of {label!r}. {_CURE}"
                )
    got = {label: len(texts) for label, texts in candidates.items()}
    wanted = {label: len(span) for label, span in spans.items()}
    if got != wanted:
        raise ValueError(
            f"generator.sample must return one candidate (a text or None) for each index of its spans, expected "
            f"{wanted!r} candidates, got {got!r}. {_CURE}"
        )
