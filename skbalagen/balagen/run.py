"""From the parameters of the resampler to one run of the algorithm."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from skbalagen._utils.terminal import say
from skbalagen.balagen.algorithm import Seeds, balance
from skbalagen.balagen.assembly import Assembled
from skbalagen.balagen.candidates import Rules
from skbalagen.balagen.estimate import expected_time
from skbalagen.balagen.label_set_labelers import LabelSetEnsemble
from skbalagen.balagen.label_sets import LabelSets
from skbalagen.balagen.labelers import LabelerEnsemble, NoLabelers, WeakLabelers
from skbalagen.balagen.leak_gate import LeakGate
from skbalagen.balagen.parts import (
    AnnouncedGenerator,
    AnnouncedLabelers,
    make_generator,
    make_labelers,
    set_seeds,
)
from skbalagen.balagen.policy import (
    Band,
    PercentilePolicy,
    class_sizes,
    growing_policy,
    resolve_targets,
)
from skbalagen.balagen.precautions import check_rows_wanted
from skbalagen.balagen.several_generators import drop_refused
from skbalagen.balagen.text_quality import make_text_rules
from skbalagen.balagen.time_budget import TimeBudget, TimedGenerator
from skbalagen.balagen.training_set import ALL_ROWS, BalanceTraining, balance_of, training_rows
from skbalagen.cache import CachedGenerator, CachedLabelers, ComponentCache, open_cache
from skbalagen.generators.union import GeneratorUnion

__all__ = ["Run", "choose_policy", "run"]

Policy = Callable[[np.ndarray], Mapping[Any, int]]

# Rows per class that "grow" aims at where a generator advises no number.
_ADVISED_ROWS = 100


class Run(NamedTuple):
    """What one run made, the rows wanted per label, and the parts that made it, of `max_rows` rows at most."""

    made: Assembled
    targets: dict[Any, int]
    band: Band | None
    generator: Any
    labelers: LabelerEnsemble | None
    max_rows: int | None = None


def choose_policy(
    resampler: Any, X: np.ndarray | None, y: np.ndarray, generator: Any
) -> tuple[Policy, Band | None]:
    """Return the policy that the parameters mean, and its band if it is a percentile policy.

    Parameters
    ----------
    resampler : BalaGenResampler
    X : ndarray of object, of shape (n_samples,), or None
        Texts, on which a policy with a method `fit` is fitted; None where there is not one label per text.
    y : ndarray of shape (n_samples,)
        Labels.
    generator : TextGenerator
        Whose advice "grow" asks for.

    Raises
    ------
    ValueError
        Betas that contradict each other, "grow" together with `beta_high`, or a policy that looks at texts where
        there are none. The policy raises one if it wants
        more rows than a machine holds.
    """
    strategy = resampler.sampling_strategy
    if hasattr(strategy, "fit"):
        strategy = _fitted(strategy, X, y, resampler.random_state)
    if not isinstance(strategy, str) or strategy not in ("auto", "grow"):
        return partial(_affordable, partial(resolve_targets, strategy)), None
    if strategy == "grow" and resampler.beta_high:
        raise ValueError(
            f"sampling_strategy='grow' grows every class, expected beta_high=0, got {resampler.beta_high!r}. "
            "Set beta_high=0, or use sampling_strategy='auto'."
        )
    policy = PercentilePolicy(beta_low=resampler.beta_low, beta_high=resampler.beta_high)
    if strategy == "grow":
        policy = growing_policy(
            list(class_sizes(y).values()),
            partial(_share, generator, resampler.generated_share),
            advised_rows=getattr(generator, "advised_rows", _ADVISED_ROWS),
            otherwise=policy,
        )
    return partial(_affordable, policy), policy.band(y)


def _fitted(policy: Any, X: np.ndarray | None, y: np.ndarray, random_state: Any) -> Any:
    """Return a clone of a policy that looks at texts, fitted on `X` and `y`."""
    if X is None:
        raise ValueError(
            f"{type(policy).__name__} looks at texts, expected one label per text, got a table of numbers or rows of "
            "several labels. Use PercentilePolicy, which looks at sizes alone."
        )
    policy = clone(policy, safe=False)
    if getattr(policy, "random_state", 0) is None:
        policy.random_state = random_state
    return policy.fit(X, y)


def _affordable(policy: Policy, y: np.ndarray) -> Mapping[Any, int]:
    """Return the rows that a policy wants, unless there are too many of them."""
    targets = policy(y)
    check_rows_wanted(targets, y)
    return targets


def run(
    resampler: Any,
    X: np.ndarray | None,
    y: np.ndarray,
    unlabeled: np.ndarray | None,
    sets: LabelSets | None = None,
) -> Run:
    """Make the parts, and balance the texts `X` with the labels `y`.

    Parameters
    ----------
    resampler : BalaGenResampler
        Its parameters are read; its callbacks, if any are set, get the steps.
    X : ndarray of object, of shape (n_samples,), or None
        None is a table of numbers, whose rows can only be copied.
    y : ndarray of shape (n_samples,)
    unlabeled : ndarray of object or None
        Real texts without labels.
    sets : LabelSets, default=None
        Of rows with several labels: `y` holds the names of their sets then.
    """
    time = TimeBudget(resampler.max_minutes)
    random_state = check_random_state(resampler.random_state)
    seeds = Seeds(*random_state.randint(np.iinfo(np.int32).max, size=4).tolist())
    parts = _make_parts(resampler, X, sets, random_state)
    _check_unlabeled(unlabeled, parts.labelers, sets)
    sized = y if sets is None else sets.flat  # where each row has one label
    policy, band = choose_policy(resampler, X if sets is None else None, sized, parts.generator)
    targets = dict(policy(sized))
    wanted = targets if sets is None else sets.rows_wanted(targets)
    if resampler.verbose and X is not None and sets is None:
        _say_expected_time(resampler, X, y, targets, parts, seed=seeds.rows)
    generator, judge = parts.generator, parts.judge(resampler, asked=unlabeled is not None)
    made = balance(
        np.arange(len(y)).astype(str).astype(object) if X is None else X,
        y,
        policy=lambda _: wanted,
        training=parts.training,
        generator=parts.writer(resampler, time),
        labelers=judge,
        rules=Rules(
            partial(_share, generator, resampler.generated_share),
            resampler.max_candidates,
            resampler.shortfall,
            _gate(resampler.near_duplicates),
            make_text_rules(resampler.text_rules),
            _token_counter(generator, parts.kept),
            time,
            *([partial(drop_refused, generator)] if isinstance(generator, GeneratorUnion) else []),
        ),
        seeds=seeds,
        unlabeled=unlabeled,
    )
    if X is None:
        _warn_of_copies(sum(made.n_copied.values()))
    return Run(
        made,
        targets=targets,
        band=band,
        generator=_taken_out(parts.kept),
        labelers=_fitted_labelers(judge),
        max_rows=parts.training.max_rows,
    )


class _Parts(NamedTuple):
    """What a run works with; `kept` is the generator, or one that takes from the cache what is there."""

    generator: Any
    kept: Any
    labelers: LabelerEnsemble | NoLabelers
    training: BalanceTraining
    cache: ComponentCache | None

    @property
    def copies_rows(self) -> bool:
        """Whether rows of D are copied: there is nothing to learn, and nothing to judge."""
        return hasattr(self.generator, "sample_rows")

    def writer(self, resampler: Any, time: TimeBudget) -> Any:
        """Return the generator as the algorithm gets it."""
        return (
            self.kept if self.copies_rows else AnnouncedGenerator(TimedGenerator(self.kept, time), resampler)
        )

    def judge(self, resampler: Any, *, asked: bool) -> WeakLabelers:
        """Return the labelers as the algorithm gets them; copies are judged only if there are other texts, `asked`."""
        if not isinstance(self.labelers, LabelerEnsemble) or (self.copies_rows and not asked):
            return NoLabelers()
        return AnnouncedLabelers(
            CachedLabelers(self.labelers, self.cache) if self.cache else self.labelers, resampler
        )


def _make_parts(
    resampler: Any, X: np.ndarray | None, sets: LabelSets | None, random_state: np.random.RandomState
) -> _Parts:
    """Make the parts that the parameters mean, and set their seeds."""
    generator = make_generator("sample-copy" if X is None else resampler.generator)
    labelers = make_labelers(resampler.labelers, n_jobs=resampler.n_jobs)
    if sets is not None and isinstance(labelers, LabelerEnsemble):
        given = resampler.labelers
        default = given is None or (isinstance(given, LabelerEnsemble) and given.estimators is None)
        labelers = LabelSetEnsemble.of(labelers, sets.columns(), default=default)
    members = labelers.members() if isinstance(labelers, LabelerEnsemble) else []
    set_seeds([generator, *members], random_state)
    training = balance_of(resampler.balance_training)
    if hasattr(generator, "sample_rows"):
        training = training._replace(generator=ALL_ROWS)
    cache = _open_cache(resampler)
    return _Parts(generator, _kept(generator, cache), labelers, training, cache)


def _check_unlabeled(unlabeled: np.ndarray | None, labelers: Any, sets: LabelSets | None) -> None:
    """Raise if there are unlabeled texts that nothing can label."""
    if unlabeled is None:
        return
    if isinstance(labelers, NoLabelers):
        raise ValueError(
            "unlabeled texts get their labels from the labelers, but labelers is []. Leave it at None or name "
            "some, or leave out unlabeled."
        )
    if sets is not None:
        raise ValueError(
            "unlabeled texts can be used with one label per row, got rows of several labels. Leave out unlabeled."
        )


def _say_expected_time(
    resampler: Any, X: np.ndarray, y: np.ndarray, targets: Mapping[Any, int], parts: _Parts, *, seed: int
) -> None:
    """Say how long the work will take, unless the cache has done it."""
    rows = training_rows(y, targets, parts.training, seed=seed).generator
    is_kept = parts.cache is not None and parts.cache.holds(parts.generator, X[rows], y[rows])
    if not is_kept and (expected := expected_time(resampler, X, y, targets)):
        say(expected, sys.stderr)


def _share(generator: Any, generated_share: float | None, n_rows: int) -> float:
    """Return how much of what a class of `n_rows` lacks is to be generated."""
    if hasattr(generator, "sample_rows"):
        return 0.0
    if generated_share is not None:
        return generated_share
    if not hasattr(generator, "advised_share"):
        return 1.0
    share = generator.advised_share(n_rows)
    if not isinstance(share, int | float | np.number) or not 0 <= share <= 1:
        raise ValueError(
            f"generator.advised_share must return a number in [0, 1], got {share!r} for a class of {n_rows} rows. "
            "Correct the generator, or set generated_share."
        )
    return float(share)


def _kept(generator: Any, cache: ComponentCache | None) -> Any:
    """Return a generator that takes from the cache what is there: each member of a union by itself."""
    if cache is None or hasattr(generator, "sample_rows"):
        return generator
    if isinstance(generator, GeneratorUnion):
        return generator.wrap(partial(CachedGenerator, cache=cache))
    return CachedGenerator(generator, cache)


def _taken_out(kept: Any) -> Any:
    """Return the generator, fitted if there was something to generate, of what :func:`_kept` returned."""
    if isinstance(kept, GeneratorUnion):
        return kept.unwrap()
    return kept.generator if isinstance(kept, CachedGenerator) else kept


def _fitted_labelers(judge: WeakLabelers) -> LabelerEnsemble | None:
    """Return the labelers that :meth:`_Parts.judge` gave the algorithm, if they were fitted."""
    inner = judge.labelers if isinstance(judge, AnnouncedLabelers) else None
    ensemble = inner.labelers if isinstance(inner, CachedLabelers) else inner
    return ensemble if isinstance(ensemble, LabelerEnsemble) and hasattr(ensemble, "estimators_") else None


def _token_counter(generator: Any, kept: Any) -> Callable[[Sequence[str]], Sequence[int]] | None:
    """Return how to count the tokens of words with the model of a generator that is yet to be fitted, if it has one."""
    if not hasattr(generator, "count_tokens"):
        return None
    return lambda words: (kept.generator if isinstance(kept, CachedGenerator) else kept).count_tokens(words)


def _gate(near_duplicates: str | LeakGate) -> LeakGate:
    return LeakGate(near_duplicates) if isinstance(near_duplicates, str) else near_duplicates


def _open_cache(resampler: Any) -> ComponentCache | None:
    cache = open_cache(resampler.memory)
    if cache is not None and resampler.random_state is None:
        warnings.warn(
            "memory is not used, since random_state is None: what is kept would be the same each time. Set "
            "random_state to a number.",
            UserWarning,
            stacklevel=7,
        )
        return None
    return cache


def _warn_of_copies(n_copied: int) -> None:
    if n_copied:
        warnings.warn(
            f"X is a table of numbers: there are no texts to learn from, so the {n_copied} missing rows are copies. "
            "Pass texts, put the resampler in front of the vectorizer, or use imblearn's RandomOverSampler.",
            UserWarning,
            stacklevel=6,
        )
