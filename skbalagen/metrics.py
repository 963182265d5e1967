"""Accuracy of a classifier, balance of a data set, McNemar's test, and how new generated text is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from sklearn.metrics import accuracy_score, recall_score
from sklearn.utils.multiclass import unique_labels

from skbalagen._text import fold_text

__all__ = [
    "McNemarResult",
    "balance_ratio",
    "class_accuracy",
    "distinct_n",
    "entropy",
    "imbalance_ratio",
    "macro_accuracy",
    "mcnemar",
    "micro_accuracy",
    "nearest_similarity",
    "new_ngrams",
    "novelty",
]

Labels = Sequence[Any] | np.ndarray

# Below this many discordant rows the chi-square distribution is too coarse for McNemar's statistic.
_EXACT_BELOW = 25


def _as_labels(y: Labels, name: str) -> np.ndarray:
    """Return `y` as a non-empty one-dimensional array."""
    # Through a list: an object array of ints becomes one of ints, which scikit-learn asks for.
    labels = np.asarray(np.asarray(y).tolist())
    if labels.ndim != 1 or len(labels) == 0:
        raise ValueError(
            f"{name} must hold one label a row, of shape (n_samples,) with at least one row, got shape "
            f"{labels.shape}. Pass a non-empty list or one-dimensional array."
        )
    return labels


def _as_label_rows(**columns: Labels) -> list[np.ndarray]:
    """Return label columns that belong row by row to each other, checked for equal length."""
    arrays = [_as_labels(y, name) for name, y in columns.items()]
    if len({len(array) for array in arrays}) > 1:
        lengths = ", ".join(f"{name} {len(array)}" for name, array in zip(columns, arrays, strict=True))
        raise ValueError(
            f"{', '.join(columns)} must have the same number of rows, got {lengths}. "
            f"Pass labels and predictions of the same rows in the same order."
        )
    unique_labels(*arrays)  # raises where one holds str and another numbers: no row would ever agree
    return arrays


def _as_texts(texts: Iterable[str], name: str) -> list[str]:
    """Return `texts` as a non-empty list of str."""
    if isinstance(texts, str):
        raise ValueError(f"{name} must be several texts, got one str. Pass a list: [{texts[:20]!r}].")
    rows = list(texts)
    if not rows:
        raise ValueError(f"{name} must hold at least one text, got none. Leave empty classes out.")
    for i, text in enumerate(rows):
        if not isinstance(text, str):
            raise ValueError(
                f"{name} must hold str, got {type(text).__name__} {text!r} in row {i}. Drop or fill that row."
            )
    return rows


def micro_accuracy(y_true: Labels, y_pred: Labels) -> float:
    """Return the share of rows whose label was predicted right.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If an input is empty or the lengths differ.

    Examples
    --------
    >>> micro_accuracy(["a", "a", "a", "b"], ["a", "a", "a", "a"])
    0.75
    """
    true, pred = _as_label_rows(y_true=y_true, y_pred=y_pred)
    return float(accuracy_score(true, pred))


def class_accuracy(y_true: Labels, y_pred: Labels) -> dict[Any, float]:
    """Return the share of each class's rows that was predicted right (the class's recall).

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.

    Returns
    -------
    dict of label to float
        The classes of `y_true` in sorted order, each value in [0, 1]. A class that is only predicted
        has no rows of its own and is not listed.

    Raises
    ------
    ValueError
        If an input is empty or the lengths differ.

    Examples
    --------
    >>> class_accuracy(["a", "a", "b", "b"], ["a", "a", "b", "c"])
    {'a': 1.0, 'b': 0.5}
    """
    true, pred = _as_label_rows(y_true=y_true, y_pred=y_pred)
    labels = np.unique(true)
    shares = recall_score(true, pred, labels=labels, average=None)
    return dict(zip(labels.tolist(), shares.tolist(), strict=True))


def macro_accuracy(y_true: Labels, y_pred: Labels) -> float:
    """Return the mean, over the classes present in `y_true`, of the class's own accuracy.

    Every class counts the same, however few rows it has: macro recall, the paper's macro accuracy.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If an input is empty or the lengths differ.

    See Also
    --------
    sklearn.metrics.balanced_accuracy_score : The same number, with a warning where a class is only
        predicted.

    Examples
    --------
    >>> macro_accuracy(["a", "a", "a", "b"], ["a", "a", "a", "a"])
    0.5
    """
    return float(np.mean(list(class_accuracy(y_true, y_pred).values())))


def _class_counts(y: Labels) -> np.ndarray:
    """Return the number of rows of each class, of shape (n_classes,)."""
    return np.unique(_as_labels(y, "y"), return_counts=True)[1]


def entropy(y: Labels) -> float:
    """Return the Shannon entropy of the class sizes, the measure of balance that the paper reports.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    float
        In nats: 0 for one class, ``log(n_classes)`` for classes of one size.

    Raises
    ------
    ValueError
        If `y` is empty.

    Examples
    --------
    >>> round(entropy(["a", "a", "b", "b"]), 4)
    0.6931
    """
    return float(stats.entropy(_class_counts(y)))


def balance_ratio(y: Labels) -> float:
    """Return the normalised entropy of the class sizes, ``entropy(y) / log(n_classes)``.

    Unlike the entropy itself it can be compared between data sets with different numbers of classes.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    float
        In [0, 1]: 1 when all classes have one size, near 0 when one class holds almost all rows. A
        single class has nothing to be out of balance with: 1.

    Raises
    ------
    ValueError
        If `y` is empty.

    Examples
    --------
    >>> balance_ratio(["a", "a", "b", "b"])
    1.0
    >>> round(balance_ratio(["a", "a", "a", "b"]), 4)
    0.8113
    """
    counts = _class_counts(y)
    if len(counts) == 1:
        return 1.0
    # Rounding can lift the quotient of equal classes above 1 by one unit in the last place.
    return min(1.0, float(stats.entropy(counts) / np.log(len(counts))))


def imbalance_ratio(y: Labels) -> float:
    """Return the size of the largest class over the size of the smallest.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    float
        At least 1; 1 when all classes have one size.

    Raises
    ------
    ValueError
        If `y` is empty.

    Examples
    --------
    >>> imbalance_ratio(["a", "a", "a", "b"])
    3.0
    """
    counts = _class_counts(y)
    return float(counts.max() / counts.min())


class McNemarResult(NamedTuple):
    """Outcome of :func:`mcnemar`."""

    n_a_only: int
    """Rows that only classifier A got right."""
    n_b_only: int
    """Rows that only classifier B got right."""
    statistic: float
    """The smaller of the two counts where `exact`, else chi-square with continuity correction."""
    p_value: float
    """Two-sided, in [0, 1]."""
    exact: bool
    """Whether the p-value is the binomial one."""


def mcnemar(y_true: Labels, pred_a: Labels, pred_b: Labels) -> McNemarResult:
    """Test whether two classifiers err equally often on the same rows.

    Only the rows that one of the two gets right and the other wrong tell them apart. With fewer than 25
    of these the p-value is the exact binomial one, else that of chi-square with one degree of freedom and
    continuity correction.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    pred_a, pred_b : array-like of shape (n_samples,)
        Predictions of the two classifiers.

    Returns
    -------
    McNemarResult
        ``(n_a_only, n_b_only, statistic, p_value, exact)``.

    Raises
    ------
    ValueError
        If an input is empty or the lengths differ.

    References
    ----------
    McNemar (1947), "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12.

    Examples
    --------
    >>> y = ["a"] * 6
    >>> mcnemar(y, ["a", "a", "a", "a", "a", "b"], ["b", "b", "b", "b", "b", "b"])
    McNemarResult(n_a_only=5, n_b_only=0, statistic=0.0, p_value=0.0625, exact=True)
    """
    true, a, b = _as_label_rows(y_true=y_true, pred_a=pred_a, pred_b=pred_b)
    a_right, b_right = true == a, true == b
    n_a, n_b = int(np.sum(a_right & ~b_right)), int(np.sum(b_right & ~a_right))
    n = n_a + n_b
    if n == 0:
        return McNemarResult(0, 0, 0.0, 1.0, True)
    if n < _EXACT_BELOW:
        return McNemarResult(n_a, n_b, float(min(n_a, n_b)), float(stats.binomtest(n_a, n).pvalue), True)
    # The correction draws the difference towards 0, never past it.
    statistic = max(abs(n_a - n_b) - 1, 0) ** 2 / n
    return McNemarResult(n_a, n_b, statistic, float(stats.chi2.sf(statistic, df=1)), False)


def novelty(texts: Iterable[str], reference: Iterable[str]) -> float:
    """Return the share of `texts` that do not occur in `reference`, case and spacing folded.

    Parameters
    ----------
    texts : iterable of str
        Generated texts; repeats count as often as they come.
    reference : iterable of str
        Texts that are known already, such as the training rows.

    Returns
    -------
    float
        In [0, 1]: 0 when every text was copied, 1 when none was.

    Raises
    ------
    ValueError
        If an input is empty, one str, or holds something that is not a str.

    Examples
    --------
    >>> novelty(["Where is my  order", "cancel it"], ["where is my order"])
    0.5
    """
    rows = _as_texts(texts, "texts")
    known = {fold_text(text) for text in _as_texts(reference, "reference")}
    return sum(fold_text(text) not in known for text in rows) / len(rows)


def new_ngrams(texts: Iterable[str], reference: Iterable[str], n: int = 2) -> np.ndarray:
    """Return, of each text, the share of its word n-grams that stand in no text of `reference`.

    Words are those of :func:`distinct_n`. A text of fewer than `n` words counts as one n-gram.

    Parameters
    ----------
    texts : iterable of str
        Generated texts.
    reference : iterable of str
        Texts that are known already, such as the training rows.
    n : int, default=2
        Words in an n-gram, at least 1.

    Returns
    -------
    ndarray of float, of shape (n_texts,)
        In [0, 1]: 0 when every n-gram is known, 1 when none is.

    Raises
    ------
    ValueError
        If an input is empty, one str, or holds something that is not a str; if ``n < 1``.

    Examples
    --------
    >>> new_ngrams(["where is my parcel", "cancel it"], ["where is my order"]).round(2)
    array([0.33, 1.  ])
    """
    _check_n(n)
    rows, known = _as_texts(texts, "texts"), _as_texts(reference, "reference")
    old = {gram for text in known for gram in _ngrams(text, n, short=True)}
    return np.array([np.mean([gram not in old for gram in _ngrams(text, n, short=True)]) for text in rows])


def nearest_similarity(texts: Iterable[str], reference: Iterable[str]) -> np.ndarray:
    """Return, of each text, the similarity to the text of `reference` that it is most like.

    The similarity is the cosine of TF-IDF vectors of character n-grams, which sees spelling and wording,
    not meaning: near 1 is a copy with a word or a letter changed.

    Parameters
    ----------
    texts : iterable of str
        Generated texts.
    reference : iterable of str
        Texts that are known already, such as the training rows; they set the inverse frequencies.

    Returns
    -------
    ndarray of float, of shape (n_texts,)
        In [0, 1].

    Raises
    ------
    ValueError
        If an input is empty, one str, or holds something that is not a str.

    Examples
    --------
    >>> nearest_similarity(["Where is my  order", "xyz"], ["where is my order", "cancel it"]).round(2)
    array([1., 0.])
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    known = list(map(fold_text, _as_texts(reference, "reference")))
    rows = list(map(fold_text, _as_texts(texts, "texts")))
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), lowercase=False, sublinear_tf=True)
    neighbors = NearestNeighbors(n_neighbors=1, metric="cosine", algorithm="brute")
    neighbors.fit(vectorizer.fit_transform(known))
    distances, _ = neighbors.kneighbors(vectorizer.transform(rows))
    return np.clip(1 - distances[:, 0], 0, 1)


