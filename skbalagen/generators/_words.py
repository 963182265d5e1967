"""Words of a text that an edit can replace."""

from __future__ import annotations

import re

__all__ = ["word_of", "written_like"]

# Punctuation, a word of two characters or more that begins with a letter, punctuation.
_WORD = re.compile(r"(\W*)([^\W\d_].*\w)(\W*)", re.DOTALL)


def word_of(token: str) -> str | None:
    """Return the word of a token in lower case, without punctuation around it; None if there is none.

    Single letters and numbers are no words.

    Examples
    --------
    >>> word_of("(Don't!)"), word_of("42"), word_of("a")
    ("don't", None, None)
    """
    match = _WORD.fullmatch(token)
    return match[2].lower() if match else None


def written_like(token: str, word: str) -> str:
    """Return a word with the case and the punctuation of the token whose place it takes.

    Examples
    --------
    >>> written_like("(Red!)", "crimson"), written_like("RED", "crimson")
    ('(Crimson!)', 'CRIMSON')
    """
    before, replaced, after = _WORD.fullmatch(token).groups()  # type: ignore[union-attr]
    if replaced.isupper():
        word = word.upper()
    elif replaced[0].isupper():
        word = word[0].upper() + word[1:]
    return f"{before}{word}{after}"
