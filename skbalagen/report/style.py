"""Colours and wording that plots, pages and the notebook share."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

__all__ = ["COLOURS", "HATCH", "counted", "listed", "shortened"]


# Blue, orange, red and greys differ in lightness too: they can be told apart without colour vision and in print.
COLOURS = {
    "kept": "#4c6a92",
    "generated": "#d9822b",
    "unlabeled": "#f0c9a0",
    "copied": "#b8b8b8",
    "removed": "#ffffff",
    "accepted": "#d9822b",
    "refused": "#a33b3b",
    "rejected": "#b8b8b8",
    "repeated": "#4c6a92",
}
# Removed rows are hatched, since white on white would not be seen.
HATCH = "#8a9099"
_MOST_NAMED = 8


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number and its noun, in the singular or the plural.

    Parameters
    ----------
    n : int
    noun : str
        In the singular.
    plural : str, default=None
        None adds an s, or es after an s.

    Examples
    --------
    >>> counted(1, "class"), counted(1200, "class"), counted(0, "row"), counted(2, "copy", "copies")
    ('1 class', '1,200 classes', '0 rows', '2 copies')
    """
    if n == 1:
        return f"1 {noun}"
    return f"{n:,} {plural or noun + ('es' if noun.endswith('s') else 's')}"


def shortened(label: Any, length: int = 30) -> str:
    """Return a label on one line, cut to `length` characters.

    Examples
    --------
    >>> shortened("How do I \\n  reset it?", 12)
    'How do I re…'
    """
    line = " ".join(str(label).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def listed(labels: Iterable[Any], most: int = _MOST_NAMED) -> str:
    """Return the first labels as one line, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b, c', 'a, b and 1 more')
    """
    rest = iter(labels)
    names = ", ".join(shortened(label, 40) for label in islice(rest, most))
    more = sum(1 for _ in rest)
    return f"{names} and {more:,} more" if more else names
