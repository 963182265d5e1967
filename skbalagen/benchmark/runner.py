"""Run a grid of tasks, methods, classifiers and seeds; append a row of JSON for each."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits

from skbalagen.benchmark.methods import KnownTexts, Method, make_resampler, parse_method
from skbalagen.benchmark.scores import fit_and_score
from skbalagen.benchmark.tables import read_rows
from skbalagen.benchmark.tasks import Split, load_split
from skbalagen.classifiers.label_texts import LabelTextOverSampler
from skbalagen.encoders import remember_vectors
from skbalagen.models.catalog import ModelUnavailableError

__all__ = ["run"]

_NO_MODEL = (ModelUnavailableError, OSError)  # not embedded, or not on the hub
_COUNTED = ("n_candidates", "n_accepted", "n_generated", "n_copied")  # of the resampler's report


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
        Cells (task, method, seed) side by side, by the conventions of joblib: in processes here, or on the cluster
        that ``joblib.parallel_config`` names. Workers have one thread each, and hand their rows to this process, which
        writes them. The rows are the same for any number, in another order and but for times and memory.
    progress : callable, default=print
        Called in this process with one line per row; None is silence.
    """
    parsed = {name: parse_method(name) for name in methods}  # a name with an error in it, before any work
    output = Path(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    done = {_key(row) for row in read_rows(output)} if output.is_file() else set()
    if output.is_file() and output.read_bytes()[-1:] not in (b"", b"\n"):  # killed in the middle of a line
        with open(output, "a", encoding="utf-8") as file:
            file.write("\n")
    cells = [
        (task, seed, method, missing)
        for seed in seeds
        for task in tasks
        for method, parts in parsed.items()
        if (
            missing := [
                name for name in classifiers if (task, method, name, seed) not in done and parts.fits(name)
            ]
        )
    ]
    say = progress or (lambda line: None)
    run_cell = partial(_run_cell, memory=memory, run=uuid4().hex, parent=os.getpid())
    finished = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(run_cell)(*cell) for cell in cells
    )
    for rows, said in finished:
        with open(output, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        for line in said:
            say(line)


def _peak_memory_gb() -> float | None:
    """Return the most memory that this process has held, in GB; None on Windows, which has no `resource`."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1e9 if sys.platform == "darwin" else 1e6  # macOS counts bytes, Linux kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["task"], row["method"], row["classifier"], row["seed"])


def _run_cell(
    task: str,
    seed: int,
    method: str,
    classifiers: Sequence[str],
    *,
    memory: str | None,
    run: str,
    parent: int,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of one task, method and seed, and what to say of them.

    `run` names the run, and `parent` is the number of the process that asks for it.
    """
    alone = _one_thread() if os.getpid() != parent else nullcontext()
    with alone, remember_vectors(_known_vectors(run, task, seed)):
        parts, split = parse_method(method), load_split(task, seed)
        rows, said = [], []
        try:
            X, y, weights, facts = _resample(split, parts, seed, memory)
            for name in classifiers:
                row = {"task": task, "method": method, "classifier": name, "seed": seed}
                row |= fit_and_score(split, X, y, weights, parts, name, seed) | facts
                row["peak_memory_gb"] = _peak_memory_gb()
                rows.append(row)
                said.append(
                    f"{task} {method} {name} {seed}: micro {row['micro']:.3f} macro {row['macro']:.3f} "
                    f"({row['resample_seconds']:.0f} + {row['fit_seconds']:.0f} s)"
                )
        except (ValueError, RuntimeError, *_NO_MODEL) as error:  # RuntimeError: ADASYN
            if not (parts.may_be_refused or isinstance(error, _NO_MODEL)):
                raise
            said.append(f"{task} {method} {seed}: left out, {error}")
        return rows, said


@lru_cache(maxsize=1)
def _known_vectors(run: str, task: str, seed: int) -> dict[Any, Any]:
    """Return what this process has encoded of a split: its cells follow one another."""
    return {}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with one thread, and start no further workers."""
    import torch

    torch.set_num_threads(1)
    with threadpool_limits(1), parallel_config(backend="sequential"):
        yield


def _resample(
    split: Split, method: Method, seed: int, memory: str | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, dict[str, Any]]:
    """Return the rows to train on, their weights, and what there is to say about them."""
    resampler = make_resampler(method.resampler, seed=seed, memory=memory)
    X, y = split.X_train, split.y_train
    start = time.perf_counter()
    if method.label_texts:
        X, y = LabelTextOverSampler(encoder=KnownTexts()).fit_resample(X, y)
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
        facts |= {name: int(report[name].sum()) for name in _COUNTED if name in report}
    facts["versions"] = {
        name: version(name)
        for name in ("skbalagen", "scikit-learn", "imbalanced-learn", "torch", "transformers")
    } | {"python": platform.python_version()}
    return X, y, getattr(resampler, "sample_weight_", None), facts
