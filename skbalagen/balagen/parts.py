"""Turn the parameters `generator` and `labelers` into the parts that the algorithm calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skbalagen._utils.sklearn_compat import callback_task
from skbalagen._utils.text import Labels, Texts
from skbalagen.balagen.labelers import LabelerEnsemble, NoLabelers
from skbalagen.balagen.selection import check_margin, required_votes
from skbalagen.generators.nlpaug import NlpaugGenerator, is_nlpaug_augmenter
from skbalagen.generators.union import GeneratorUnion

__all__ = [
    "GENERATORS",
    "AnnouncedGenerator",
    "AnnouncedLabelers",
    "make_generator",
    "make_labelers",
    "set_seeds",
]

GENERATORS = {
    "causal-lm": ("causal_lm", "CausalLMGenerator"),
    "eda": ("eda", "EDAGenerator"),
    "markov-chain": ("markov_chain", "MarkovChainGenerator"),
    "sample-copy": ("sample_copy", "SampleCopyGenerator"),
}


def make_generator(generator: Any) -> Any:
    """Return a new, unfitted generator with checked parameters.

    Parameters
    ----------
    generator : str, TextGenerator, nlpaug augmenter, list of them or None
        None is "causal-lm". A list, of pairs with a name or without names, is a :class:`GeneratorUnion`.

    Raises
    ------
    TypeError
        Something else.
    """
    generator = "causal-lm" if generator is None else generator
    if isinstance(generator, str) and generator in GENERATORS:
        module, name = GENERATORS[generator]
        return getattr(import_module(f"skbalagen.generators.{module}"), name)()
    if isinstance(generator, list | tuple):
        return GeneratorUnion(_named([_named_part(part) for part in generator]))
    if is_nlpaug_augmenter(generator):
        return NlpaugGenerator(generator)
    if isinstance(generator, type) or not (hasattr(generator, "fit") and hasattr(generator, "sample")):
        raise TypeError(
            f"generator must be one of {sorted(GENERATORS)}, an nlpaug augmenter, or an object with fit(X, y) and "
            f"sample(spans, *, random_state), or a list of these, got {generator!r}. See skbalagen.TextGenerator."
        )
    return clone(generator, safe=False)


def _named_part(part: Any) -> tuple[str, Any]:
    """Return the name and the generator of an entry of a list: as in a pair, else its class."""
    if isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], str):
        return part[0], make_generator(part[1])
    made = make_generator(part)
    return part if isinstance(part, str) else type(made).__name__, made


def _named(parts: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Number the names that occur again: EDAGenerator, EDAGenerator-2."""
    seen: Counter[str] = Counter()
    pairs = []
    for name, made in parts:
        seen[name] += 1
        pairs.append((name if seen[name] == 1 else f"{name}-{seen[name]}", made))
    return pairs


def make_labelers(
    labelers: Sequence[Any] | LabelerEnsemble | None, *, n_jobs: int | None
) -> LabelerEnsemble | NoLabelers:
    """Return a new, unfitted ensemble with checked members, weights and voting rule.

    Parameters
    ----------
    labelers : list of classifiers, LabelerEnsemble or None
        None is the default ensemble; an empty list switches weak labeling off.
    n_jobs : int or None
        For an ensemble that names no number of its own.

    Raises
    ------
    TypeError, ValueError
        As for :meth:`LabelerEnsemble.fit`.
    """
    given = labelers if isinstance(labelers, LabelerEnsemble) else LabelerEnsemble(estimators=labelers)
    members = [clone(member) for member in given.members()]
    if not members:
        return NoLabelers()
    required_votes(given.voting, len(members))
    check_margin(given.margin)
    return LabelerEnsemble(
        estimators=members,
        weights=given.member_weights(),
        voting=given.voting,
        margin=given.margin,
        n_jobs=n_jobs if given.n_jobs is None else given.n_jobs,
    )


def set_seeds(parts: Sequence[Any], random_state: np.random.RandomState) -> None:
    """Check the parameters of each part, and give a seed to each `random_state` that is None."""
    for part in parts:
        if hasattr(part, "_parameter_constraints"):
            part._validate_params()
        if hasattr(part, "get_params"):
            names = [
                k for k, v in part.get_params().items() if k.split("__")[-1] == "random_state" and v is None
            ]
            part.set_params(**{name: random_state.randint(2**31 - 1) for name in sorted(names)})


class AnnouncedGenerator:
    """A generator that reports its fit, and each round of candidates, to scikit-learn's callbacks.

    Parameters
    ----------
    generator : TextGenerator
    estimator : CallbackSupportMixin
        Has the callbacks.
    """

    def __init__(self, generator: Any, estimator: Any) -> None:
        self.generator = generator
        self.estimator = estimator

    def fit(self, X: Texts, y: Labels) -> Self:
        """Fit the generator: the step "generator"."""
        with callback_task(self.estimator, "generator"):
            self.generator.fit(X, y)
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Sample a round of candidates: the step "candidates"."""
        with callback_task(self.estimator, "candidates"):
            return self.generator.sample(spans, random_state=random_state)


class AnnouncedLabelers:
    """Labelers that report their fit to scikit-learn's callbacks.

    Parameters
    ----------
    labelers : LabelerEnsemble
    estimator : CallbackSupportMixin
        Has the callbacks.
    """

    def __init__(self, labelers: Any, estimator: Any) -> None:
        self.labelers = labelers
        self.estimator = estimator

    def fit(self, X: Texts, y: Labels) -> Self:
        """Fit the labelers: the step "labelers"."""
        with callback_task(self.estimator, "labelers"):
            self.labelers.fit(X, y)
        return self

    def judge(self, X: Texts, y: Labels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what :meth:`skbalagen.LabelerEnsemble.judge` does."""
        return self.labelers.judge(X, y)

    def assign(self, X: Texts) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return what :meth:`skbalagen.LabelerEnsemble.assign` does."""
        return self.labelers.assign(X)
