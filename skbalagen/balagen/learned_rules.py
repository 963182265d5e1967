"""Rules of what is no utterance, once they have seen the rows; a text counts as unusual by what the rows are like."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from skbalagen._utils.scripts import UNSPACED
from skbalagen._utils.text import fold_text, label_words

__all__ = ["LearnedRules"]

# Of templates and mark-up; and the character that stands for a broken one.
_MARKUP = frozenset("{}[]<>|\\^~_`=\ufffd")
_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(rf"[{UNSPACED}]")
# A unit of up to ten characters, white space and digits aside, four times in a row or more.
_RUN = re.compile(r"((?:[^\s\d]){1,10}?)\1{3,}")
# Of more rows, so many at even distances set the bars; the words of all are known.
_MOST_ROWS = 10_000
_LONGEST_GROUP = 8  # words that may repeat the words right before them

CountTokens = Callable[[Sequence[str]], Sequence[int]]


class LearnedRules:
    """Rules that have seen the rows.

    Parameters
    ----------
    rules : sequence of str or callables
        As in :class:`TextRules`.
    tolerance : float
    rows : sequence of str, of length n_rows
    labels : sequence of label, of length n_rows
    count_tokens : callable or None

    Attributes
    ----------
    bars : dict of {str: int}
        From which strength on "case", "words" and "repeats" refuse a text: the number of glued words, the tokens of
        the word that has most, and the words or characters that repeat others.
    """

    def __init__(
        self,
        rules: Sequence[Any],
        tolerance: float,
        rows: Sequence[str] | np.ndarray,
        labels: Sequence[Any] | np.ndarray,
        count_tokens: CountTokens | None,
    ) -> None:
        self._count_tokens = count_tokens
        self._tolerance = tolerance
        distinct = list({fold_text(row): row for row in rows}.values()) if len(rules) else []
        self._known = Counter(word for row in distinct for word in set(_words(row)))
        self._n_tokens: dict[str, int] = {}
        seen = distinct[:: -(-len(distinct) // _MOST_ROWS) or 1]
        strengths = {"case": (_glued, 1), "words": (self._pieces, 3), "repeats": (_repeats, 2)}
        if count_tokens is None:
            del strengths["words"]
        self._strengths = {name: strength for name, (strength, _) in strengths.items() if name in rules}
        self._read(seen, 1)
        # A word of a row is known if another row has it too: so rows are looked at as candidates are.
        self.bars = {
            name: self._bar([strength(row, self._unknown(row, 1)) for row in seen], strengths[name][1])
            for name, strength in self._strengths.items()
        }
        self._markup = _MARKUP - self._common(_MARKUP.intersection(row) for row in seen)
        self._scripts = self._common(_scripts(row) for row in seen)
        self._rows = list(zip(rows, labels, strict=True))
        self._of_class = {(label, char) for row, label in self._rows for char in _MARKUP.intersection(row)}
        tests: dict[str, Callable[[str, Any], bool]] = {
            "markup": self._has_markup,
            **{name: self._test_of(name) for name in self._strengths},
            "script": lambda text, label: not _scripts(text) <= self._scripts,
            "label": self._is_label,
        }
        self._tests = [
            (_name_of(rule), _on_text(rule) if callable(rule) else tests[rule])
            for rule in rules
            if callable(rule) or rule in tests
        ]

    def reasons(self, texts: Sequence[str], labels: Sequence[Any]) -> list[str]:
        """Return the first rule that refuses each text, "" if none does.

        Parameters
        ----------
        texts : sequence of str, of length n_texts
        labels : sequence of label, of length n_texts
            The class that each was generated for.

        Returns
        -------
        list of str, of length n_texts
        """
        self._read(texts, 0)
        return [
            next((name for name, refuses in self._tests if refuses(text, label)), "")
            for text, label in zip(texts, labels, strict=True)
        ]

    def _bar(self, strengths: Sequence[int], least: int) -> int:
        """Return the smallest strength, at least `least`, that no more than the tolerated share of rows has."""
        tolerated = int(self._tolerance * len(strengths) + 1e-9)
        ranked = sorted(strengths, reverse=True)
        return max(least, ranked[tolerated] + 1) if ranked else least

    def _common(self, features: Iterable[Iterable[str]]) -> set[str]:
        """Return the features that more than the tolerated share of the rows have."""
        each = [set(of_row) for of_row in features]
        counts = Counter(feature for of_row in each for feature in of_row)
        return {feature for feature, n in counts.items() if n > self._tolerance * len(each)}

    def _unknown(self, text: str, n_own: int) -> set[str]:
        """Return the words of a text that no other row has; `n_own` is 1 if the text is itself a row."""
        return {word for word in _words(text) if self._known[word] <= n_own}

    def _read(self, texts: Sequence[str], n_own: int) -> None:
        """Count the tokens of the unknown words of some texts, as they are spelled and in small letters."""
        if not self._count_tokens:
            return
        spelled = {
            word for text in texts for word in _spelled_words(text) if self._known[word.casefold()] <= n_own
        }
        new = sorted({*spelled, *map(str.casefold, spelled)} - self._n_tokens.keys())
        if new:
            self._n_tokens |= dict(zip(new, self._count_tokens(new), strict=True))

    def _pieces(self, text: str, unknown: set[str]) -> int:
        """Return the tokens of the unknown word that has most; names have fewer as they are spelled."""
        return max(
            (
                min(self._n_tokens[word], self._n_tokens[word.casefold()])
                for word in _spelled_words(text)
                if word.casefold() in unknown
            ),
            default=0,
        )

    def _test_of(self, name: str) -> Callable[[str, Any], bool]:
        strength, bar = self._strengths[name], self.bars[name]
        return lambda text, label: strength(text, self._unknown(text, 0)) >= bar

    def _has_markup(self, text: str, label: Any) -> bool:
        return any((label, char) not in self._of_class for char in self._markup.intersection(text))

    def _is_label(self, text: str, label: Any) -> bool:
        """Return whether a text spells its label, but with other punctuation than the candidate that is the label."""
        name, letters = label_words(label), _letters(text)
        return (
            bool(letters)
            and letters == _letters(name)
            and fold_text(text) != fold_text(name)
            and not any(label == own and letters == _letters(row) for row, own in self._rows)
        )


def _glued(text: str, unknown: set[str]) -> int:
    """Return the unknown words that have a capital behind a small letter."""
    return sum(
        word.casefold() in unknown and any(a.islower() and b.isupper() for a, b in pairwise(word))
        for word in _spelled_words(text)
    )


def _repeats(text: str, unknown: set[str]) -> int:
    """Return how many words repeat those right before them, or how often more than three times a unit stands there."""
    words = [word for part in fold_text(text).split() if (word := part.strip(".,;:!?"))]
    most = max((len(run[0]) // len(run[1]) - 3 for run in _RUN.finditer(text)), default=0)
    for n in range(1, min(len(words) // 2, _LONGEST_GROUP) + 1):
        in_a_row = 0
        for one, other in zip(words, words[n:], strict=False):
            in_a_row = in_a_row + 1 if one == other else 0
            most = max(most, in_a_row // n * n)
    return most


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _spelled_words(text)]


def _spelled_words(text: str) -> list[str]:
    """Return the runs of letters and their marks: vowel signs of Indian scripts are no letters to a regex.

    Scripts that put no space between words have none that could be told apart.
    """
    if text.isascii():
        return _WORD.findall(text)
    runs = ["".join(run) for in_word, run in groupby(text, key=_is_of_word) if in_word]
    return [word for run in runs for word in _UNSPACED.split(run) if word]


@cache
def _is_of_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM"


def _letters(text: str) -> str:
    """Return the folded letters and digits of a text."""
    return "".join(char for char in text.casefold() if char.isalnum() or _is_of_word(char))


def _scripts(text: str) -> set[str]:
    """Return the scripts of the letters of a text."""
    return {_script(char) for char in text if char.isalpha()}


@cache
def _script(letter: str) -> str:
    """Return the script of a letter: the first word of its name, such as LATIN, CYRILLIC or CJK."""
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "?").split()[0]


def _name_of(rule: Any) -> str:
    return rule if isinstance(rule, str) else getattr(rule, "__name__", type(rule).__name__)


def _on_text(rule: Callable[[str], bool]) -> Callable[[str, Any], bool]:
    return lambda text, label: bool(rule(text))
