"""Prompts that show a language model rows of a class, others each time, and rows of the nearest class as not meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from skbalagen._utils.random import stream_rng
from skbalagen._utils.text import fold_text, label_words
from skbalagen.generators._words import split_words

__all__ = [
    "COMPLETION_PROMPT",
    "JSON_PROMPT",
    "LINES_PROMPT",
    "PLACES",
    "Prompt",
    "RowPrompts",
    "check_prompt",
    "nearest_classes",
]

# Places that a prompt may hold.
PLACES = ("label", "description", "examples", "avoid", "n")

_TASK = """\
Here are texts of the class "{label}"{description}, as people wrote them:

{examples}

{avoid}Write {n} new texts of the class "{label}". They should differ from those above and from one another in what they \
say and in their words, and have the length, the tone and the spelling of texts that people really write. Do not \
mention the name of the class if people would not.

"""
JSON_PROMPT = _TASK + "Answer with a JSON list of {n} strings, and nothing else."
LINES_PROMPT = _TASK + 'Answer with {n} lines that begin with "- ", and nothing else.'
# A list that a model goes on with, though nobody taught it to obey.
COMPLETION_PROMPT = """\
{avoid}Texts of the class "{label}"{description}:

{examples}
-"""

_AVOID = """\
These texts belong to the class "{label}", which is close, and is not meant:

{examples}

"""


class Prompt(NamedTuple):
    """A prompt, and the rows that it shows.

    Attributes
    ----------
    text : str
    rows : list of int
        Their numbers, those of the class first.
    known : frozenset of str
        Their texts, folded: what repeats one of them is not new.
    """

    text: str
    rows: list[int]
    known: frozenset[str]


@dataclass(frozen=True)
class RowPrompts:
    """The prompts of the classes.

    Attributes
    ----------
    texts, labels : ndarray of shape (n_samples,)
        The rows.
    nearest : mapping of {label: label}
        Whose rows are shown as not meant.
    template : str
        With places such as ``{examples}``: see `PLACES`.
    descriptions : mapping of {label: str}, or None
        What classes are about.
    n_examples, n_avoid, n_texts : int
        Most rows of the class and of the nearest one, and the texts to ask for.
    """

    texts: np.ndarray
    labels: np.ndarray
    nearest: Mapping[Any, Any]
    template: str
    descriptions: Mapping[Any, str] | None
    n_examples: int
    n_avoid: int
    n_texts: int

    @cached_property
    def rows(self) -> dict[Any, list[int]]:
        """The numbers of the rows of each class; of equal ones the first, since a prompt shows none twice."""
        rows: dict[Any, dict[str, int]] = {}
        for i, (text, label) in enumerate(zip(self.texts.tolist(), self.labels.tolist(), strict=True)):
            rows.setdefault(label, {}).setdefault(fold_text(text), i)
        return {label: list(numbers.values()) for label, numbers in rows.items()}

    def draw(self, label: Any, number: int, seed: int) -> Prompt:
        """Return prompt `number` of a class, with rows that are drawn by the seed."""
        rng = stream_rng(seed, label, number)
        shown = rng.permutation(self.rows[label])[: self.n_examples].tolist()
        avoided: list[int] = []
        other = self.nearest.get(label)
        if other is not None and self.n_avoid:
            avoided = rng.permutation(self.rows[other])[: self.n_avoid].tolist()
        return self.showing(label, shown, avoided)

    def showing(self, label: Any, shown: Sequence[int], avoided: Sequence[int]) -> Prompt:
        """Return the prompt of a class that shows these of its rows, and these of the nearest class."""
        rows = [*shown, *avoided]
        avoid = ""
        if avoided:
            other = {
                "label": label_words(self.nearest[label]),
                "examples": _listed(self.texts[avoided].tolist()),
            }
            avoid = _fill(_AVOID, other)
        description = (self.descriptions or {}).get(label)
        values = {
            "label": label_words(label),
            "description": f" ({description})" if description else "",
            "examples": _listed(self.texts[list(shown)].tolist()),
            "avoid": avoid,
            "n": str(self.n_texts),
        }
        return Prompt(_fill(self.template, values), rows, frozenset(map(fold_text, self.texts[rows])))


def check_prompt(prompt: str) -> None:
    """Raise a ValueError if a prompt has a place that is unknown, or none for the rows.

    Examples
    --------
    >>> check_prompt("{label}: {examples}")
    """
    places = re.findall(r"\{(\w+)\}", prompt)
    if set(places) - set(PLACES) or "examples" not in places:
        raise ValueError(
            f"prompt must have the place {{examples}} and no others than {list(PLACES)}, got {places!r}. Mend it, or "
            "leave it at None."
        )


def nearest_classes(X: np.ndarray, y: np.ndarray, classes: np.ndarray) -> dict[Any, Any]:
    """Return the other class whose words are most alike for each class; nothing for a single class.

    Parameters
    ----------
    X, y : ndarray of shape (n_samples,)
        Texts and labels.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    dict of {label: label}
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    labels = classes.tolist()
    if len(labels) < 2:
        return {}
    vectors = TfidfVectorizer(analyzer=lambda text: split_words(text.lower())).fit_transform(X)
    sums = np.vstack([np.asarray(vectors[np.flatnonzero(y == label)].sum(axis=0)) for label in labels])
    similar = cosine_similarity(sums)
    np.fill_diagonal(similar, -1.0)
    return {label: labels[int(column)] for label, column in zip(labels, similar.argmax(axis=1), strict=True)}


def _listed(texts: Sequence[str]) -> str:
    return "\n".join(f"- {' '.join(text.split())}" for text in texts)


def _fill(prompt: str, values: dict[str, str]) -> str:
    """Replace places in one pass, so that what is filled in is not read as a place: braces in texts stay."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), prompt)
