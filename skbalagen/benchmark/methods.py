"""What is done to the training rows, and what learns from them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from imblearn.over_sampling import ADASYN, SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.balagen.policy import augment_only
from skbalagen.balagen.resampler import BalaGenResampler
from skbalagen.classifiers.set_fit import SetFitClassifier
from skbalagen.classifiers.transformer import TransformerClassifier
from skbalagen.encoders import SentenceEncoder
from skbalagen.generators import (
    BackTranslationGenerator,
    CausalLMGenerator,
    EDAGenerator,
    EmbeddingSubstitutionGenerator,
    MarkovChainGenerator,
    MaskedLMGenerator,
    PromptGenerator,
    SampleCopyGenerator,
    SentenceInsertionGenerator,
    SentenceShuffleGenerator,
)
from skbalagen.over_sampling import ECRT, GE3, MISO, MLROS, REPRINT, GANOverSampler, VAEOverSampler

__all__ = [
    "CLASSIFIERS",
    "FREE_REMEDIES",
    "KnownTexts",
    "Method",
    "make_resampler",
    "make_vector_sampler",
    "parse_method",
]

# What costs no model: every table compares with the best of these.
FREE_REMEDIES = (
    "none",
    "class-weights",
    "ros",
    "label-texts",
    "logit-adjustment",
    "label-texts+logit-adjustment",
    "label-texts+class-weights",
    "smote",
    "eda",
    "markov",
)

_TAUS = (0.5, 1.0, 1.5)  # that the validation rows choose from
_GENERATORS = {
    "balagen": CausalLMGenerator,
    "eda": EDAGenerator,
    "markov": MarkovChainGenerator,
    "copy": SampleCopyGenerator,
    "sentence-shuffle": SentenceShuffleGenerator,
    "sentence-insertion": SentenceInsertionGenerator,
    "embedding-substitution": EmbeddingSubstitutionGenerator,
    "prompt": PromptGenerator,
    "masked-lm": MaskedLMGenerator,
    "back-translation": BackTranslationGenerator,
}

_VECTOR_SAMPLERS = {
    "adasyn": ADASYN,
    "ge3": GE3,
    "reprint": REPRINT,
    "ecrt": ECRT,
    "miso": MISO,
    "vae": VAEOverSampler,
    "gan": GANOverSampler,
}
_RESAMPLERS = ("ros", "rus", "ml-ros", "generated-only", *_GENERATORS)


@dataclass(frozen=True)
class Method:
    """The parts of a method: what is done to texts, to vectors, in the loss and after the fit.

    Attributes
    ----------
    label_texts : bool
        Whether each label is one more row of its class, where labels speak.
    resampler : str or None
        What resamples the texts, with its parameters after a colon.
    smote : bool
        Whether the vectors are over-sampled by SMOTE.
    vector_sampler : str or None
        Another over-sampler of vectors.
    training : tuple of (str, value)
        Parameters of TransformerClassifier, and `reweight` of its sampler. Each class is one label of an indicator y
        where the loss wants one.
    pseudo_labels : bool
        Whether the classifier labels the rows that a made imbalance left out, and learns from them.
    class_weights : bool
        Whether classes count alike in the loss.
    taus : tuple of float
        Strengths of the logit adjustment that validation rows choose from; empty is none.
    """

    label_texts: bool = False
    resampler: str | None = None
    smote: bool = False
    class_weights: bool = False
    taus: tuple[float, ...] = ()
    vector_sampler: str | None = None
    training: tuple[tuple[str, Any], ...] = ()
    pseudo_labels: bool = False

    @property
    def samples_vectors(self) -> bool:
        """Whether vectors are over-sampled, by SMOTE or another sampler."""
        return self.smote or self.vector_sampler is not None

    @property
    def may_be_refused(self) -> bool:
        """Whether a task may have too few rows of a class for the method; it has no row in the results then."""
        return self.vector_sampler is not None or self.pseudo_labels or bool(self.training)

    @property
    def needs_linear(self) -> bool:
        """Whether a linear model on vectors has to stand in for a head on the vectors of a frozen encoder."""
        return self.samples_vectors or self.pseudo_labels

    def fits(self, classifier: str) -> bool:
        """Return whether the method can be used with a classifier of that name."""
        if self.needs_linear:
            return classifier not in ("encoder", "set_fit")
        if any(name == "augment" for name, _ in self.training):
            return classifier == "encoder"
        return not self.training or classifier in ("encoder", "encoder-frozen")


def parse_method(name: str) -> Method:
    """Return the parts of a method from its name.

    Parameters
    ----------
    name : str
        "none", or parts that "+" joins: "label-texts", one resampler of texts (see :func:`make_resampler`), "smote",
        "class-weights", "pseudo-labels", and "logit-adjustment", whose ``:tau=`` is a number, 1 by default, or
        "chosen"; "vectors:" and the name of an over-sampler of vectors; "train:" and parameters of TransformerClassifier.

    Raises
    ------
    ValueError
        A part that is not known, or two resamplers.

    Examples
    --------
    >>> parse_method("label-texts+ros+logit-adjustment:tau=0.5")  # doctest: +ELLIPSIS
    Method(label_texts=True, resampler='ros', smote=False, class_weights=False, taus=(0.5,), ...)
    """
    found: dict[str, Any] = {}
    for part in name.split("+"):
        head, _, tail = part.partition(":")
        key: str
        value: Any = True
        if part == "none":
            continue
        if part in ("label-texts", "smote", "class-weights", "pseudo-labels"):
            key = part.replace("-", "_")
        elif head == "logit-adjustment":
            tau = _parameters(tail).get("tau", 1.0)
            key, value = "taus", _TAUS if tau == "chosen" else (float(tau),)
        elif head == "vectors" and tail in _VECTOR_SAMPLERS:
            key, value = "vector_sampler", tail
        elif head == "train" and tail:
            key, value = "training", tuple(_parameters(tail).items())
        elif head in _RESAMPLERS:
            key, value = "resampler", part
        else:
            raise ValueError(
                f"method must be none, or parts joined by + out of label-texts, smote, class-weights, pseudo-labels, "
                f"logit-adjustment, vectors:, train: and {', '.join(_RESAMPLERS)} with parameters, got {part!r} in "
                f"{name!r}. Correct the part."
            )
        if key in found:
            raise ValueError(
                f"method must have one part of a kind, got a second, {part!r}, in {name!r}. Drop one."
            )
        found[key] = value
    return Method(**found)


def make_resampler(resampler: str | None, *, seed: int, memory: str | None) -> Any:
    """Return what resamples texts, or None where a method leaves them alone.

    Parameters
    ----------
    resampler : str or None
        "ros", "rus", "ml-ros", "eda" and "markov" (everything up to the largest class, nothing rejected), "copy",
        "balagen", or "generated-only" (`n_rows` texts of each class by "balagen", and none of the real rows).
        Parameters of BalaGenResampler may follow the last five, and `voting` of its labelers:
        ``"balagen:beta_low=100,generator__epochs=2,voting=all"``.
    seed : int
    memory : str or None
        Component cache of BalaGenResampler, so that methods that differ in what comes later share candidates.
    """
    if resampler is None:
        return None
    if resampler == "ros":
        return RandomOverSampler(random_state=seed)
    if resampler == "rus":
        return RandomUnderSampler(random_state=seed)
    if resampler == "ml-ros":
        return _OneLabelPerRow(MLROS(random_state=seed))
    name, _, tail = resampler.partition(":")
    if name == "generated-only":
        given: dict[str, Any] = {
            "n_rows": 30,
            "generated_share": 1.0,
            "shortfall": "keep",
        } | _parameters(tail)
        policy = augment_only(given.pop("n_rows"))
        inner = make_resampler("balagen", seed=seed, memory=memory)
        return _GeneratedOnly(inner.set_params(sampling_strategy=policy, **given))
    made = BalaGenResampler(generator=_GENERATORS[name](), random_state=seed, memory=memory)
    if name not in ("balagen", "prompt"):  # what they write may not read like its class
        made.set_params(beta_low=100, labelers=[])
    parameters = _parameters(tail)
    if "voting" in parameters:
        made.set_params(labelers=LabelerEnsemble(voting=parameters.pop("voting")))
    return made.set_params(**parameters)


class _OneLabelPerRow:
    """A sampler for rows of several labels, on rows of one.

    Parameters
    ----------
    sampler : MLROS
    """

    def __init__(self, sampler: MLROS) -> None:
        self.sampler = sampler

    def fit_resample(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return rows, copies among them, and their labels."""
        classes, codes = np.unique(y, return_inverse=True)
        X_new, y_new = self.sampler.fit_resample(X, np.eye(len(classes), dtype=int)[codes])
        return X_new, classes[y_new.argmax(axis=1)]


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
    """Parse "a=1,b=word,c={'d':1,'e':2}"; what is no Python literal is a word."""
    parameters = {}
    for part in filter(None, re.split(r",(?=[a-z_]+=)", text)):
        key, _, value = part.partition("=")
        try:
            parameters[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parameters[key] = value
    return parameters


def make_vector_sampler(y: np.ndarray, seed: int, name: str | None = None) -> list[Any]:
    """Return SMOTE, or the over-sampler of that name, behind copies of the classes that are too small for it."""
    sizes = Counter(y.tolist())
    few = {label: 2 for label, n in sizes.items() if n < 2}
    copies = [RandomOverSampler(sampling_strategy=few, random_state=seed)] if few else []
    neighbors = max(1, min(5, min(sizes.values()) - 1))
    if name is None:
        return [*copies, SMOTE(k_neighbors=neighbors, random_state=seed)]
    if name == "adasyn":
        return [*copies, ADASYN(n_neighbors=neighbors, random_state=seed)]
    return [*copies, _VECTOR_SAMPLERS[name](random_state=seed)]


# Sentence vectors of the texts that were encoded in this process: the same rows come back in every method.
_VECTORS: dict[str, np.ndarray] = {}


class KnownTexts(TransformerMixin, BaseEstimator):
    """Sentence vectors, each text encoded once a process."""

    def fit(self, X: Any, y: Any = None) -> KnownTexts:
        """Do nothing."""
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return unit vectors, of shape (n_samples, n_features)."""
        texts = [str(text) for text in X]
        new = [text for text in dict.fromkeys(texts) if text not in _VECTORS]
        if new:
            _VECTORS.update(zip(new, SentenceEncoder().fit_transform(new), strict=True))
        return np.array([_VECTORS[text] for text in texts])

    @staticmethod
    def load(path: str | Path) -> None:
        """Read vectors that :meth:`save` wrote; a file that is not there yet holds none."""
        if Path(path).is_file():
            with np.load(path) as file:
                _VECTORS.update(zip(file["texts"].tolist(), file["vectors"], strict=True))

    @staticmethod
    def save(path: str | Path) -> None:
        """Write all vectors of this process to an ``.npz`` file."""
        np.savez(path, texts=np.array(list(_VECTORS)), vectors=np.array(list(_VECTORS.values())))


CLASSIFIERS: dict[str, dict[str, Any]] = {
    # Features, and the values of C that the validation rows choose from, equally for every method.
    "tfidf": {"features": TfidfVectorizer, "C": [1.0, 10.0, 100.0]},
    "embedding": {"features": KnownTexts, "C": [1.0, 10.0, 100.0]},
    "encoder": {"estimator": TransformerClassifier},
    "encoder-frozen": {"estimator": partial(TransformerClassifier, freeze_encoder=True)},
    "set_fit": {"estimator": SetFitClassifier},
}


def make_linear(C: float) -> LogisticRegression:
    """Return the linear model on top of features."""
    return LogisticRegression(C=C, max_iter=2000)
