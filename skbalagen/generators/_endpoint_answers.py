"""The texts in what a language model behind an endpoint answers."""

from __future__ import annotations

import json
import re

__all__ = ["parse_texts", "unquoted"]

_ITEM = re.compile(r"\s*(?:\d+\s*[.):]|[-*•])\s+(.+)")
_QUOTES = {'"': '"', "'": "'", "“": "”", "«": "»", "「": "」", "„": "“"}


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
        texts = [unquoted(match[1]) for line in answer.splitlines() if (match := _ITEM.fullmatch(line))]
    texts = [" ".join(text.split()) for text in texts]
    return [text for text in texts if text][:n] or None


def unquoted(text: str) -> str:
    """Return a text without the quotes and the comma around it.

    Examples
    --------
    >>> unquoted(' "where is it", '), unquoted("it's")
    ('where is it', "it's")
    """
    text = text.strip().rstrip(",")
    return text[1:-1] if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] else text


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
