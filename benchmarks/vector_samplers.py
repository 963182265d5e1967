"""Compare over-samplers of sentence vectors with the free remedies, and print the table of the user guide.

Each line of the output is one method on one split: task, seed, method, macro accuracy, seconds. Lines that are there
are not computed again. The data folder is the environment variable SKBALAGEN_DATA.

    python benchmarks/vector_samplers.py --output benchmarks/results/vector_samplers.jsonl
    python benchmarks/vector_samplers.py --output benchmarks/results/vector_samplers.jsonl --tables-only
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from imblearn.over_sampling import ADASYN, SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skbalagen import (
    ECRT,
    GE3,
    MISO,
    REPRINT,
    GANOverSampler,
    LogitAdjustedClassifier,
    SentenceEncoder,
    VAEOverSampler,
)
from skbalagen.benchmark import load_split
from skbalagen.encoders import remember_vectors
from skbalagen.metrics import macro_accuracy

TASKS = ["shop", "banking15_few", "clinc15_few", "covidq_category_few"]
SEEDS = [0, 1, 2]
CLASSIFIER = LogisticRegression(C=10.0, max_iter=2000)
CLASSIFIERS = {
    "none": CLASSIFIER,
    "class weights": clone(CLASSIFIER).set_params(class_weight="balanced"),
    "logit adjustment": LogitAdjustedClassifier(CLASSIFIER),
}
SAMPLERS = {
    "copies": RandomOverSampler(),
    "SMOTE": SMOTE(),
    "ADASYN": ADASYN(),
    "GE3": GE3(),
    "REPRINT": REPRINT(),
}
# These take up to a minute per split, and are measured on request.
NETWORKS = {"ECRT": ECRT(), "VAE": VAEOverSampler(), "WGAN-GP": GANOverSampler(), "MISO": MISO()}


def model_of(method: str, y: np.ndarray, seed: int) -> Any:
    """Return the classifier, behind a sampler whose neighbours are as many as the smallest class has."""
    if method in CLASSIFIERS:
        return clone(CLASSIFIERS[method])
    sampler = clone((SAMPLERS | NETWORKS)[method]).set_params(random_state=seed)
    n_neighbors = max(1, min(5, min(Counter(y).values()) - 1))
    if isinstance(sampler, SMOTE):
        sampler.set_params(k_neighbors=n_neighbors)
    elif isinstance(sampler, ADASYN):
        sampler.set_params(n_neighbors=n_neighbors)
    return make_pipeline(sampler, clone(CLASSIFIER))


def measure(
    method: str, vectors: dict[str, np.ndarray], labels: dict[str, np.ndarray], seed: int
) -> dict[str, Any]:
    """Return macro accuracy and seconds, or why the method cannot be used."""
    start = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = model_of(method, labels["train"], seed).fit(vectors["train"], labels["train"])
    except (ValueError, RuntimeError) as error:
        return {"error": str(error)}
    seconds = time.perf_counter() - start
    return {
        "macro_accuracy": float(macro_accuracy(labels["test"], model.predict(vectors["test"]))),
        "seconds": round(seconds, 2),
    }


def table(path: Path, methods: Sequence[str]) -> str:
    """Return the means over the splits on which all `methods` were measured, as Markdown.

    A method that cannot be used on one of them has no mean.
    """
    rows = pd.DataFrame([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    rows = rows[rows["method"].isin(methods)]
    rows = rows[rows.groupby(["task", "seed"])["method"].transform("nunique") == len(methods)]
    tasks = list(dict.fromkeys(rows["task"]))
    lines = [f"| Method | {' | '.join(tasks)} | mean | seconds |", "|---|" + "---|" * (len(tasks) + 2)]
    for method in methods:
        of_method = rows[rows["method"] == method]
        by_task = of_method.groupby("task")["macro_accuracy"].agg(lambda x: x.mean(skipna=False))[tasks] * 100
        cells = [f"{value:.1f}" for value in [*by_task, by_task.mean(skipna=False)]]
        lines.append(f"| {method} | {' | '.join(cells)} | {of_method['seconds'].mean():.1f} |")
    return "\n".join(lines).replace("nan", "–")


def main() -> None:
    """Measure what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--tables-only", action="store_true")
    parser.add_argument("--networks", action="store_true", help="also the samplers that train a network")
    arguments = parser.parse_args()
    methods = [*CLASSIFIERS, *SAMPLERS, *(NETWORKS if arguments.networks else [])]
    done = set()
    if arguments.output.exists():
        for line in arguments.output.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            done.add((row["task"], row["seed"], row["method"]))
    encoder = SentenceEncoder()
    with remember_vectors():
        for method in [] if arguments.tables_only else methods:
            for task, seed in [(task, seed) for task in TASKS for seed in SEEDS]:
                if (task, seed, method) in done:
                    continue
                split = load_split(task, seed)
                vectors = {"train": encoder.transform(split.X_train), "test": encoder.transform(split.X_test)}
                labels = {"train": split.y_train, "test": split.y_test}
                row = {"task": task, "seed": seed, "method": method} | measure(method, vectors, labels, seed)
                with arguments.output.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
    print(table(arguments.output, methods))


if __name__ == "__main__":
    main()
