"""Fit the language model and the labelers once for each task and seed; keep candidates and what is said of them.

    python benchmarks/make_pools.py POOLS --tasks shop covidq_few --seeds 2

One file for each task and seed, POOLS/TASK-SEED.npz, with the candidates of the language model at its defaults in the
order of their streams, the probabilities that each labeler gives them, and those of the validation and test rows.
Generator and labelers are seeded as by BalaGenResampler(random_state=SEED), so that the candidates are those that it
would read. `--generator eda` keeps those of word edits instead: give them a folder of their own. Files that are there
are left alone: an interrupted run goes on. A task takes some minutes on one core. The files hold texts made of the
data and are not for publication.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
from sklearn.utils import check_random_state

from skbalagen import (
    CausalLMGenerator,
    EDAGenerator,
    LabelerEnsemble,
    MarkovChainGenerator,
    PercentilePolicy,
)
from skbalagen.balagen.algorithm import Seeds
from skbalagen.balagen.parts import set_seeds
from skbalagen.balagen.policy import class_sizes
from skbalagen.balagen.training_set import balance_of, training_rows
from skbalagen.benchmark import TASKS, load_split

CANDIDATES = 3600  # of all classes together
LEAST, MOST = 48, 200  # of a class


def spans_of(sizes: dict[str, int]) -> dict[str, range]:
    """Return how many candidates each class gets; where classes are few, the largest gets the least."""
    n = int(np.clip(CANDIDATES // len(sizes), LEAST, MOST))
    largest = max(sizes.values())
    return {c: range(n if size < largest or len(sizes) > 20 else LEAST) for c, size in sizes.items()}


GENERATORS = {"causal-lm": CausalLMGenerator, "eda": EDAGenerator, "markov-chain": MarkovChainGenerator}


def make_pool(task: str, seed: int, folder: Path, name: str) -> None:
    """Write the pool of a task, a seed and a generator, unless it is there."""
    path = folder / f"{task}-{seed}.npz"
    if path.exists():
        return
    start = time.perf_counter()
    split = load_split(task, seed)
    X, y = split.X_train, split.y_train
    random_state = check_random_state(seed)
    seeds = Seeds(*random_state.randint(np.iinfo(np.int32).max, size=4).tolist())
    generator, labelers = GENERATORS[name](), LabelerEnsemble()
    set_seeds([generator, *labelers.members()], random_state)
    rows = training_rows(y, PercentilePolicy(beta_low=95)(y), balance_of("both"), seed=seeds.rows)
    labelers.fit(X[rows.labelers], y[rows.labelers])
    generator.fit(X[rows.generator], y[rows.generator])
    fitted = time.perf_counter() - start
    spans = spans_of(class_sizes(y))
    sampled = generator.sample(spans, random_state=seeds.streams)
    texts = np.array([text or "" for label in spans for text in sampled[label]])
    labels = np.array([str(label) for label, span in spans.items() for _ in span])

    def judged(Z: np.ndarray) -> np.ndarray:
        return np.array([member.predict_proba(Z) for member in labelers.estimators_], dtype=np.float16)

    proba = np.zeros((len(labelers.estimators_), len(texts), len(labelers.classes_)), dtype=np.float16)
    proba[:, texts != ""] = judged(texts[texts != ""].astype(object))
    part = path.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        texts=texts,
        labels=labels,
        classes=labelers.classes_.astype(str),
        proba=proba,
        valid=judged(split.X_valid),
        test=judged(split.X_test),
        seconds=np.array([fitted, time.perf_counter() - start]),
    )
    os.replace(part, path)
    print(f"{task} {seed}: {len(texts)} candidates, {time.perf_counter() - start:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=["shop"])
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds, from --first-seed")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--generator", choices=list(GENERATORS), default="causal-lm")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for task in options.tasks:
            make_pool(task, seed, options.folder, options.generator)


if __name__ == "__main__":
    main()
