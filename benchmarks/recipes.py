"""How generated rows are best used beside logit adjustment: recipes on the same pools of candidates.

    python benchmarks/make_pools.py POOLS --tasks shop --seeds 1
    python benchmarks/recipes.py POOLS --classifiers tfidf embedding -o benchmarks/results/recipes.jsonl

A pool holds the candidates of the fine-tuned language model for a task and a seed with what each labeler says of them, so
that a recipe costs one fit of a classifier for each C. Each fit is scored with several priors (of the rows that it was
fitted on, of the real ones among them, or none) and strengths of the adjustment; C is chosen on the validation rows for
each of these. The labelers are scored as classifiers as well.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pool_rows import WEIGHTS, Pool, Rows, load_pool, make_rows
from recipe_names import GROUPS
from soft_regression import SoftLogisticRegression

from skbalagen.benchmark import load_split, read_rows
from skbalagen.benchmark.methods import CLASSIFIERS, KnownTexts
from skbalagen.benchmark.scores import Fitted, choose, measures
from skbalagen.metrics.classification import macro_accuracy

ADJUSTMENTS = [("none", 0.0), *itertools.product(("fitted", "real"), (0.5, 1.0, 1.5))]


def fit_all(rows: Rows, pool: Pool, classifier: str, seed: int) -> list[Fitted]:
    """Return the fit for each C, or the one of a classifier that is fine-tuned."""
    split = pool.split
    if "estimator" in CLASSIFIERS[classifier]:
        X, y, weights = rows.hard(pool.classes)
        model = CLASSIFIERS[classifier]["estimator"](random_state=seed).fit(X, y, sample_weight=weights)
        known = [np.log(model.predict_proba(X) + 1e-12) for X in (split.X_valid, split.X_test)]
        return [Fitted(model.classes_, rows.shares(), known[0], known[1], {})]
    features = CLASSIFIERS[classifier]["features"]().fit(rows.X)
    vectors, valid, test = (features.transform(X) for X in (rows.X, split.X_valid, split.X_test))
    model = SoftLogisticRegression()  # from one C to the next
    fits = []
    for C in CLASSIFIERS[classifier]["C"]:
        model.set_params(C=C).fit(vectors, rows.targets, rows.weights)
        known = [model.predict_log_proba(part) for part in (valid, test)]
        fits.append(Fitted(pool.classes, rows.shares(), known[0], known[1], {"C": C}))
    return fits


def scored(fits: list[Fitted], rows: Rows, pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row for each prior and tau; all measures for the priors that were fitted and tau 1."""
    split, real = pool.split, rows.shares(slice(rows.n_real))
    for priors, tau in ADJUSTMENTS:
        shown = [replace(fitted, priors=real) for fitted in fits] if priors == "real" else fits
        best, _, valid_macro = choose(shown, split.y_valid, [tau])
        predicted = best.predict(best.test, tau)
        row = {"priors": priors, "tau": tau, "valid_macro": valid_macro} | best.parameters
        if (priors, tau) == ("fitted", 1.0):
            yield (
                row
                | measures(split.y_test, predicted, best.classes, np.exp(best.test))
                | {"sizes": pool.sizes}
            )
        else:
            yield row | {"macro": macro_accuracy(split.y_test, predicted)}


def labeler_rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield the scores of the labelers as classifiers: each, those of words, and all."""
    combined = {
        "words": [1, 0, 0],
        "characters": [0, 1, 0],
        "meaning": [0, 0, 1],
        "words and characters": [0.5, 0.5, 0],
        "mean": WEIGHTS,
    }
    for name, weights in combined.items():
        proba = np.tensordot(np.asarray(weights, dtype=float), pool.test, axes=1)
        proba /= proba.sum(axis=1, keepdims=True)  # stored in half precision
        yield {
            "recipe": f"labelers: {name}",
            "classifier": "labelers",
            "priors": "none",
            "tau": 0.0,
        } | measures(pool.split.y_test, pool.classes[proba.argmax(axis=1)], pool.classes, proba)


def run_pool(
    path: Path, classifiers: list[str], groups: list[str], output: Path, done: set, *, text_rules: bool
) -> None:
    """Append the rows of a pool that `output` lacks."""
    task, _, seed = path.stem.rpartition("-")
    pool = load_pool(path, load_split(task, int(seed)))
    if text_rules:
        pool = pool.well_formed()
    key = {"task": task, "seed": int(seed)}

    def write(lines: list[dict[str, Any]]) -> None:
        with open(output, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(key | line) + "\n" for line in lines)

    if (task, int(seed), "labelers", "labelers: mean") not in done:
        write(list(labeler_rows(pool)))
    recipes = dict.fromkeys(recipe for group in groups for recipe in GROUPS[group])
    for recipe, classifier in itertools.product(recipes, classifiers):
        if (task, int(seed), classifier, recipe.name) in done:
            continue
        if recipe.select == "rest" and not len(pool.split.y_rest):
            continue
        start = time.perf_counter()
        rows = make_rows(recipe, pool)
        fits = fit_all(rows, pool, classifier, int(seed))
        about = {"recipe": recipe.name, "classifier": classifier, "n_new": len(rows.X) - rows.n_real}
        lines = [about | line for line in scored(fits, rows, pool)]
        write(lines)
        at_one = next(line for line in lines if (line["priors"], line["tau"]) == ("fitted", 1.0))
        print(
            f"{task} {seed} {classifier} {recipe.name}: {100 * at_one['macro']:.1f} "
            f"({len(rows.X)} rows, {time.perf_counter() - start:.1f} s)",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pools", type=Path, help="folder of benchmarks/make_pools.py")
    parser.add_argument("--tasks", nargs="+", help="default: those that have pools")
    parser.add_argument("--seeds", nargs="+", type=int, help="default: those that have pools")
    parser.add_argument("--classifiers", nargs="+", default=["tfidf", "embedding"])
    parser.add_argument("--groups", nargs="+", choices=list(GROUPS), default=list(GROUPS))
    parser.add_argument("--vectors", type=Path, help="file that keeps sentence vectors from run to run")
    parser.add_argument(
        "--text-rules",
        action="store_true",
        help="without candidates that are no utterance; to a file of its own",
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.vectors is not None:
        KnownTexts.load(options.vectors)
    done = set()
    if options.output.exists():
        done = {(r["task"], r["seed"], r["classifier"], r["recipe"]) for r in read_rows(options.output)}
    for path in sorted(options.pools.glob("*-[0-9].npz"), key=lambda path: (path.stem[-1], path.stem)):
        task, _, seed = path.stem.rpartition("-")
        if (not options.tasks or task in options.tasks) and (not options.seeds or int(seed) in options.seeds):
            run_pool(
                path,
                options.classifiers,
                options.groups,
                options.output,
                done,
                text_rules=options.text_rules,
            )
            if options.vectors is not None:
                KnownTexts.save(options.vectors)


if __name__ == "__main__":
    main()
