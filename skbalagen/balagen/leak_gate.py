"""The leak gate: generated texts that nearly repeat a real row, or carry over what should stay in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from numbers import Real
from typing import Any

import numpy as np

from skbalagen._utils.text import fold_text

__all__ = ["KnownRows", "LeakGate", "Leaks"]

# As many digits as a local telephone number has; house numbers, years and prices have fewer.
_DIGITS = 7
# Digits with at most three separators between two of them, as in +44 (0)171 555-0199.
_NUMBER = re.compile(r"\d(?:[\s()./+-]{0,3}\d)+")
# What each kind of secret has in it; and www. in capitals too.
_MAY_BE_SECRET = re.compile(r"\d|[@/]|www\.", re.IGNORECASE)
_ENDS = re.compile(r"[\s<>()\[\]{},;\"'|]+")
_EMAIL = re.compile(r"[^@]+@[^@]+\.[^\W\d_]{2,}")
_DOMAIN = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}")


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
        return [self._nearest(_trigrams(text), similarity - 1e-9) for text in texts]

    def _nearest(self, own: set[str], similarity: float) -> int:
        """Return the row that is most similar to a set of trigrams, or -1; only rows that can be similar are compared.

        A similar row has at least `n_shared` of them: 2 shared / (own + its own) >= similarity, and its own are no
        fewer than the shared ones. So it lacks few, and has `n_hits` of any ``known - n_shared + n_hits``: the rarest.
        """
        numbers, rows, having = self._index
        known = np.array([numbers[gram] for gram in own if gram in numbers], dtype=np.intp)
        n_shared = ceil(similarity * len(own) / (2 - similarity) - 1e-9)
        if not own or len(known) < n_shared:
            return -1
        n_hits = (
            1 + (n_shared - 1) // 5
        )  # measured: fewer let more rows through, more ask for frequent trigrams
        known = known[np.argsort(np.diff(having.indptr)[known], kind="stable")]
        rarest = known[: len(known) - n_shared + n_hits]
        found = [having.indices[having.indptr[i] : having.indptr[i + 1]] for i in rarest]
        near = np.flatnonzero(np.bincount(np.concatenate(found)) >= n_hits)
        if not len(near):
            return -1
        is_own = np.zeros(rows.shape[1], dtype=np.int32)
        is_own[known] = 1
        dice = 2 * (rows[near] @ is_own) / (len(own) + rows.indptr[near + 1] - rows.indptr[near])
        return int(near[dice.argmax()]) if dice.max() >= similarity else -1

    def secret_in(self, texts: Sequence[str]) -> list[str]:
        """Return what each text carries over: "number", "e-mail address", "URL", or "" for nothing."""
        return [
            next((kind for kind, found in _secrets(text).items() if found & self._secrets[kind]), "")
            for text in texts
        ]

    @cached_property
    def _index(self) -> tuple[dict[str, int], Any, Any]:
        """The number of each trigram, and which row has which, (n_rows, n_trigrams): by rows, and by trigrams."""
        from sklearn.feature_extraction.text import CountVectorizer

        vectorizer = CountVectorizer(analyzer=_trigrams, dtype=np.int8)
        rows = vectorizer.fit_transform(self.rows)
        return vectorizer.vocabulary_, rows, rows.tocsc()

    @cached_property
    def _secrets(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {kind: set() for kind in ("number", "e-mail address", "URL")}
        for text in self.rows:
            for kind, secrets in _secrets(text).items():
                found[kind] |= secrets
        return found


def _trigrams(text: str) -> set[str]:
    """Return the sets of three letters of a folded text, whose ends count as white space."""
    folded = f" {fold_text(text)} "
    return {folded[i : i + 3] for i in range(len(folded) - 2)}


def _secrets(text: str) -> dict[str, set[str]]:
    """Return what of a text should stay in it: sevens of digits, e-mail addresses and URLs."""
    if not _MAY_BE_SECRET.search(text):  # most rows
        return {}
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
