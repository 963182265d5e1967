"""Does RemedySearchCV keep its promise? Its choice on test rows beside each free remedy.

    python benchmarks/remedy_search.py --tasks shop covidq_few --seeds 2 -o benchmarks/results/remedy_search.jsonl
    python benchmarks/remedy_search.py -o benchmarks/results/remedy_search.jsonl --tables-only

One row per task, seed and classifier: the remedy that was chosen by cross-validation on the training rows, its macro
accuracy on the test rows, and that of each free remedy and of word edits fitted on all training rows. `--minutes 0`
leaves the language model out. The data are read from the folder that SKBALAGEN_DATA names.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from skbalagen import RemedySearchCV
from skbalagen.benchmark import as_markdown, load_split, read_rows
from skbalagen.compare import FREE_REMEDIES, default_remedies, remedied
from skbalagen.encoders import remember_vectors
from skbalagen.metrics import macro_accuracy

# The best single free remedy over the tasks of docs/benchmark.md.
BEST_FREE = "label texts + logit adjustment"


def score(task: str, seed: int, classifier: str, *, minutes: float, memory: str | None) -> dict[str, Any]:
    """Return the row of one search."""
    split = load_split(task, seed)
    remedies = [r for r in default_remedies() if minutes or r.cost != "minutes"]
    start = time.perf_counter()
    search = RemedySearchCV(
        classifier, remedies=remedies, max_minutes=minutes or 1e6, memory=memory, random_state=seed
    ).fit(split.X_train, split.y_train)
    seconds = time.perf_counter() - start
    results = search.cv_results_
    tried = dict(zip(results["remedy"], results["tried"], strict=True))
    tested = {}
    for remedy in remedies:
        if remedy.name == search.best_remedy_.name:
            tested[remedy.name] = macro_accuracy(split.y_test, search.predict(split.X_test))
        elif remedy in FREE_REMEDIES or (tried[remedy.name] and remedy.cost == "seconds"):
            fitted = remedied(remedy, classifier, random_state=seed).fit(split.X_train, split.y_train)
            tested[remedy.name] = macro_accuracy(split.y_test, fitted.predict(split.X_test))

    def by_remedy(column: str) -> dict[str, float]:
        columns = zip(results["remedy"], results[column], results["tried"], strict=True)
        return {name: float(value) for name, value, was_tried in columns if was_tried}

    return {
        "task": task,
        "seed": seed,
        "classifier": classifier,
        "minutes": minutes,
        "chosen": search.best_remedy_.name,
        "macro": tested[search.best_remedy_.name],
        "free": {remedy.name: tested[remedy.name] for remedy in FREE_REMEDIES},
        "tested": tested,
        "cross_validated": by_remedy("mean_test_score"),
        "behind": by_remedy("behind"),
        "se_behind": by_remedy("se_behind"),
        "seconds": seconds,
    }


def table(rows: list[dict[str, Any]], classifier: str) -> pd.DataFrame:
    """Return one row per task: the choice, the best free remedies, and the differences, in points."""
    frame = pd.DataFrame([row for row in rows if row["classifier"] == classifier])
    if frame.empty:
        return frame
    frame["best free"] = [100 * free[BEST_FREE] for free in frame["free"]]
    frame["best of five"] = [100 * max(free.values()) for free in frame["free"]]
    frame["search"] = 100 * frame["macro"]
    means = frame.groupby("task")[["search", "best free", "best of five", "seconds"]].mean()
    means["difference"] = means["search"] - means["best free"]
    means["seeds"] = frame.groupby("task")["seed"].nunique().astype(float)
    means["chosen"] = frame.groupby("task")["chosen"].agg(lambda names: ", ".join(sorted(set(names))))
    numbers = means.drop(columns=["chosen"]).mean()
    means.loc["mean of tasks"] = numbers
    means.loc["mean of tasks", "seeds"] = means["seeds"].min()
    return means


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="+", default=["shop"])
    parser.add_argument("--classifiers", nargs="+", default=["tfidf", "embedding"])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="of each search; 0 is without the language model"
    )
    parser.add_argument("--memory", help="folder of the component cache")
    parser.add_argument("-o", "--output", default="remedy_search.jsonl")
    parser.add_argument("--tables-only", action="store_true")
    options = parser.parse_args()
    output = Path(options.output)
    rows = read_rows(output) if output.is_file() else []
    done = {(row["task"], row["seed"], row["classifier"], row["minutes"]) for row in rows}
    if not options.tables_only:
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            for task in options.tasks:
                for classifier in options.classifiers:
                    if (task, seed, classifier, options.minutes) in done:
                        continue
                    with warnings.catch_warnings(), remember_vectors():
                        warnings.simplefilter("ignore")
                        row = score(task, seed, classifier, minutes=options.minutes, memory=options.memory)
                    rows.append(row)
                    with open(output, "a", encoding="utf-8") as file:
                        file.write(json.dumps(row) + "\n")
                    print(
                        f"{task} {seed} {classifier}: {row['chosen']}, {100 * row['macro']:.1f} "
                        f"({100 * row['free'][BEST_FREE]:.1f}), {row['seconds']:.0f} s",
                        flush=True,
                    )
    for minutes in sorted({row["minutes"] for row in rows}):
        for classifier in options.classifiers:
            found = table([row for row in rows if row["minutes"] == minutes], classifier)
            if len(found):
                print(f"\n{classifier}, {minutes:g} minutes\n\n{as_markdown(found)}")


if __name__ == "__main__":
    main()
