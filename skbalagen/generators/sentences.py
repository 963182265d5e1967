"""Generators for texts of several sentences: shuffle them, or insert one of the largest class."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Self

import numpy as np

from skbalagen._utils.text import Labels, Texts
from skbalagen.generators._words import join_words
from skbalagen.generators.row_editing import RowEditingGenerator

__all__ = ["SentenceInsertionGenerator", "SentenceShuffleGenerator", "split_sentences"]

# Behind the mark that ends a sentence, and quotes or brackets after it. Marks of Chinese and Japanese need no space.
_END = re.compile(r"(?<=[.!?…۔।؟])[\"'”’»)\]]*\s+|(?<=[。！？])\s*|\s*\n\s*")


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text: they end with a mark and white space, or with the line.

    A rule, which takes the point of an abbreviation for the end of a sentence.

    Examples
    --------
    >>> split_sentences("It broke. Can I send it back? Yes")
    ['It broke.', 'Can I send it back?', 'Yes']
    """
    places = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    parts = [text[start:end].strip() for start, end in pairwise(places)]
    return [part for part in parts if part]


class SentenceShuffleGenerator(RowEditingGenerator):
    """Put the sentences of a random row of the class into another order.

    A candidate of a row of one sentence, or of equal ones, fails. A row of k different sentences gives at most
    k! - 1 candidates.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    copies_ : SampleCopyGenerator
        Draws the row that is edited.

    References
    ----------
    Henning et al. (2023), "A Survey of Methods for Addressing Class Imbalance in Deep-Learning Based NLP", EACL,
    section 3 (data augmentation).

    Examples
    --------
    >>> from skbalagen import SentenceShuffleGenerator
    >>> generator = SentenceShuffleGenerator().fit(["It broke. Send it back? Yes"], ["returns"])
    >>> generator.sample({"returns": range(2)}, random_state=0)
    {'returns': ['It broke. Yes Send it back?', 'Yes Send it back? It broke.']}
    """

    def _edit(self, text: str, rng: np.random.Generator) -> str | None:
        sentences = split_sentences(text)
        if len(set(sentences)) < 2:
            return None
        shuffled = sentences
        while shuffled == sentences:
            shuffled = [sentences[i] for i in rng.permutation(len(sentences)).tolist()]
        return join_words(shuffled)


class SentenceInsertionGenerator(RowEditingGenerator):
    """Insert a sentence of the largest class into a random row of the class, at a random place.

    What tells a rare class apart stays in the text, and what surrounds it varies. Meant for rows of a small class that
    stand out against a large one, such as abuse; where classes exclude each other, let labelers judge the candidates.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    copies_ : SampleCopyGenerator
        Draws the row that is edited.
    largest_class_ : object
        The label whose rows the sentences come from; of equally large ones the first of `classes_`.
    sentences_ : ndarray of object, of shape (n_sentences,)
        The different sentences of its rows, each equally likely.

    References
    ----------
    Juuti, Gröndahl, Flanagan & Asokan (2020), "A little goes a long way: Improving toxic language classification
    despite data scarcity", Findings of EMNLP, section 3 (ADD).

    Examples
    --------
    >>> from skbalagen import SentenceInsertionGenerator
    >>> generator = SentenceInsertionGenerator().fit(["Hello. Thanks!", "Nice day.", "I hate it"], ["ok", "ok", "bad"])
    >>> generator.sample({"bad": range(3)}, random_state=0)
    {'bad': ['I hate it Hello.', 'Nice day. I hate it', 'Hello. I hate it']}
    """

    def fit(self, X: Texts, y: Labels) -> Self:
        """Remember the training rows, and the sentences of the largest class.

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
        TypeError, ValueError
            As :meth:`~skbalagen.generators.RowEditingGenerator.fit`; and if the largest class has blank texts only.
        """
        super().fit(X, y)
        rows = self.copies_.rows_
        self.largest_class_ = max(rows, key=lambda label: len(rows[label]))
        texts = self.copies_.texts_[rows[self.largest_class_]].tolist()
        sentences = dict.fromkeys(sentence for text in texts for sentence in split_sentences(text))
        if not sentences:
            raise ValueError(
                f"the largest class must have a text, to take sentences from, got {len(texts)} blank rows of "
                f"{self.largest_class_!r}. Add rows, or use another generator."
            )
        self.sentences_ = np.array(list(sentences), dtype=object)
        return self

    def _edit(self, text: str, rng: np.random.Generator) -> str:
        sentences = split_sentences(text)
        inserted = self.sentences_[int(rng.integers(len(self.sentences_)))]
        place = int(rng.integers(len(sentences) + 1))
        return join_words([*sentences[:place], inserted, *sentences[place:]])
