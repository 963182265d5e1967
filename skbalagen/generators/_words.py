"""Words of a text in any script: how to split and join them, and which of them an edit can replace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import category

from skbalagen._utils.scripts import ATTACHED, UNSPACED

__all__ = ["has_word", "join_words", "split_words", "word_of", "written_like"]

_UNIT = re.compile(rf"[{UNSPACED}][{ATTACHED}]*|[^\s{UNSPACED}]+")
_TIGHT = re.compile(rf"[{UNSPACED}]")
_TWO_LETTERS = re.compile(rf"[^\W\d_]{{2}}|[{UNSPACED}]")


def split_words(text: str) -> list[str]:
    """Return the words of a text: what stands between white space, and each character of a script without it.

    Examples
    --------
    >>> split_words("where is it?"), split_words("我的 iPhone丢了")
    (['where', 'is', 'it?'], ['我', '的', 'iPhone', '丢', '了'])
    """
    return _UNIT.findall(text)


def join_words(words: Sequence[str]) -> str:
    """Return a text of words, with spaces but beside a character of a script that has none.

    Examples
    --------
    >>> join_words(["where", "is", "it?"]), join_words(["我", "的", "iPhone", "丢", "了"])
    ('where is it?', '我的iPhone丢了')
    """
    text = ""
    for word in words:
        tight = not text or _TIGHT.match(word) or _TIGHT.match(_last_letter(text))
        text += word if tight else f" {word}"
    return text


def has_word(text: str) -> bool:
    """Return whether two letters stand side by side in `text`: a number or a code is no text.

    One Chinese character is a word, and vowels that a script writes as marks do not part two letters.

    Examples
    --------
    >>> has_word("flight no"), has_word("3 b"), has_word("खोया"), has_word("卡")
    (True, False, True, True)
    """
    return _TWO_LETTERS.search("".join(c for c in text if not category(c).startswith("M"))) is not None


def word_of(token: str) -> str | None:
    """Return the word of a token in lower case, without punctuation around it; None if there is none.

    Single letters and numbers are no words; a single Chinese character is one.

    Examples
    --------
    >>> word_of("(Don't!)"), word_of("42"), word_of("a"), word_of("खोया?"), word_of("卡")
    ("don't", None, None, 'खोया', '卡')
    """
    word = _parts(token)[1]
    if not word or not word[0].isalnum() or word[0].isdecimal():
        return None
    return word.lower() if len(word) > 1 or _TIGHT.match(word) else None


def written_like(token: str, word: str) -> str:
    """Return a word with the case and the punctuation of the token whose place it takes.

    Examples
    --------
    >>> written_like("(Red!)", "crimson"), written_like("RED", "crimson")
    ('(Crimson!)', 'CRIMSON')
    """
    before, replaced, after = _parts(token)
    if replaced.isupper():
        word = word.upper()
    elif replaced[0].isupper():
        word = word[0].upper() + word[1:]
    return f"{before}{word}{after}"


def _parts(token: str) -> tuple[str, str, str]:
    """Return the punctuation before, the word, and the punctuation after it. Marks belong to their letter."""
    places = [i for i, c in enumerate(token) if c.isalnum() or c == "_" or category(c).startswith("M")]
    if not places:
        return token, "", ""
    return token[: places[0]], token[places[0] : places[-1] + 1], token[places[-1] + 1 :]


def _last_letter(text: str) -> str:
    """Return the last character of a text that is no mark on the one before it."""
    return next((c for c in reversed(text) if not category(c).startswith("M")), text[-1])
