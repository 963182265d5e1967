"""How often each text rule fires, and what a margin of the labelers refuses, on pools of candidates and on real rows.

    python benchmarks/text_rules.py POOLS -o benchmarks/results/text_rules.jsonl --tasks shop covidq_few --seeds 5

One row per task and seed. The pools are those of benchmarks/make_pools.py. Of the new candidates that the labelers
accept, and of the validation and test rows, which no rule has seen: how many each rule refuses. And of the real rows
that the labelers give their own class, and of those that they give another: the share that is left with a margin. It
takes seconds, and SKBALAGEN_DATA has to be set for all tasks but "shop".
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from pool_rows import WEIGHTS, Pool, load_pool
from transformers import AutoTokenizer

from skbalagen import TextRules
from skbalagen.benchmark import TASKS, load_split
from skbalagen.generators._lm_scores import token_counts
from skbalagen.models.catalog import SMOLLM2
from skbalagen.models.fetch import local_path

MARGINS = (0.1, 0.2, 0.3)


def leads(mean: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return how far each text's class leads the next, of shape (n_texts,)."""
    rows, others = np.arange(len(column)), mean.copy()
    others[rows, column] = 0
    return mean[rows, column] - others.max(axis=1)


def measure(pool: Pool, tokenizer: Any) -> dict[str, Any]:
    """Return the counts of one task and seed."""
    split = pool.split
    rules = TextRules().learn(split.X_train, split.y_train, lambda words: token_counts(tokenizer, words))
    lead = leads(pool.mean, pool.own)
    accepted = np.flatnonzero(lead >= 0)
    X, y = (np.concatenate(parts) for parts in ((split.X_valid, split.X_test), (split.y_valid, split.y_test)))
    mean = np.tensordot(WEIGHTS, np.concatenate([pool.valid, pool.test], axis=1), axes=1)
    guess = mean.argmax(axis=1)
    right, ahead = pool.classes[guess] == y, leads(mean, guess)

    def refused(texts: np.ndarray, labels: np.ndarray) -> dict[str, int]:
        return dict(Counter(filter(None, rules.reasons(texts.tolist(), labels.tolist()))))

    return {
        "bars": rules.bars,
        "n_accepted": len(accepted),
        "refused": refused(pool.texts[accepted], pool.labels[accepted]),
        "n_real": len(y),
        "real_refused": refused(X, y),
        "margins": {
            str(margin): {
                "accepted": round(float((lead[accepted] >= margin).mean()), 4),
                "real, right": round(float((ahead[right] >= margin).mean()), 4),
                "real, wrong": round(float((ahead[~right] >= margin).mean()), 4),
            }
            for margin in MARGINS
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pools", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=["shop"])
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(local_path(SMOLLM2))
    with options.output.open("w", encoding="utf-8") as file:
        for task in options.tasks:
            for seed in range(options.seeds):
                pool = load_pool(options.pools / f"{task}-{seed}.npz", load_split(task, seed))
                row = {"task": task, "seed": seed, **measure(pool, tokenizer)}
                file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
