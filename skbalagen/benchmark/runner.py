"""Run a grid of tasks, methods, classifiers and seeds; append a row of JSON for each."""

from __future__ import annotations

import json
import platform
import resource
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score

from skbalagen._utils.text import merge_repeats
from skbalagen.benchmark.methods import CLASSIFIERS, make_linear, make_resampler, make_vector_sampler
from skbalagen.benchmark.tables import read_rows
from skbalagen.benchmark.tasks import Split, load_split
from skbalagen.metrics.classification import class_accuracy, macro_accuracy, micro_accuracy

__all__ = ["run"]


def run(
    tasks: Sequence[str],
    methods: Sequence[str],
    classifiers: Sequence[str],
    seeds: Sequence[int],
    output: str | Path,
    *,
    memory: str | None = None,
    n_jobs: int | None = None,
    progress: Callable[[str], Any] | None = print,
) -> None:
    """Append the rows that `output` lacks.

    Parameters
    ----------
    tasks, methods, classifiers : sequences of str
        See ``skbalagen.benchmark.tasks`` and ``skbalagen.benchmark.methods``.
    seeds : sequence of int
        Each is the seed of the split, of the method and of the classifier.
    output : str or path-like
        JSON lines. Rows that are there already are not computed again, so that an interrupted run goes on.
    memory : str, default=None
        Folder of the component cache, shared by all methods.
    n_jobs : int, default=None
        Pairs of task and seed side by side, in processes.
    progress : callable, default=print
        Called with a line a row; None is silence.
    """
    output = Path(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    done = {_key(row) for row in read_rows(output)} if output.is_file() else set()
    if done and not output.read_bytes().endswith(b"\n"):  # killed in the middle of a line
        with open(output, "a", encoding="utf-8") as file:
            file.write("\n")
    Parallel(n_jobs=n_jobs)(
        delayed(_run_split)(task, seed, methods, classifiers, output, done, memory, progress)
        for seed in seeds
        for task in tasks
    )


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["task"], row["method"], row["classifier"], row["seed"])


def _run_split(
    task: str,
    seed: int,
    methods: Sequence[str],
    classifiers: Sequence[str],
    output: Path,
    done: set[tuple[Any, ...]],
    memory: str | None,
    progress: Callable[[str], Any] | None,
) -> None:
    split = load_split(task, seed)
    for method in methods:
        todo = [
            name
            for name in classifiers
            if (task, method, name, seed) not in done and not (method == "smote" and name == "encoder")
        ]
        if not todo:
            continue
        X, y, weights, facts = _resample(split, method, seed, memory)
        for name in todo:
            row = {"task": task, "method": method, "classifier": name, "seed": seed}
            row |= _score(split, X, y, weights, method, name, seed) | facts
            with open(output, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            if progress is not None:
                progress(
                    f"{task} {method} {name} {seed}: micro {row['micro']:.3f} macro {row['macro']:.3f} "
                    f"({row['resample_seconds']:.0f} + {row['fit_seconds']:.0f} s)"
                )


def _resample(
    split: Split, method: str, seed: int, memory: str | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, dict[str, Any]]:
    """Return the rows to train on, their weights, and what there is to say about them."""
    resampler = make_resampler(method, seed=seed, memory=memory)
    X, y = split.X_train, split.y_train
    start = time.perf_counter()
    if resampler is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the shortfall is in the row
            X, y = resampler.fit_resample(X.reshape(-1, 1), y)
            X = X[:, 0]
    facts: dict[str, Any] = {
        "resample_seconds": time.perf_counter() - start,
        "n_train": len(split.y_train),
        "n_resampled": len(y),
        "sizes": dict(Counter(split.y_train.tolist())),
    }
    report = getattr(resampler, "report_", None)
    if report is not None:
        facts |= {name: int(report[name].sum()) for name in ("generated", "backed", "added", "copied")}
    facts["versions"] = {
        name: version(name)
        for name in ("skbalagen", "scikit-learn", "imbalanced-learn", "torch", "transformers")
    } | {"python": platform.python_version()}
    return X, y, getattr(resampler, "sample_weight_", None), facts


def _score(
    split: Split,
    X: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    method: str,
    name: str,
    seed: int,
) -> dict[str, Any]:
    start = time.perf_counter()
    predict = _linear if "C" in CLASSIFIERS[name] else _estimator
    predicted, chosen = predict(split, X, y, weights, method, name, seed)
    y_test = split.y_test
    return {
        "micro": micro_accuracy(y_test, predicted),
        "macro": macro_accuracy(y_test, predicted),
        "macro_f1": float(f1_score(y_test, predicted, average="macro", zero_division=0)),
        "class_accuracy": {
            label: round(value, 4) for label, value in class_accuracy(y_test, predicted).items()
        },
        # A digit a test row: what McNemar's test needs, in a thousandth of the room of the predictions.
        "correct": "".join("1" if right else "0" for right in y_test == predicted),
        "fit_seconds": time.perf_counter() - start,
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    } | chosen


def _linear(
    split: Split, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, method: str, name: str, seed: int
) -> tuple[np.ndarray, dict[str, Any]]:
    """Fit a linear model with the C that is best on the validation rows."""
    features = CLASSIFIERS[name]["features"]().fit(X)
    samplers = make_vector_sampler(method, y, seed)
    if samplers:
        vectors, labels = features.transform(X), y
        for sampler in samplers:
            vectors, labels = sampler.fit_resample(vectors, labels)
    else:
        # A row that occurs n times counts as one of n times the weight: the same optimum in less time.
        texts, labels, weights = merge_repeats(X, y, np.ones(len(y)) if weights is None else weights)
        vectors = features.transform(texts)
    valid, test = features.transform(split.X_valid), features.transform(split.X_test)
    scores: dict[float, float] = {}
    models = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for C in CLASSIFIERS[name]["C"]:
            models[C] = make_linear(C, method == "class-weights").fit(vectors, labels, sample_weight=weights)
            scores[C] = macro_accuracy(split.y_valid, models[C].predict(valid))
    best = max(scores, key=lambda C: scores[C])
    return models[best].predict(test), {"C": best, "valid_macro": scores[best]}


def _estimator(
    split: Split, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, method: str, name: str, seed: int
) -> tuple[np.ndarray, dict[str, Any]]:
    class_weight = "balanced" if method == "class-weights" else None
    model = CLASSIFIERS[name]["estimator"](class_weight=class_weight, random_state=seed)
    model.fit(X, y, sample_weight=weights)
    return model.predict(split.X_test), {
        "valid_macro": macro_accuracy(split.y_valid, model.predict(split.X_valid))
    }
