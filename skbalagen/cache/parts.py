"""A generator and labelers that take from the cache what is there, and compute only what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import joblib
import numpy as np
from sklearn.base import clone

from skbalagen._utils.random import as_seed
from skbalagen._utils.streams import check_candidates
from skbalagen._utils.text import Labels, Texts, label_array
from skbalagen.cache.component_cache import FORMAT, ComponentCache

__all__ = ["CachedGenerator", "CachedLabelers"]


class CachedGenerator:
    """A text generator that is fitted, and writes each candidate, at most once per cache.

    Parameters
    ----------
    generator : TextGenerator
        Unfitted; after `fit`, the fitted one.
    cache : ComponentCache
    """

    def __init__(self, generator: Any, cache: ComponentCache) -> None:
        self.generator = generator
        self.cache = cache

    def fit(self, X: Texts, y: Labels) -> Self:
        """Load the generator that was fitted on these rows, or fit and keep it."""
        self.generator, self.key = self.cache.fitted(self.generator, X, y)
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return candidates ``spans[label]`` of each label's stream; those before them are kept too.

        Those of a generator that is not kept itself are not.
        """
        if not self.key:
            return self.generator.sample(spans, random_state=random_state)
        seed = as_seed(random_state)
        names = {label: _name(label) for label in spans}
        with self.cache.kept(f"streams-{joblib.hash([FORMAT, self.key, seed])}") as kept:
            lacking = {
                label: range(len(kept.get(names[label], ())), span.stop)
                for label, span in spans.items()
                if len(kept.get(names[label], ())) < span.stop
            }
            if lacking:
                written = self.generator.sample(lacking, random_state=seed)
                check_candidates(written, lacking)
                for label, texts in written.items():
                    kept.setdefault(names[label], []).extend(texts)
        return {label: [kept[names[label]][i] for i in span] for label, span in spans.items()}


class CachedLabelers:
    """Labelers that are fitted, and judge each candidate, at most once per cache.

    Parameters
    ----------
    labelers : LabelerEnsemble
        Unfitted; after `fit`, the fitted ones.
    cache : ComponentCache
    """

    def __init__(self, labelers: Any, cache: ComponentCache) -> None:
        self.labelers = labelers
        self.cache = cache

    def fit(self, X: Texts, y: Labels) -> Self:
        """Load the labelers that were fitted on these rows, or fit and keep them."""
        # A voting rule that is not learned itself does not change what they learn.
        rule = {name: getattr(self.labelers, name) for name in ("voting", "margin")}
        learned = rule["voting"] if rule["voting"] == "dawid-skene" else "soft"
        neutral = clone(self.labelers).set_params(voting=learned, margin=0.0)
        labelers, self.key = self.cache.fitted(self.labelers, X, y, key_of=neutral)
        self.labelers = labelers.set_params(**rule)
        return self

    def judge(self, X: Texts, y: Labels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return votes, confidence and accepted, as :meth:`skbalagen.LabelerEnsemble.judge` does."""
        names = [_name(label) for label in y]
        rule = [self.labelers.voting, self.labelers.margin]
        with self.cache.kept(f"verdicts-{joblib.hash([FORMAT, self.key, *rule])}") as kept:
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
        if not rows:
            return self.labelers.judge([], [])
        votes, confidence, accepted = zip(*rows, strict=True)
        return np.array(votes, dtype=bool), np.array(confidence), np.array(accepted, dtype=bool)

    def assign(self, X: Texts) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return what :meth:`skbalagen.LabelerEnsemble.assign` does; it is not kept."""
        return self.labelers.assign(X)


def _name(label: Any) -> str:
    """Return a label as text and type: 1, True and "1" are three classes."""
    return f"{type(label).__name__}:{label}"
