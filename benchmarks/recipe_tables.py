"""Tables of the rows of benchmarks/recipes.py, as Markdown.

    python benchmarks/recipe_tables.py benchmarks/results/recipes.jsonl --free benchmarks/results/benchmark.jsonl

Macro accuracy of each recipe less that of label texts with logit adjustment on the same splits; of one recipe beside
it and beside the best free remedy of each task, with paired tests and all measures; and which share it gains of what real
rows in place of generated ones would bring. The seeds that the recipes were chosen on and the others stand apart.
`--recipe` names the recipe, by default the recommended one; "word edits" is that of recipes_eda.jsonl.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from recipe_names import RECOMMENDED, SMALLER, WORD_EDITS, Recipe

from skbalagen.benchmark import as_markdown, read_rows, size_table
from skbalagen.benchmark.methods import FREE_REMEDIES
from skbalagen.metrics import paired_test

FREE = Recipe().name
MEASURES = ("macro", "micro", "macro_f1", "brier", "ece")
REAL_ROWS = "most={}, select=rest"  # so many real rows more per class


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


def scores(rows: list[dict], classifier: str, name: str, measure: str = "macro") -> pd.Series:
    """Return a measure in percent by task and seed, with fitted priors and tau 1."""
    found = {
        (row["task"], row["seed"]): 100 * row[measure]
        for row in rows
        if (row["classifier"], row["recipe"], row["priors"], row["tau"]) == (classifier, name, "fitted", 1.0)
    }
    index = pd.MultiIndex.from_tuples(found, names=["task", "seed"]) if found else None
    return pd.Series(list(found.values()), index=index, dtype=float)


def beside_free(
    rows: list[dict], free_rows: list[dict], classifier: str, name: str, seeds: list[int]
) -> pd.DataFrame:
    """Compare a recipe with label texts + logit adjustment, and with the best free remedy of each task.

    On the splits that both recipes have; a free remedy counts where it has all of a task's.
    """
    both = pd.DataFrame({"free": scores(rows, classifier, FREE), "recipe": scores(rows, classifier, name)})
    both = both.dropna()
    both = both[both.index.get_level_values("seed").isin(seeds)] if len(both) else both
    if both.empty:
        return pd.DataFrame()
    both["difference"] = both["recipe"] - both["free"]
    by_task = both.groupby("task")
    table = by_task.mean()
    table["worst seed"] = by_task["difference"].min()
    table["seeds"] = by_task["difference"].count()
    table["better"] = by_task["difference"].agg(lambda d: (d > 0).sum())
    table["worse"] = by_task["difference"].agg(lambda d: (d < 0).sum())
    best = {task: best_free(free_rows, classifier, part) for task, part in both["free"].groupby("task")}
    table["best free"] = [best[task][0] for task in table.index]
    table["difference "] = [table.loc[task, "recipe"] - best[task][1] for task in table.index]
    numbers = table[["free", "recipe", "difference", "difference "]].mean()
    table.loc["mean of tasks"] = pd.Series(
        numbers.to_dict() | {"seeds": table["seeds"].min(), "best free": ""}
    )
    print_tests(both, classifier)
    return table.rename(columns={"free": "label texts + logit adjustment"})


def best_free(free_rows: list[dict], classifier: str, known: pd.Series) -> tuple[str, float]:
    """Return the free remedy of the highest mean on the splits of a task, and this mean.

    `known` are the scores of label texts + logit adjustment, by task and seed.
    """
    means = {"label-texts+logit-adjustment": known.mean()}
    found: dict[str, dict[tuple[str, int], float]] = {}
    for row in free_rows:
        if row["classifier"] == classifier and row["method"] in FREE_REMEDIES:
            found.setdefault(row["method"], {})[row["task"], row["seed"]] = 100 * row["macro"]
    for method, scored in found.items():
        if method not in means and scored.keys() >= set(known.index):
            means[method] = np.mean([scored[split] for split in known.index])
    return max(means.items(), key=lambda item: item[1])


def print_tests(both: pd.DataFrame, classifier: str) -> None:
    """Print the paired tests of the columns "recipe" and "free" over tasks, and over splits."""
    tasks = both.index.get_level_values("task").tolist()
    for said, of in {"tasks": tasks, "splits": None}.items():
        if len(both) > 1 and (of is None or len(set(of)) > 1):
            test = paired_test(both["recipe"], both["free"], tasks=of)
            interval = f"{test.mean_difference:.2f} ({test.ci_low:.2f} to {test.ci_high:.2f})"
            p_values = f"p = {test.p_t:.2g} (t), {test.p_wilcoxon:.2g} (Wilcoxon)"
            signs = f"{test.n_a_better} better, {test.n_b_better} worse"
            print(f"\n{classifier}, pairs are {said}: {interval}, {p_values}, {signs}")


def all_measures(rows: list[dict], classifier: str, name: str, seeds: list[int]) -> pd.DataFrame:
    """Return the means over tasks of all measures, on the splits that both recipes have."""
    table = {}
    for measure in MEASURES:
        both = pd.DataFrame(
            {recipe: scores(rows, classifier, recipe, measure) for recipe in (FREE, name)}
        ).dropna()
        if both.empty:
            return pd.DataFrame()
        both = both[both.index.get_level_values("seed").isin(seeds)]
        table[measure] = both.groupby("task").mean().mean()
    return pd.DataFrame(table)


def share_of_real(rows: list[dict], classifier: str, name: str) -> pd.DataFrame:
    """Return what a recipe gains beside what real rows in place of the generated ones do, task by task."""
    names = {"free": FREE, "recipe": name} | {f"{n} real": REAL_ROWS.format(n) for n in (5, 20, 100)}
    table = pd.DataFrame({key: scores(rows, classifier, recipe) for key, recipe in names.items()}).dropna()
    if table.empty:
        return table
    means = table.groupby("task").mean()
    means.loc["mean of tasks"] = means.mean()
    to_gain = means["100 real"] - means["free"]
    means["share gained"] = (100 * (means["recipe"] - means["free"]) / to_gain).where(to_gain >= 1)
    means["seeds"] = table.groupby("task")["free"].count()
    return means


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
    parser.add_argument("--classifiers", nargs="+", default=["tfidf", "embedding", "encoder", "set_fit"])
    parser.add_argument(
        "--chosen-on", nargs="*", type=int, default=[0], help="seeds that recipes were chosen on"
    )
    parser.add_argument("--recipe", help="its name; default: the recommended one of each classifier")
    parser.add_argument("--most", type=int, default=100, help="recipes that are shown")
    options = parser.parse_args()
    rows, free_rows = read_rows(options.rows), read_rows(options.free) if options.free else []
    for row in rows:
        if row["classifier"] in ("encoder", "set_fit"):
            row["recipe"] = SMALLER.get(row["recipe"], row["recipe"])
    seeds = sorted({row["seed"] for row in rows})
    groups = {"chosen on": options.chosen_on, "others": [s for s in seeds if s not in options.chosen_on]}
    for classifier in options.classifiers:
        name = options.recipe or RECOMMENDED[classifier].name
        name = {"word edits": WORD_EDITS.name}.get(name, name)
        for title, some in groups.items():
            table = differences(frame(rows, classifier, some)) if some else pd.DataFrame()
            if table.empty:
                continue
            shown = ", ".join(map(str, some))
            print(f"\n### {classifier}, seeds {title}: {shown}\n\n{as_markdown(table.head(options.most))}")
            beside = beside_free(rows, free_rows, classifier, name, some)
            print(f"\n{name}\n\n{as_markdown(beside)}")
            print(f"\n{as_markdown(all_measures(rows, classifier, name, some))}")
            print(f"\n{as_markdown(by_size(rows, classifier, [FREE, name], some))}")
        print(
            f"\nReal rows in place of generated ones\n\n{as_markdown(share_of_real(rows, classifier, name))}"
        )
    labelers = pd.DataFrame([r for r in rows if r["classifier"] == "labelers"])
    wide = 100 * labelers.pivot_table(index="recipe", columns="task", values="macro")
    print(f"\n### The labelers as classifiers\n\n{as_markdown(wide.assign(mean=wide.mean(axis=1)))}")


if __name__ == "__main__":
    main()
