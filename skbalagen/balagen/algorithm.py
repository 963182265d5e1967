"""BalaGen: Algorithm 1 of Tepper et al. (2020), from top to bottom.

Caching, progress bars, containers and tables wrap these parts from outside: see `resampler`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from skbalagen.balagen.assembly import Assembled, assemble
from skbalagen.balagen.candidates import Candidates, Rules
from skbalagen.balagen.labelers import WeakLabelers
from skbalagen.balagen.training_set import BalanceTraining, training_rows
from skbalagen.generators.base import TextGenerator

__all__ = ["Seeds", "balance"]


class Seeds(NamedTuple):
    """One seed for each source of randomness, so that a change in one step leaves the others alone."""

    rows: int
    streams: int
    copies: int
    unlabeled: int


def balance(
    X: np.ndarray,
    y: np.ndarray,
    *,
    policy: Callable[[np.ndarray], Mapping[Any, int]],
    training: BalanceTraining,
    generator: TextGenerator,
    labelers: WeakLabelers,
    rules: Rules,
    seeds: Seeds,
    unlabeled: np.ndarray | None = None,
) -> Assembled:
    """Balance the texts `X` with the labels `y`, both of shape (n_samples,): D to D + D_syn, large classes thinned."""
    # 1. Policy: how many rows each class should have.
    targets = policy(y)

    # 2. D_S, the balanced training set of generator and labelers.
    to_generate, to_judge = training_rows(y, targets, training, seed=seeds.rows)

    candidates = Candidates(X, y, targets, rules)
    if candidates.lacking:
        labelers.fit(X[to_judge], y[to_judge])
        candidates.take_unlabeled(unlabeled, labelers, seed=seeds.unlabeled)
    if candidates.lacking:
        generator.fit(X[to_generate], y[to_generate])
    for spans in candidates.rounds():
        # 3. Generate: D*, the next candidates of each class that is not full.
        texts = generator.sample(spans, random_state=seeds.streams)

        # 4. Weak labels: what the labelers say of the candidates that are new.
        judged = candidates.judge(spans, texts, labelers)

        # 5. Select: the accepted ones, up to what each class lacks.
        candidates.select(judged)

    # 6. Assemble: D thinned to B_high, the selected candidates, and copies where they ran out.
    return assemble(X, y, targets, candidates, generator, seeds.rows, seeds.streams, seeds.copies)
