"""Does the generator's own likelihood ratio know better than the labelers which texts are right?

    python benchmarks/second_opinion.py POOLS MODELS -o benchmarks/results/second_opinion.jsonl --tasks shop

The pools are those of benchmarks/make_pools.py, the models what CausalLMGenerator.save wrote to MODELS/TASK after a fit
as in there; one that is missing is fitted and kept. Test rows are shown with their label and with the label that the
labelers find most likely of the others. One row per task: the area under the curve (right label against wrong) of the
labelers' margin, of the ratio of p(text | label) to that of the three likeliest other labels, and of both together;
and of --reading, a file that tools/read_sample.py judged, the same for "right", and for "fluent" with the mean
log-likelihood of a token. It takes some minutes per task on one core.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from pool_rows import WEIGHTS, Pool, load_pool
from sklearn.metrics import roc_auc_score
from sklearn.utils import check_random_state

from skbalagen import CausalLMGenerator, PercentilePolicy
from skbalagen.balagen.algorithm import Seeds
from skbalagen.balagen.parts import set_seeds
from skbalagen.balagen.training_set import balance_of, training_rows
from skbalagen.benchmark import TASKS, load_split
from skbalagen.generators._lm_scores import log_likelihoods

N_OTHERS = 3
PRIOR = 1e-3  # added to probabilities before their logarithm is taken
WEIGHT = 0.05  # of the ratio, in nats, beside the log margin: about the best on the test rows themselves


def fitted(X: np.ndarray, y: np.ndarray) -> CausalLMGenerator:
    """Return the generator that wrote the pool of seed 0."""
    random_state = check_random_state(0)
    seeds = Seeds(*random_state.randint(np.iinfo(np.int32).max, size=4).tolist())
    generator = CausalLMGenerator()
    set_seeds([generator], random_state)
    rows = training_rows(y, PercentilePolicy(beta_low=95)(y), balance_of("both"), seed=seeds.rows).generator
    return generator.fit(X[rows], y[rows])


def opinions(
    generator: Any, pool: Pool, texts: list[str], own: np.ndarray, mean: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what labelers and generator say of each text as a member of the class in column `own`."""
    rows, others = np.arange(len(own)), mean.copy()
    others[rows, own] = -1
    columns = np.column_stack([own, np.argsort(-others, axis=1)[:, :N_OTHERS]])
    labels = pool.classes[columns].ravel().tolist()
    repeated = [text for text in texts for _ in range(N_OTHERS + 1)]
    scores = log_likelihoods(generator.model_, generator.tokenizer_, generator.prompts_, repeated, labels)
    each = scores[:, 0].reshape(columns.shape)
    ratio = each[:, 0] - np.logaddexp.reduce(each[:, 1:], axis=1)
    wanted, next_best = mean[rows, own], others.max(axis=1)
    lead = np.log(wanted + PRIOR) - np.log(next_best + PRIOR)
    per_token = each[:, 0] / scores[:: N_OTHERS + 1, 1]
    return {
        "margin": wanted - next_best,
        "ratio": ratio,
        "both": lead + WEIGHT * ratio,
        "per token": per_token,
    }


def area(right: np.ndarray, score: np.ndarray) -> float | None:
    """Return the area under the curve; None where all texts are alike."""
    return round(float(roc_auc_score(right, score)), 3) if 0 < right.sum() < len(right) else None


def of_test_rows(generator: Any, pool: Pool, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return the areas on `n` test rows, each with its label and with a wrong one."""
    rows = rng.permutation(len(pool.split.y_test))[:n]
    texts = pool.split.X_test[rows].tolist()
    mean = np.tensordot(WEIGHTS, pool.test[:, rows], axes=1)
    own = np.searchsorted(pool.classes, pool.split.y_test[rows])
    wrong = mean.copy()
    wrong[np.arange(len(rows)), own] = -1
    said = [opinions(generator, pool, texts, column, mean) for column in (own, wrong.argmax(axis=1))]
    truth = np.repeat([True, False], len(rows))
    return {
        name: area(truth, np.concatenate([part[name] for part in said]))
        for name in ("margin", "ratio", "both")
    }


def of_reading(generator: Any, pool: Pool, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the areas on texts that were read: of "right", and of "fluent"."""
    numbers = {(text, label): i for i, (text, label) in enumerate(zip(pool.texts, pool.labels, strict=True))}
    rows = np.array([numbers[item["text"], item["label"]] for item in items])
    said = opinions(generator, pool, [item["text"] for item in items], pool.own[rows], pool.mean[rows])
    right, fluent = (np.array([item["judged"][name] for item in items]) for name in ("right", "fluent"))
    return {
        "n": len(items),
        "right": {name: area(right, said[name]) for name in ("margin", "ratio", "both")},
        "fluent": area(fluent, said["per token"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pools", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=["shop"])
    parser.add_argument("--reading", type=Path)
    parser.add_argument("--n", type=int, default=200, help="test rows")
    options = parser.parse_args()
    read = options.reading.read_text(encoding="utf-8").splitlines() if options.reading else []
    items = [item for item in map(json.loads, read) if not item["hidden"]["real"]]
    with options.output.open("a", encoding="utf-8") as file:
        for task in options.tasks:
            pool = load_pool(options.pools / f"{task}-0.npz", load_split(task, 0))
            folder = options.models / task
            if not folder.exists():
                fitted(pool.split.X_train, pool.split.y_train).save(folder)
            generator = CausalLMGenerator.load(folder)
            row = {"task": task, "n": options.n}
            row["test rows"] = of_test_rows(generator, pool, options.n, np.random.default_rng(0))
            of_task = [item for item in items if item["task"] == task]
            if of_task:
                row["reading"] = of_reading(generator, pool, of_task)
            file.write(json.dumps(row) + "\n")
            file.flush()


if __name__ == "__main__":
    main()
