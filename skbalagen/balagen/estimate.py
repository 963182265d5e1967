"""How long a run is going to take on this machine, before it begins."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skbalagen._utils.progress import progress_hidden
from skbalagen._utils.text import count
from skbalagen._utils.time_limit import now
from skbalagen.balagen.candidates import candidate_budget
from skbalagen.balagen.labelers import LabelerEnsemble, NoLabelers
from skbalagen.balagen.parts import make_generator, make_labelers, set_seeds
from skbalagen.balagen.policy import class_sizes
from skbalagen.balagen.training_set import balance_of, training_rows
from skbalagen.generators._lm_speed import expected_seconds
from skbalagen.generators.causal_lm import CausalLMGenerator
from skbalagen.generators.union import GeneratorUnion
from skbalagen.models.catalog import MINILM
from skbalagen.models.fetch import is_at_hand

if TYPE_CHECKING:
    from skbalagen.balagen.resampler import BalaGenResampler

__all__ = ["Estimate", "estimate", "expected_candidates", "expected_time"]

# Of ten candidates, four are accepted: between 0.16 and 0.75, by the task (benchmarks/results/benchmark.jsonl).
_ACCEPTANCE = 0.4
# Rows that the labelers learn from, and texts that they judge, to see how long they take.
_LEARNED, _JUDGED = 100, 32


class Estimate(NamedTuple):
    """Seconds that the parts of a run take.

    Attributes
    ----------
    n_candidates : int
        How many are likely to be generated.
    training, candidates, labelers : float
        Fitting the generator, generating, and fitting and asking the labelers.

    Examples
    --------
    >>> print(Estimate(n_candidates=400, training=90.0, candidates=60.0, labelers=20.0))
    About 3 minutes: fine-tuning 1.5, about 400 candidates 1.0, labelers 0.3.
    """

    n_candidates: int
    training: float
    candidates: float
    labelers: float

    @property
    def seconds(self) -> float:
        """All of them together."""
        return self.training + self.candidates + self.labelers

    def __str__(self) -> str:
        minutes = self.seconds / 60
        return (
            f"About {count(max(1, round(minutes)), 'minute')}: fine-tuning {self.training / 60:.1f}, about "
            f"{count(self.n_candidates, 'candidate')} {self.candidates / 60:.1f}, labelers {self.labelers / 60:.1f}."
        )


def expected_candidates(wanted: Mapping[Any, int], budget: int) -> int:
    """Return how many candidates are likely to be generated.

    Parameters
    ----------
    wanted : mapping of label to int
        Rows to be generated of each class.
    budget : int
        Most candidates of all classes together.

    Examples
    --------
    >>> expected_candidates({"a": 20, "b": 2}, 1000), expected_candidates({"a": 20}, 30)
    (55, 30)
    """
    return min(budget, sum(ceil(n / _ACCEPTANCE) for n in wanted.values()))


def estimate(
    resampler: BalaGenResampler, X: np.ndarray, y: np.ndarray, targets: Mapping[Any, int]
) -> Estimate | None:
    """Return how long `fit_resample` will take, from a few seconds of training, sampling and judging.

    Parameters
    ----------
    resampler : BalaGenResampler
    X : ndarray of object, of shape (n_samples,)
        Texts.
    y : ndarray of shape (n_samples,)
        Their labels, one per text.
    targets : mapping of label to int
        Rows wanted of each class, such as `sampling_strategy_`.

    Returns
    -------
    Estimate or None
        None where nothing is generated, no language model is fine-tuned, or a model would have to be fetched. Of several
        generators, the language models are added up; the others are not counted, nor is what they ask a server.
    """
    generator = make_generator(resampler.generator)
    models = _language_models(generator)
    if not models or _absent_models(resampler, models):
        return None
    sizes = class_sizes(y)
    lacking = {label: n - sizes[label] for label, n in targets.items() if n > sizes[label]}
    share = resampler.generated_share
    wanted = {
        label: ceil(round((generator.advised_share(sizes[label]) if share is None else share) * n, 6))
        for label, n in lacking.items()
    }
    if not any(wanted.values()):
        return None
    n_candidates = expected_candidates(wanted, candidate_budget(sizes, lacking, resampler.max_candidates))
    rows = training_rows(y, targets, balance_of(resampler.balance_training), seed=0)
    labelers = make_labelers(resampler.labelers, n_jobs=resampler.n_jobs)
    if not isinstance(labelers, NoLabelers):
        set_seeds(labelers.members(), np.random.RandomState(0))
    with progress_hidden(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what the run itself will warn of
        learned = X[rows.generator], y[rows.generator]
        parts = [expected_seconds(model, *learned, ceil(part * n_candidates)) for model, part in models]
        judging = _labeler_seconds(labelers, X[rows.labelers], y[rows.labelers], n_candidates)
    training, candidates = map(sum, zip(*parts, strict=True))
    return Estimate(n_candidates, training, candidates, judging)


def expected_time(
    resampler: BalaGenResampler, X: np.ndarray, y: np.ndarray, targets: Mapping[Any, int]
) -> str:
    """Return a sentence on how long `fit_resample` will take; "" where :func:`estimate` has nothing to say."""
    models = _language_models(make_generator(resampler.generator))
    if models and (absent := _absent_models(resampler, models)):
        return f"How long it takes can be said once the model {absent[0]} is on this machine (skbalagen download)."
    expected = estimate(resampler, X, y, targets)
    return "" if expected is None else str(expected)


def _language_models(generator: Any, part: float = 1.0) -> list[tuple[CausalLMGenerator, float]]:
    """Return the language models that are fine-tuned, and the part of the candidates that each writes."""
    if isinstance(generator, GeneratorUnion):
        shares = [1.0] * len(generator.generators) if generator.shares is None else list(generator.shares)
        members = zip(generator.generators, shares, strict=True)
        return [
            found
            for (_, member), share in members
            for found in _language_models(member, part * share / sum(shares))
        ]
    return [(generator, part)] if isinstance(generator, CausalLMGenerator) else []


def _absent_models(
    resampler: BalaGenResampler, models: Sequence[tuple[CausalLMGenerator, float]]
) -> list[str]:
    """Return the models that would have to be fetched: those of the generators, and that of the default labelers."""
    given = resampler.labelers
    default = (given.estimators if isinstance(given, LabelerEnsemble) else given) is None
    names = [*(str(model.model) for model, _ in models), *([MINILM] if default else [])]
    return [name for name in names if not is_at_hand(name)]


def _labeler_seconds(labelers: Any, X: np.ndarray, y: np.ndarray, n_candidates: int) -> float:
    """Return how long labelers learn and judge, by how long they take for some of the rows."""
    if isinstance(labelers, NoLabelers):
        return 0.0
    order = np.random.default_rng(0).permutation(len(X))
    of_each_class = np.unique(y[order], return_index=True)[1]
    rows = order[np.union1d(of_each_class, np.arange(min(_LEARNED, len(X))))]
    two = rows[np.unique(y[rows], return_index=True)[1][:2]]
    labelers.fit(X[two], y[two])  # loads what is to be loaded, which takes as long for few rows as for many
    start = now()
    labelers.fit(X[rows], y[rows])
    fitted = now()
    texts = np.array([f"{text} {i}" for i, text in enumerate(X[rows[:_JUDGED]])], dtype=object)
    labelers.judge(texts, y[rows[:_JUDGED]])
    return (fitted - start) * len(X) / len(rows) + (now() - fitted) * n_candidates / len(texts)
