"""What must not be lowered: two tasks, two seeds, from cached pools, in under three minutes.

    python benchmarks/make_pools.py POOLS --tasks banking15_few covidq_few --seeds 2
    python benchmarks/quick_suite.py POOLS
    python benchmarks/quick_suite.py POOLS --record      (after a change that is meant to move the figures)

Macro accuracy of the best free remedy and of the recommended recipe of each classifier, mean over tasks and seeds,
beside the figures of benchmarks/results/quick_suite.json. The exit status is 1 if the gain of a recipe, or a free remedy,
is more than half a point lower than recorded. After a change of the generator or the labelers, make the pools anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from pool_rows import Pool, load_pool, make_rows
from recipe_names import RECOMMENDED, Recipe
from recipes import fit_all

from skbalagen.benchmark import load_split
from skbalagen.benchmark.methods import KnownTexts
from skbalagen.benchmark.scores import choose
from skbalagen.metrics.classification import macro_accuracy

TASKS = ("banking15_few", "covidq_few")
SEEDS = (0, 1)
RECORDED = Path(__file__).parent / "results" / "quick_suite.json"
TOLERANCE = 0.5  # points


def score(recipe: Recipe, pool: Pool, classifier: str, seed: int) -> float:
    """Return the macro accuracy, in percent, with tau 1 and C chosen on the validation rows."""
    fits = fit_all(make_rows(recipe, pool), pool, classifier, seed)
    best, tau, _ = choose(fits, pool.split.y_valid, [1.0])
    return 100 * macro_accuracy(pool.split.y_test, best.predict(best.test, tau))


def measure(folder: Path, classifiers: list[str]) -> dict[str, dict[str, float]]:
    """Return the mean of the free remedy and the gain of the recipe, for each classifier."""
    pools = {(t, s): load_pool(folder / f"{t}-{s}.npz", load_split(t, s)) for t in TASKS for s in SEEDS}
    found = {}
    for name in classifiers:
        free, recipe = (
            np.mean([score(r, pool, name, seed) for (_, seed), pool in pools.items()])
            for r in (Recipe(), RECOMMENDED[name])
        )
        found[name] = {"free": round(float(free), 2), "gain": round(float(recipe - free), 2)}
    return found


def worse(found: dict[str, dict[str, float]], recorded: dict[str, dict[str, float]]) -> list[str]:
    """Return what is lower than recorded by more than the tolerance."""
    return [
        f"{name}: {key} {value} instead of {recorded[name][key]}"
        for name, values in found.items()
        for key, value in values.items()
        if name in recorded and value < recorded[name][key] - TOLERANCE
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pools", type=Path, help="folder of benchmarks/make_pools.py")
    parser.add_argument("--classifiers", nargs="+", default=["tfidf", "embedding"])
    parser.add_argument("--vectors", type=Path, help="file that keeps sentence vectors from run to run")
    parser.add_argument("--record", action="store_true", help="write the figures instead of comparing")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.vectors is not None:
        KnownTexts.load(options.vectors)
    found = measure(options.pools, options.classifiers)
    if options.vectors is not None:
        KnownTexts.save(options.vectors)
    recorded = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.is_file() else {}
    print("| | free remedy | recorded | gain of the recipe | recorded |\n|---|---|---|---|---|")
    for name, values in found.items():
        was = recorded.get(name, {"free": float("nan"), "gain": float("nan")})
        print(
            f"| {name} | {values['free']:.1f} | {was['free']:.1f} | {values['gain']:+.1f} | {was['gain']:+.1f} |"
        )
    if options.record:
        RECORDED.write_text(json.dumps(recorded | found, indent=1) + "\n", encoding="utf-8")
        return 0
    lower = worse(found, recorded)
    print("\n".join(["lower than recorded:", *lower]) if lower else "nothing is lower than recorded")
    return 1 if lower else 0


if __name__ == "__main__":
    sys.exit(main())