def distinct_n(texts: Iterable[str], n: int = 2) -> float:
    """Return the number of different word n-grams over the number of all word n-grams.

    Words are runs of letters, digits and underscores, case folded; an n-gram never spans two texts. The
    measure falls as texts are added, so compare sets of about one size.

    Parameters
    ----------
    texts : iterable of str
        Texts.
    n : int, default=2
        Words in an n-gram, at least 1.

    Returns
    -------
    float
        In (0, 1]: 1 when no n-gram comes twice.

    Raises
    ------
    ValueError
        If `texts` is empty, one str, or holds something that is not a str; if ``n < 1``; or if no text
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
    rows = _as_texts(texts, "texts")
    grams = [gram for text in rows for gram in _ngrams(text, n)]
    if not grams:
        raise ValueError(
            f"texts must hold at least one text of n={n} words, got {len(rows)} texts of at most "
            f"{max(len(_words(text)) for text in rows)}. Lower n or leave these texts out."
        )
    return len(set(grams)) / len(grams)


def _check_n(n: int) -> None:
    if n < 1:
        raise ValueError(f"n must be an int >= 1 (words in an n-gram), got {n!r}.")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold_text(text))


def _ngrams(text: str, n: int, *, short: bool = False) -> list[tuple[str, ...]]:
    """Return the word n-grams of a text; with `short`, all the words of one that has fewer than `n`."""
    words = _words(text)
    n = min(n, len(words)) if short else n
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
