"""Remedies for rows of several labels on GoEmotions, 28 labels of 17772 to 96 rows.

    python benchmarks/multilabel.py --seeds 3 -o benchmarks/results/multilabel.jsonl

The environment variable SKBALAGEN_DATA names the folder of goemotions.csv. A random part of the training split is
trained on, and the whole test split is scored. Every remedy may choose the strength of the logit adjustment, which moves
the threshold of each label, on a part of the validation split. Rows that are in the output are left alone.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multioutput import MultiOutputClassifier

from skbalagen import BalaGenResampler, SentenceEncoder
from skbalagen.benchmark import read_rows
from skbalagen.datasets import load_csv
from skbalagen.encoders import remember_vectors
from skbalagen.metrics import multilabel_scores

TAUS = (0.0, 0.25, 0.5, 0.75, 1.0)


def added(X: np.ndarray, y: Any, **parameters: Any) -> tuple[np.ndarray, Any]:
    """Return the rows with those that BalaGenResampler adds: no copies, labels up to a quarter of the largest."""
    counts = y.sum()
    targets = {label: int(max(n, counts.max() / 4)) for label, n in counts.items()}
    resampler = BalaGenResampler(
        sampling_strategy=targets, shortfall="keep", generated_share=1.0, **parameters
    )
    X_new, y_new = resampler.fit_resample(X, y)
    return np.asarray(X_new), y_new


REMEDIES = {
    "none": {},
    "class weights": {"class_weight": "balanced"},
    "copies": {"generator": "sample-copy"},
    "EDA": {"generator": "eda"},
    "EDA, no labelers": {"generator": "eda", "labelers": []},
    "Markov chain": {"generator": "markov-chain"},
    "language model": {"generator": "causal-lm"},
}


def run(split: dict[str, Any], features: str, remedy: str, seed: int) -> dict[str, Any]:
    """Return the scores of a remedy."""
    parameters = dict(REMEDIES[remedy])
    weight = parameters.pop("class_weight", None)
    X, y = split["train"]
    start = time.perf_counter()
    if parameters:
        X, y = added(X, y, random_state=seed, **parameters)
    encoder = TfidfVectorizer() if features == "tfidf" else SentenceEncoder()
    model = MultiOutputClassifier(LogisticRegression(C=10.0, class_weight=weight, max_iter=2000))
    model.fit(encoder.fit_transform(X), y)
    proba = {
        name: np.column_stack([p[:, 1] for p in model.predict_proba(encoder.transform(split[name][0]))])
        for name in ("valid", "test")
    }
    odds = logit(y.to_numpy().mean(axis=0))
    tau = max(
        TAUS, key=lambda t: f1_score(split["valid"][1], logit(proba["valid"]) >= t * odds, average="macro")
    )
    scores = multilabel_scores(
        split["test"][1],
        logit(proba["test"]) >= tau * odds,
        proba["test"],
        n_train=split["train"][1].sum(),
        sizes=(1, 51, 201, 1001),
    )
    plain = multilabel_scores(split["test"][1], proba["test"] >= 0.5)
    return {
        "tau": tau,
        "n_new": len(X) - len(split["train"][0]),
        "seconds": round(time.perf_counter() - start, 1),
        "macro_f1 at 0.5": plain["macro_f1"],
    } | scores


def load(seed: int, n_rows: int) -> dict[str, Any]:
    """Return training, validation and test rows with one column per label."""
    path = Path(os.environ["SKBALAGEN_DATA"], "goemotions.csv")
    rng = np.random.default_rng(seed)
    split = {}
    for name, in_file, most in (
        ("train", "train", n_rows),
        ("valid", "val", n_rows // 2),
        ("test", "test", None),
    ):
        X, y = load_csv(path, label="labels", label_sep=";", split=in_file)
        rows = np.sort(rng.permutation(len(X))[:most])
        split[name] = (X[rows], y.iloc[rows].reset_index(drop=True))
    return split


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=8000, help="training rows")
    parser.add_argument(
        "--features", nargs="+", choices=["tfidf", "embedding"], default=["tfidf", "embedding"]
    )
    parser.add_argument("--remedies", nargs="+", choices=list(REMEDIES), default=list(REMEDIES)[:-1])
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    done = set()
    if options.output.exists():
        done = {(r["seed"], r["n_rows"], r["features"], r["remedy"]) for r in read_rows(options.output)}
    with remember_vectors():
        for seed in range(options.seeds):
            split = load(seed, options.rows)
            for features in options.features:
                for remedy in options.remedies:
                    key = (seed, options.rows, features, remedy)
                    if key in done:
                        continue
                    row = dict(zip(("seed", "n_rows", "features", "remedy"), key, strict=True))
                    row |= run(split, features, remedy, seed)
                    with open(options.output, "a", encoding="utf-8") as file:
                        file.write(json.dumps(row) + "\n")
                    print(
                        row["seed"],
                        features,
                        remedy,
                        round(100 * row["macro_f1"], 1),
                        row["seconds"],
                        flush=True,
                    )


if __name__ == "__main__":
    main()
