"""What is done to the training rows, and what learns from them."""

from __future__ import annotations

import ast
from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from skbalagen.balagen.policy import augment_only
from skbalagen.balagen.resampler import BalaGenResampler
from skbalagen.classifiers.transformer import TransformerClassifier
from skbalagen.encoders import SentenceEncoder
from skbalagen.generators import CausalLMGenerator, EDAGenerator, MarkovChainGenerator, SampleCopyGenerator

__all__ = ["CLASSIFIERS", "KnownTexts", "make_resampler", "make_vector_sampler"]

_GENERATORS = {
    "balagen": CausalLMGenerator,
    "eda": EDAGenerator,
    "markov": MarkovChainGenerator,
    "copy": SampleCopyGenerator,
}


def make_resampler(method: str, *, seed: int, memory: str | None) -> Any:
    """Return what resamples texts, or None where a method leaves them alone.

    Parameters
    ----------
    method : str
        "none", "class-weights", "smote" (which leave the texts alone), "ros", "rus", "eda" and "markov"
        (everything up to the largest class, nothing refused), "copy", "balagen", or "generated-only" (`n_rows`
        texts of each class by "balagen", and none of the real rows). Parameters of BalaGenResampler may follow
        the last five: ``"balagen:beta_low=100,generator__epochs=2"``.
    seed : int
    memory : str or None
        Component cache of BalaGenResampler, so that methods that differ in what comes later share candidates.
    """
    if method in ("none", "class-weights", "smote"):
        return None
    if method == "ros":
        return RandomOverSampler(random_state=seed)
    if method == "rus":
        return RandomUnderSampler(random_state=seed)
    name, _, tail = method.partition(":")
    if name == "generated-only":
        parameters: dict[str, Any] = {
            "n_rows": 30,
            "generated_share": 1.0,
            "shortfall": "keep",
        } | _parameters(tail)
        policy = augment_only(parameters.pop("n_rows"))
        resampler = make_resampler("balagen", seed=seed, memory=memory)
        return _GeneratedOnly(resampler.set_params(sampling_strategy=policy, **parameters))
    if name not in _GENERATORS:
        raise ValueError(
            f"method must be none, class-weights, smote, ros, rus, generated-only or one of {sorted(_GENERATORS)} "
            f"with parameters, got {method!r}."
        )
    resampler = BalaGenResampler(generator=_GENERATORS[name](), random_state=seed, memory=memory)
    if name != "balagen":
        resampler.set_params(beta_low=100, labelers=[])
    return resampler.set_params(**_parameters(tail))


class _GeneratedOnly:
    """The rows that a resampler generated, without the real ones (Tepper et al. 2020, section 5.2.6).

    Parameters
    ----------
    resampler : BalaGenResampler
    """

    def __init__(self, resampler: BalaGenResampler) -> None:
        self.resampler = resampler

    def fit_resample(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return generated texts and their labels; a class may have none."""
        X_new, y_new = self.resampler.fit_resample(X, y)
        self.report_ = self.resampler.report_
        new = self.resampler.is_synthetic_
        return X_new[new], y_new[new]


def _parameters(text: str) -> dict[str, Any]:
    """Parse "a=1,b=word"; what is no Python literal is a word."""
    parameters = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        try:
            parameters[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parameters[key] = value
    return parameters


def make_vector_sampler(method: str, y: np.ndarray, seed: int) -> list[Any]:
    """Return what resamples vectors: SMOTE, with classes too small for it copied first."""
    if method != "smote":
        return []
    smallest = min(Counter(y.tolist()).values())
    few = {label: 2 for label, n in Counter(y.tolist()).items() if n < 2}
    copies = [RandomOverSampler(sampling_strategy=few, random_state=seed)] if few else []
    return [*copies, SMOTE(k_neighbors=max(1, min(5, smallest - 1)), random_state=seed)]


@lru_cache(maxsize=200_000)
def _no_vector(text: str) -> list[np.ndarray]:
    return []


class KnownTexts(TransformerMixin, BaseEstimator):
    """Sentence vectors, each text encoded once a process: the same rows come back in every method."""

    def fit(self, X: Any, y: Any = None) -> KnownTexts:
        """Do nothing."""
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return unit vectors, of shape (n_samples, n_features)."""
        slots = [_no_vector(str(text)) for text in X]
        new = {str(text): slot for text, slot in zip(X, slots, strict=True) if not slot}
        if new:
            for slot, vector in zip(new.values(), SentenceEncoder().fit_transform(list(new)), strict=True):
                slot.append(vector)
        return np.array([slot[0] for slot in slots])


CLASSIFIERS: dict[str, dict[str, Any]] = {
    # Features, and the values of C that the validation rows choose from, equally for every method.
    "tfidf": {"features": TfidfVectorizer, "C": [1.0]},
    "tfidf-tuned": {"features": TfidfVectorizer, "C": [1.0, 10.0, 100.0]},
    "embedding": {"features": KnownTexts, "C": [1.0, 10.0, 100.0]},
    "encoder": {"estimator": TransformerClassifier},
}


def make_linear(C: float, weighted: bool) -> LogisticRegression:
    """Return the linear model on top of features."""
    return LogisticRegression(C=C, class_weight="balanced" if weighted else None, max_iter=2000)
