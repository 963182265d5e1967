"""Balance a CSV file with the defaults and write what came of it as Markdown.

    python benchmarks/first_run.py DATA.csv --beta-low 80 --beta-high 5 --seed 0 -o docs/first_run.md

An 80/20 stratified split (classes of one row stay in training); TF-IDF with logistic regression is trained on
the training rows as they are, over-sampled at random, and balanced by generation, and scored on the rest.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from imblearn.over_sampling import RandomOverSampler
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skbalagen import BalaGenResampler, BalanceDisplay
from skbalagen.datasets import load_csv
from skbalagen.metrics.classification import macro_accuracy, micro_accuracy


def split(X: np.ndarray, y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return training and test rows, 80 to 20, stratified."""
    sizes = Counter(y.tolist())
    rows = np.arange(len(y))
    single = np.array([sizes[label] == 1 for label in y.tolist()])
    train, test = train_test_split(rows[~single], test_size=0.2, stratify=y[~single], random_state=seed)
    return np.sort(np.concatenate([train, rows[single]])), np.sort(test)


def accuracies(X: np.ndarray, y: np.ndarray, X_test: np.ndarray, y_test: np.ndarray, **kwargs) -> str:
    """Fit TF-IDF and logistic regression and return a table's cells: micro and macro accuracy."""
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000, **kwargs)).fit(X, y)
    predicted = model.predict(X_test)
    return f"{100 * micro_accuracy(y_test, predicted):.1f} | {100 * macro_accuracy(y_test, predicted):.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--beta-low", type=float, default=80)
    parser.add_argument("--beta-high", type=float, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, help="file to append to; standard output if absent")
    parser.add_argument("--figure", type=Path, help="picture of the class sizes to write")
    options = parser.parse_args()

    with warnings.catch_warnings(record=True) as left_out:
        warnings.simplefilter("always")
        X, y = load_csv(options.data, drop_empty=True)
    train, test = split(X, y, options.seed)
    resampler = BalaGenResampler(
        beta_low=options.beta_low, beta_high=options.beta_high, random_state=options.seed, verbose=1
    )
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X_new, y_new = resampler.fit_resample(X[train], y[train])
    seconds = time.perf_counter() - start
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    X_copied, y_copied = RandomOverSampler(
        sampling_strategy={c: max(n, resampler.sampling_strategy_[c]) for c, n in Counter(y[train]).items()},
        random_state=options.seed,
    ).fit_resample(X[train].reshape(-1, 1), y[train])

    if options.figure:
        BalanceDisplay.from_estimator(resampler).figure_.savefig(options.figure, dpi=100, bbox_inches="tight")
    generated = np.flatnonzero(resampler.is_synthetic_)
    shown = random.Random(options.seed).sample(generated.tolist(), min(20, len(generated)))
    report = resampler.report_.drop(columns=["n_missing"])
    arguments = (X[test], y[test])
    lines = [
        f"## {options.data.name}",
        "",
        f"`python benchmarks/first_run.py {options.data.name} --beta-low {options.beta_low:g} "
        f"--beta-high {options.beta_high:g} --seed {options.seed}`",
        "",
        f"{len(train)} training and {len(test)} test rows, band {resampler.band_}, {len(generated)} rows "
        f"generated, {int(report['n_copied'].sum())} copied, {int((report['n_before'] - report['n_kept']).sum())} "
        f"removed. {seconds:.0f} seconds, peak memory {gigabytes:.1f} GB.",
        "",
        *[
            f"> {type(w.message).__name__}: {w.message}\n".replace(str(options.data), options.data.name)
            for w in [*left_out, *caught]
            if issubclass(w.category, UserWarning)
        ],
        "| " + " | ".join(["class", *report.columns]) + " |",
        "|---" * (len(report.columns) + 1) + "|",
        *[
            "| " + " | ".join(map(_cell, [label, *row])) + " |"
            for label, row in zip(report.index, report.values, strict=True)
        ],
        "",
        "TF-IDF + logistic regression, accuracy in percent:",
        "",
        "| training rows | micro | macro |",
        "|---|---|---|",
        f"| as they are | {accuracies(X[train], y[train], *arguments)} |",
        f"| as they are, class weights | {accuracies(X[train], y[train], *arguments, class_weight='balanced')} |",
        f"| random over-sampling to the same targets | {accuracies(X_copied[:, 0], y_copied, *arguments)} |",
        f"| balanced by generation | {accuracies(X_new, y_new, *arguments)} |",
        "",
        "20 of the generated texts, drawn at random:",
        "",
        "| label | text |",
        "|---|---|",
        *[f"| {y_new[i]} | {X_new[i]} |" for i in shown],
        "",
    ]
    if options.output is None:
        print("\n".join(lines))
    else:
        with open(options.output, "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
