"""The leak gate: generated texts that nearly repeat a real row, or carry over what should stay in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np

from skbalagen._utils.text import fold_text

__all__ = ["KnownRows", "LeakGate", "Leaks"]

# As many digits as a local telephone number has; house numbers, years and prices have fewer.
_DIGITS = 7
# Digits with at most three separators between two of them, as in +44 (0)171 555-0199.
_NUMBER = re.compile(r"\d(?:[\s()./+-]{0,3}\d)+")
_ENDS = re.compile(r"[\s<>()\[\]{},;\"'|]+")
_EMAIL = re.compile(r"[^@]+@[^@]+\.[^\W\d_]{2,}")
_DOMAIN = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}")
# Cells of the table of similarities that are held at once: 16 MB.
_MOST_CELLS = 2**22


@dataclass(frozen=True)
class LeakGate:
    """What becomes of accepted texts that give away a real row.

    Parameters
    ----------
    near_duplicates : {"count", "refuse"}, default="count"
        Whether a text that nearly repeats a row may be added. Either way it is counted.
    similarity : float, default=0.8
        From which similarity on a text nearly repeats a row, in (0, 1]: the Dice coefficient of their sets of
        three letters in a row, with case and white space folded. 1 is the same letters; in a sentence of ten
        words, one that is replaced leaves about 0.85.
    secrets : {"refuse", "count"}, default="refuse"
        Whether a text may be added that has seven digits in a row of a number of a real row (spaces, brackets
        and dashes aside), or its e-mail address or URL. Either way it is counted.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    See Also
    --------
    skbalagen.BalaGenResampler : `near_duplicates=` takes a gate; `report_` has the counts.

    References
    ----------
    Dice (1945), "Measures of the Amount of Ecologic Association Between Species".
    Carlini et al. (2019), "The Secret Sharer", USENIX Security: what generative models repeat.

    Examples
    --------
    >>> from skbalagen import LeakGate
    >>> rows = ["please call 0171 555 0199", "where is my refund"]
    >>> leaks = LeakGate().check(["call me on (0171) 555-0199", "where is my refund?", "no refund"], rows)
    >>> leaks.secret, leaks.near_duplicate_of, leaks.verdict
    (['number', '', ''], [-1, 1, -1], ['leak', '', ''])
    """

    near_duplicates: str = "count"
    similarity: float = 0.8
    secrets: str = "refuse"

    def __post_init__(self) -> None:
        for name in ("near_duplicates", "secrets"):
            if getattr(self, name) not in ("count", "refuse"):
                raise ValueError(
                    f"{name} of LeakGate must be 'count' or 'refuse', got {getattr(self, name)!r}. Name one of them."
                )
        similarity = self.similarity
        if not isinstance(similarity, Real) or isinstance(similarity, bool) or not 0 < similarity <= 1:
            raise ValueError(
                f"similarity of LeakGate must be a number in (0, 1], got {similarity!r}. 0.8 is the default."
            )

    def check(self, texts: Sequence[str], rows: Sequence[str] | np.ndarray | KnownRows) -> Leaks:
        """Say what each of the texts gives away.

        Parameters
        ----------
        texts : sequence of str, of length n_texts
        rows : sequence of str, of length n_rows, or KnownRows
            The real texts.

        Returns
        -------
        Leaks
        """
        known = rows if isinstance(rows, KnownRows) else KnownRows(rows)
        near = known.near_duplicate_of(texts, self.similarity)
        secret = known.secret_in(texts)
        verdict = [
            "leak"
            if what and self.secrets == "refuse"
            else "near-duplicate"
            if row >= 0 and self.near_duplicates == "refuse"
            else ""
            for row, what in zip(near, secret, strict=True)
        ]
        return Leaks(near, secret, verdict)


@dataclass(frozen=True)
class Leaks:
    """What each text gives away; all of length n_texts.

    Attributes
    ----------
    near_duplicate_of : list of int
        The most similar row, if the text nearly repeats it, else -1.
    secret : list of {"number", "e-mail address", "URL", ""}
        What it carries over from any row.
    verdict : list of {"leak", "near-duplicate", ""}
        Why the text is refused; "" if it may be added.
    """

    near_duplicate_of: list[int]
    secret: list[str]
    verdict: list[str]


class KnownRows:
    """The real texts, indexed when they are first asked for.

    Parameters
    ----------
    rows : sequence of str, of length n_rows
    """

    def __init__(self, rows: Sequence[str] | np.ndarray) -> None:
        self.rows = rows

    def near_duplicate_of(self, texts: Sequence[str], similarity: float) -> list[int]:
        """Return the row that each text is most similar to, the first of several, or -1 below `similarity`."""
        found: list[int] = []
        at_once = max(1, _MOST_CELLS // len(self.rows))
        for start in range(0, len(texts), at_once):
            part = texts[start : start + at_once]
            vectorizer, grams, sizes = self._index
            own = np.array([len(_trigrams(text)) for text in part])
            shared = (vectorizer.transform(part) @ grams).toarray()
            dice = 2 * shared / (own[:, None] + sizes)
            nearest = dice.argmax(axis=1)
            near = dice[np.arange(len(part)), nearest] >= similarity - 1e-9
            found += np.where(near, nearest, -1).tolist()
        return found

    def secret_in(self, texts: Sequence[str]) -> list[str]:
        """Return what each text carries over: "number", "e-mail address", "URL", or "" for nothing."""
        return [
            next((kind for kind, found in _secrets(text).items() if found & self._secrets[kind]), "")
            for text in texts
        ]

    @cached_property
    def _index(self) -> tuple[Any, Any, np.ndarray]:
        """The vocabulary of trigrams, the rows that have each, (n_trigrams, n_rows), and how many each row has."""
        from sklearn.feature_extraction.text import CountVectorizer

        vectorizer = CountVectorizer(analyzer=_trigrams, dtype=np.float64)
        vectors = vectorizer.fit_transform(self.rows)
        return vectorizer, vectors.T.tocsr(), np.asarray(vectors.sum(axis=1)).ravel()

    @cached_property
    def _secrets(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for text in self.rows:
            for kind, secrets in _secrets(text).items():
                found.setdefault(kind, set()).update(secrets)
        return found


def _trigrams(text: str) -> set[str]:
    """Return the sets of three letters of a folded text, whose ends count as white space."""
    folded = f" {fold_text(text)} "
    return {folded[i : i + 3] for i in range(len(folded) - 2)}


def _secrets(text: str) -> dict[str, set[str]]:
    """Return what of a text should stay in it: sevens of digits, e-mail addresses and URLs."""
    numbers = (
        "".join(str(unicodedata.decimal(c)) for c in run if c.isdecimal()) for run in _NUMBER.findall(text)
    )
    words = [word.strip(".:!?*_") for word in _ENDS.split(text.casefold())]
    emails = (word.removeprefix("mailto:") for word in words if "@" in word)
    urls = (_without_scheme(word) for word in words if "/" in word or "www." in word)
    return {
        "number": {run[i : i + _DIGITS] for run in numbers for i in range(len(run) - _DIGITS + 1)},
        "e-mail address": {word for word in emails if _EMAIL.fullmatch(word)},
        "URL": {url for url in urls if url},
    }


def _without_scheme(word: str) -> str:
    """Return the URL of a word, as it is written in one place with https:// or www. and in another without; or ""."""
    for mark in ("://", "www."):
        if mark in word:
            return word.split(mark, 1)[1].removeprefix("www.").rstrip("/")
    domain, _, path = word.partition("/")
    return word.rstrip("/") if path and _DOMAIN.fullmatch(domain) else ""
