"""What a language model behind an endpoint is asked, and what is read from its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["DEFAULT_PROMPT", "PLACES", "fill_prompt", "nearest_classes", "parse_texts"]

# Places that a prompt may hold.
PLACES = ("label", "description", "examples", "avoid", "n")

DEFAULT_PROMPT = """\
Here are texts of the class "{label}"{description}, as people wrote them:

{examples}

{avoid}Write {n} new texts of the class "{label}". They should differ from those above and from one another in what they \
say and in their words, and have the length, the tone and the spelling of texts that people really write. Do not \
mention the name of the class if people would not.

Answer with a JSON list of {n} strings, and nothing else."""

_AVOID = """\
These texts belong to the class "{label}", which is close, and is not meant:

{examples}

"""
_ITEM = re.compile(r"\s*(?:\d+\s*[.):]|[-*•])\s+(.+)")
_QUOTES = {'"': '"', "'": "'", "“": "”", "«": "»"}


def fill_prompt(
    prompt: str,
    *,
    label: str,
    description: str | None,
    examples: Sequence[str],
    avoid: tuple[str, Sequence[str]] | None,
    n: int,
) -> str:
    """Return a prompt with its places filled; braces in texts are left as they are.

    Parameters
    ----------
    prompt : str
        With places such as ``{examples}``: see `PLACES`.
    label : str
        The class in words.
    description : str or None
        What the class is about.
    examples : sequence of str
        Rows of the class.
    avoid : tuple of (str, sequence of str), or None
        Another class in words, and rows of it.
    n : int
        Texts to ask for.
    """
    other = ""
    if avoid is not None:
        other = _fill(_AVOID, {"label": avoid[0], "examples": _listed(avoid[1])})
    values = {
        "label": label,
        "description": f" ({description})" if description else "",
        "examples": _listed(examples),
        "avoid": other,
        "n": str(n),
    }
    return _fill(prompt, values)


def parse_texts(answer: str, n: int) -> list[str] | None:
    """Return the first `n` texts of an answer: of a JSON list, or of a numbered or bulleted list.

    Parameters
    ----------
    answer : str
        A list in JSON may stand alone, in an object, or in a code block, with text around it.
    n : int
        Most texts to return.

    Returns
    -------
    list of str, or None
        None if there is no list, or an empty one.

    Examples
    --------
    >>> parse_texts('Sure! ["where is it", "when does it come"]', 5)
    ['where is it', 'when does it come']
    >>> parse_texts("1. where is it\\n2. when does it come", 1)
    ['where is it']
    """
    texts = _json_list(answer)
    if texts is None:
        texts = [_unquoted(match[1]) for line in answer.splitlines() if (match := _ITEM.fullmatch(line))]
    texts = [" ".join(text.split()) for text in texts]
    return [text for text in texts if text][:n] or None


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
    vectors = TfidfVectorizer(token_pattern=r"(?u)\S+").fit_transform(X)
    sums = np.vstack([np.asarray(vectors[np.flatnonzero(y == label)].sum(axis=0)) for label in labels])
    similar = cosine_similarity(sums)
    np.fill_diagonal(similar, -1.0)
    return {label: labels[int(column)] for label, column in zip(labels, similar.argmax(axis=1), strict=True)}


def _json_list(answer: str) -> list[str] | None:
    """Return the first list of strings that `answer` holds as JSON, or None."""
    decoder = json.JSONDecoder()
    for match in re.finditer(r"\[", answer):
        try:
            values, _ = decoder.raw_decode(answer, match.start())
        except ValueError:
            continue
        if values and all(isinstance(value, str) for value in values):
            return values
    return None


def _unquoted(text: str) -> str:
    text = text.strip().rstrip(",")
    return text[1:-1] if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] else text


def _listed(texts: Sequence[str]) -> str:
    return "\n".join(f"- {' '.join(text.split())}" for text in texts)


def _fill(prompt: str, values: dict[str, str]) -> str:
    """Replace places in one pass, so that what is filled in is not read as a place."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), prompt)
