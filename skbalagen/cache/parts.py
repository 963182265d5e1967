"""A generator and labelers that read from the cache and compute only what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import joblib
import numpy as np

from skbalagen._utils.random import as_seed
from skbalagen._utils.text import Labels, Texts, label_array
from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.cache.component_cache import _FORMAT, ComponentCache
from skbalagen.generators.base import TextGenerator

__all__ = ["CachedStreams", "CachedVerdicts"]


class CachedStreams:
    """A fitted generator whose candidates are read from a cache and generated where they are missing.

    Parameters
    ----------
    generator : TextGenerator
        Fitted.
    key : str
        Of the fitted generator.
    cache : ComponentCache
    """

    def __init__(self, generator: TextGenerator, key: str, cache: ComponentCache) -> None:
        self.generator = generator
        self.key = key
        self.cache = cache

    def fit(self, X: Texts, y: Labels) -> Self:
        """Do nothing: the generator is fitted."""
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return candidates ``spans[label]`` of each label's stream; those before them are kept too."""
        seed = as_seed(random_state)
        names = {label: _name(label) for label in spans}
        entry = self.cache.location / f"streams-{joblib.hash([_FORMAT, self.key, seed])}"
        with self.cache._kept(entry) as kept:
            lacking = {
                label: range(len(kept.get(names[label], ())), span.stop)
                for label, span in spans.items()
                if len(kept.get(names[label], ())) < span.stop
            }
            if lacking:
                for label, texts in self.generator.sample(lacking, random_state=seed).items():
                    kept.setdefault(names[label], []).extend(texts)
        return {label: [kept[names[label]][i] for i in span] for label, span in spans.items()}


class CachedVerdicts:
    """Fitted labelers that judge each candidate once, and keep what they said.

    Parameters
    ----------
    labelers : LabelerEnsemble
        Fitted.
    key : str
        Of the fitted labelers.
    cache : ComponentCache
    """

    def __init__(self, labelers: LabelerEnsemble, key: str, cache: ComponentCache) -> None:
        self.labelers = labelers
        self.key = key
        self.cache = cache

    @property
    def estimators_(self) -> list[Any]:
        """The fitted labelers."""
        return self.labelers.estimators_

    def judge(self, X: Texts, y: Labels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return votes, confidence and likeliest, as :meth:`skbalagen.LabelerEnsemble.judge` does."""
        names = [_name(label) for label in y]
        with self.cache._kept(self.cache.location / f"verdicts-{self.key}") as kept:
            new = [
                i
                for i, (name, text) in enumerate(zip(names, X, strict=True))
                if text not in kept.get(name, {})
            ]
            if new:
                said = self.labelers.judge([X[i] for i in new], label_array([y[i] for i in new]))
                for i, *row in zip(new, *(column.tolist() for column in said), strict=True):
                    kept.setdefault(names[i], {})[X[i]] = row
            rows = [kept[name][text] for name, text in zip(names, X, strict=True)]
        votes, confidence, likeliest = zip(*rows, strict=True)
        return np.array(votes, dtype=bool), np.array(confidence), np.array(likeliest, dtype=bool)


def _name(label: Any) -> str:
    """Return a label as text and type: 1, True and "1" are three classes."""
    return f"{type(label).__name__}:{label}"
