"""Tables of the rows of benchmarks/recipes.py, as Markdown.

    python benchmarks/recipe_tables.py benchmarks/results/recipes.jsonl --free benchmarks/results/benchmark.jsonl

Macro accuracy of each recipe less that of label texts with logit adjustment on the same splits, and of the recommended
recipe against the best free remedy of each task. The seeds that the recipes were chosen on and the others stand apart.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from recipe_names import RECOMMENDED, Recipe

from skbalagen.benchmark import as_markdown, read_rows, size_table
from skbalagen.benchmark.methods import FREE_REMEDIES
from skbalagen.metrics import paired_test

FREE = Recipe().name


def frame(rows: list[dict], classifier: str, seeds: list[int]) -> pd.DataFrame:
    """Return macro accuracy in percent: one row per recipe, priors and tau, one column per task and seed."""
    table = pd.DataFrame(
        [
            (f"{row['recipe']}; {row['priors']} {row['tau']}", row["task"], row["seed"], 100 * row["macro"])
            for row in rows
            if row["classifier"] == classifier and row["seed"] in seeds
        ],
        columns=["recipe", "task", "seed", "macro"],
    )
    return table.pivot_table(index="recipe", columns=["task", "seed"], values="macro", aggfunc="last")


def differences(wide: pd.DataFrame, tau: str = "fitted 1.0") -> pd.DataFrame:
    """Return the differences from the free recipe: means over the seeds of each task, over tasks, and the worst task.

    Recipes that lack a split which the free one has are left out.
    """
    wide = wide[[name.endswith(tau) for name in wide.index]].dropna()
    free = f"{FREE}; {tau}"
    if free not in wide.index:
        return pd.DataFrame()
    by_task = (wide - wide.loc[free]).T.groupby(level=0).mean().T
    by_task.index = by_task.index.str.removesuffix(f"; {tau}")
    found = by_task.assign(mean=by_task.mean(axis=1), worst=by_task.min(axis=1))
    return found.sort_values("mean", ascending=False)


def against_best(rows: list[dict], free_rows: list[dict], classifier: str, seeds: list[int]) -> pd.DataFrame:
    """Compare the recommended recipe with the free remedies, task by task, on the splits that it has."""
    name = RECOMMENDED[classifier].name
    ours = {
        (row["task"], row["seed"]): 100 * row["macro"]
        for row in rows
        if (row["classifier"], row["recipe"], row["priors"], row["tau"]) == (classifier, name, "fitted", 1.0)
        and row["seed"] in seeds
    }
    free: dict[str, dict[tuple[str, int], float]] = {}
    for row in free_rows:
        if row["classifier"] == classifier and row["method"] in FREE_REMEDIES:
            free.setdefault(row["method"], {})[row["task"], row["seed"]] = 100 * row["macro"]
    free = {method: known for method, known in free.items() if known.keys() >= ours.keys()}
    if not ours or not free:
        return pd.DataFrame()
    splits = sorted(ours)
    table = pd.DataFrame({method: [known[split] for split in splits] for method, known in free.items()})
    table.index = pd.MultiIndex.from_tuples(splits, names=["task", "seed"])
    recipe = pd.Series(ours).loc[splits].to_numpy()
    single = table.groupby(level=0).mean().mean().idxmax()
    cells = {}
    for task in dict.fromkeys(task for task, _ in splits):
        at = np.array([t == task for t, _ in splits])
        best = table[at].mean().idxmax()
        cells[task] = {
            "recipe": recipe[at].mean(),
            single: table[single][at].mean(),
            "difference": recipe[at].mean() - table[single][at].mean(),
            "best of task": best,
            "its mean": table[best][at].mean(),
            "difference ": recipe[at].mean() - table[best][at].mean(),
            "seeds": int(at.sum()),
        }
    found = pd.DataFrame(cells).T
    numbers = found.drop(columns=["best of task", "seeds"]).astype(float).mean()
    found.loc["mean of tasks"] = pd.Series(
        numbers.to_dict() | {"seeds": found["seeds"].min(), "best of task": ""}
    )
    test = paired_test(recipe, table[single].to_numpy(), tasks=[task for task, _ in splits])
    print(f"\nagainst {single}: {test}\n")
    return found


def by_size(rows: list[dict], classifier: str, recipes: list[str], seeds: list[int]) -> pd.DataFrame:
    """Return the accuracy of classes by their training rows, for some recipes with fitted priors and tau 1."""
    shown = [
        row | {"method": row["recipe"]}
        for row in rows
        if "sizes" in row and row["recipe"] in recipes and row["seed"] in seeds
    ]
    return size_table(shown, classifier=classifier)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=Path)
    parser.add_argument("--free", type=Path, help="rows of the benchmark, with the free remedies")
    parser.add_argument("--classifiers", nargs="+", default=["tfidf", "embedding", "encoder"])
    parser.add_argument(
        "--chosen-on", nargs="+", type=int, default=[0], help="seeds that recipes were chosen on"
    )
    parser.add_argument("--most", type=int, default=100, help="recipes that are shown")
    options = parser.parse_args()
    rows = read_rows(options.rows)
    seeds = sorted({row["seed"] for row in rows})
    groups = {"chosen on": options.chosen_on, "others": [s for s in seeds if s not in options.chosen_on]}
    for classifier in options.classifiers:
        for title, some in groups.items():
            table = differences(frame(rows, classifier, some)) if some else pd.DataFrame()
            if table.empty:
                continue
            shown = ", ".join(map(str, some))
            print(f"\n### {classifier}, seeds {title}: {shown}\n\n{as_markdown(table.head(options.most))}")
            if options.free:
                best = against_best(rows, read_rows(options.free), classifier, some)
                print(f"\n{as_markdown(best)}")
            names = [FREE, RECOMMENDED[classifier].name]
            print(f"\n{as_markdown(by_size(rows, classifier, names, some))}")
    labelers = pd.DataFrame([r for r in rows if r["classifier"] == "labelers"])
    wide = 100 * labelers.pivot_table(index="recipe", columns="task", values="macro")
    print(f"\n### The labelers as classifiers\n\n{as_markdown(wide.assign(mean=wide.mean(axis=1)))}")


if __name__ == "__main__":
    main()
