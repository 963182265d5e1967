"""How new and how varied generated texts are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from numbers import Integral

import numpy as np

from skbalagen._utils.text import fold_text
from skbalagen.metrics._checks import as_texts

__all__ = ["distinct_n", "nearest_similarity", "new_ngrams", "novelty"]


def novelty(texts: Iterable[str], reference: Iterable[str]) -> float:
    """Return the fraction of `texts` that do not occur in `reference`, ignoring case and white space.

    Parameters
    ----------
    texts : iterable of str
        Generated texts; a repeated text counts every time.
    reference : iterable of str
        Known texts, such as the training rows.

    Returns
    -------
    float
        In [0, 1]: 0 if every text is a copy, 1 if none is.

    Raises
    ------
    ValueError
        If an input is empty or a single str, or holds something that is not a str.

    Examples
    --------
    >>> novelty(["Where is my  order", "cancel it"], ["where is my order"])
    0.5
    """
    rows = as_texts(texts, "texts")
    known = {fold_text(text) for text in as_texts(reference, "reference")}
    return sum(fold_text(text) not in known for text in rows) / len(rows)


def new_ngrams(texts: Iterable[str], reference: Iterable[str], n: int = 2) -> np.ndarray:
    """Return, for each text, the fraction of its word n-grams that occur in no text of `reference`.

    Words are those of :func:`distinct_n`. A text of fewer than `n` words counts as one n-gram.

    Parameters
    ----------
    texts : iterable of str
        Generated texts.
    reference : iterable of str
        Known texts, such as the training rows.
    n : int, default=2
        Words in an n-gram, at least 1.

    Returns
    -------
    ndarray of float, of shape (n_texts,)
        In [0, 1]: 0 if every n-gram is known, 1 if none is.

    Raises
    ------
    ValueError
        If an input is empty or a single str, or holds something that is not a str; if ``n < 1``.

    Examples
    --------
    >>> new_ngrams(["where is my parcel", "cancel it"], ["where is my order"]).round(2)
    array([0.33, 1.  ])
    """
    _check_n(n)
    rows, known = as_texts(texts, "texts"), as_texts(reference, "reference")
    old = {gram for text in known for gram in _ngrams(text, n, short=True)}
    return np.array([np.mean([gram not in old for gram in _ngrams(text, n, short=True)]) for text in rows])


def nearest_similarity(texts: Iterable[str], reference: Iterable[str]) -> np.ndarray:
    """Return, for each text, its similarity to the nearest text of `reference`.

    The similarity is the cosine of TF-IDF vectors of character n-grams. It measures spelling and wording, not
    meaning: a copy with a word or a letter changed is near 1.

    Parameters
    ----------
    texts : iterable of str
        Generated texts.
    reference : iterable of str
        Known texts, such as the training rows; they determine the inverse document frequencies.

    Returns
    -------
    ndarray of float, of shape (n_texts,)
        In [0, 1].

    Raises
    ------
    ValueError
        If an input is empty or a single str, or holds something that is not a str.

    Examples
    --------
    >>> nearest_similarity(["Where is my  order", "xyz"], ["where is my order", "cancel it"]).round(2)
    array([1., 0.])
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    known = list(map(fold_text, as_texts(reference, "reference")))
    rows = list(map(fold_text, as_texts(texts, "texts")))
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), lowercase=False, sublinear_tf=True)
    neighbors = NearestNeighbors(n_neighbors=1, metric="cosine", algorithm="brute")
    neighbors.fit(vectorizer.fit_transform(known))
    distances, _ = neighbors.kneighbors(vectorizer.transform(rows))
    return np.clip(1 - distances[:, 0], 0, 1)


def distinct_n(texts: Iterable[str], n: int = 2) -> float:
    """Return the number of different word n-grams over the number of all word n-grams.

    Words are runs of letters, digits and underscores, with case folded; an n-gram never spans two texts. The
    measure falls as texts are added, so compare sets of about the same size.

    Parameters
    ----------
    texts : iterable of str
        Texts.
    n : int, default=2
        Words in an n-gram, at least 1.

    Returns
    -------
    float
        In (0, 1]: 1 if no n-gram occurs twice.

    Raises
    ------
    ValueError
        If `texts` is empty or a single str, or holds something that is not a str; if ``n < 1``; or if no text
        has `n` words.

    References
    ----------
    Li et al. (2016), "A Diversity-Promoting Objective Function for Neural Conversation Models".

    Examples
    --------
    >>> distinct_n(["where is my order", "where is my parcel"])
    0.6666666666666666
    """
    _check_n(n)
    rows = as_texts(texts, "texts")
    grams = [gram for text in rows for gram in _ngrams(text, n)]
    if not grams:
        raise ValueError(
            f"texts must hold at least one text of n={n} words, got {len(rows)} texts of at most "
            f"{max(len(_words(text)) for text in rows)}. Lower n or leave these texts out."
        )
    return len(set(grams)) / len(grams)


def _check_n(n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise ValueError(f"n must be an int >= 1 (words in an n-gram), got {n!r}. Use 2 for pairs of words.")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold_text(text))


def _ngrams(text: str, n: int, *, short: bool = False) -> list[tuple[str, ...]]:
    """Return the word n-grams of a text; with `short`, a text of fewer than `n` words is one n-gram."""
    words = _words(text)
    n = min(n, len(words)) if short else n
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
