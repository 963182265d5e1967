"""Cheap parts for the cases of `fuzz.py`: generators, an encoder and a labeler."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from imblearn.over_sampling import RandomOverSampler
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from skbalagen import TextSampler
from skbalagen.generators import as_seed, stream_rng

__all__ = ["HashedTexts", "MalformedGenerator", "RandomGenerator", "copies", "words"]


def words() -> Any:
    """Return a classifier on words that fits in a millisecond."""
    vectorizer = HashingVectorizer(n_features=64, token_pattern=r"\S+", alternate_sign=False)
    return make_pipeline(vectorizer, MultinomialNB())


def copies() -> TextSampler:
    """Return a sampler of rows with a seed of its own."""
    return TextSampler(RandomOverSampler(random_state=0))


class RandomGenerator(BaseEstimator):
    """A stream of candidates, some of which failed, are blank, or repeat rows and one another."""

    def __init__(self, *, fail: float = 0.1, novel: float = 0.8) -> None:
        self.fail = fail
        self.novel = novel

    def fit(self, X: Any, y: Any) -> Self:
        """Remember the texts."""
        self.texts_ = list(X)
        return self

    def sample(self, spans: Mapping[Any, range], *, random_state: Any = None) -> dict[Any, list[str | None]]:
        """Return candidates."""
        seed = as_seed(random_state)
        return {
            label: [self._text(stream_rng(seed, label, i), i) for i in span] for label, span in spans.items()
        }

    def _text(self, rng: np.random.Generator, index: int) -> str | None:
        if rng.random() < self.fail:
            return None
        if rng.random() < 0.05:
            return "  "
        row = self.texts_[int(rng.integers(len(self.texts_)))]
        return f"{row} {index}" if rng.random() < self.novel else f" {row.upper()} "


class MalformedGenerator(BaseEstimator):
    """Return something that is not one candidate per index."""

    def __init__(self, kind: int = 0) -> None:
        self.kind = kind

    def fit(self, X: Any, y: Any) -> Self:
        """Learn nothing."""
        return self

    def sample(self, spans: Mapping[Any, range], *, random_state: Any = None) -> Any:
        """Return one of nine malformed answers."""
        right = {label: [f"text {i}" for i in span] for label, span in spans.items()}
        first = next(iter(right))
        answers = [
            ["a text"],
            None,
            7,
            {},
            {**right, first: right[first][:-1]},
            {**right, first: [*right[first], "one more"]},
            {**right, first: [3] * len(right[first])},
            {**right, first: "x" * len(right[first])},
            {("other", label): candidates for label, candidates in right.items()},
        ]
        return answers[self.kind]


class HashedTexts(TransformerMixin, BaseEstimator):
    """Stands in for a sentence encoder, and for an augmenter of nlpaug that draws from the global states."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn nothing."""
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return unit vectors of words."""
        return HashingVectorizer(n_features=64, token_pattern=r"\S+").transform(X).toarray()

    def augment(self, text: str) -> list[str]:
        """Return the words in another order."""
        parts = text.split()
        random.shuffle(parts)
        return [" ".join([*parts, str(np.random.randint(9))])]  # noqa: NPY002
