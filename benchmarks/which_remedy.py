"""Tables of docs/which_remedy.md, from the rows in benchmarks/results.

    python benchmarks/which_remedy.py docs/which_remedy.md

writes each table under the comment of the page that names it. Nothing is measured here; how rows were made is said in the
script of each file.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from recipe_names import RECOMMENDED, SMALLER, WORD_EDITS, Recipe
from recipe_tables import scores, share_of_real

from skbalagen.benchmark import as_markdown, read_rows, size_table, summary_table
from skbalagen.benchmark.families import family_table

RESULTS = Path(__file__).parent / "results"
FREE = "label-texts+logit-adjustment"
GROWN = "balagen:sampling_strategy=grow"
NAMES = {
    "none": "nothing",
    "ros": "random over-sampling",
    "markov": "Markov chains",
    "eda": "word edits",
    "smote": "SMOTE",
    "class-weights": "class weights",
    "label-texts+class-weights": "label texts + class weights",
    "logit-adjustment": "logit adjustment",
    FREE: "label texts + logit adjustment",
    GROWN: "grown by the language model, hard labels and copies",
}
CLASSIFIERS = {"tfidf": "TF-IDF", "embedding": "sentence vectors"}
FAMILY_TASKS = ["banking15_few", "covidq_few", "shop"]
LDAM_DRW = "train:loss=ldam,head=cosine,stages=drw"
MARGINS = {
    "none": "nothing",
    "train:loss=logit-adjusted": "logit-adjusted loss",
    "logit-adjustment": "logit adjustment",
    FREE: "label texts + logit adjustment",
    "train:loss=ldam,head=cosine": "LDAM",
    LDAM_DRW: "LDAM, late class weights",
    f"label-texts+{LDAM_DRW}": "label texts + LDAM, late class weights",
}


def rows_of(file: str) -> list[dict[str, Any]]:
    """Return the rows of a file of results."""
    return read_rows(RESULTS / file)


def named(table: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """Return the rows of some methods, by the names of the page."""
    return table.loc[methods].rename(index=NAMES)


def by_classifier() -> pd.DataFrame:
    """Return the means over the tasks of the benchmark: macro accuracy, macro F1 and the Brier score."""
    rows, columns = rows_of("benchmark.jsonl"), {}
    for classifier, of_it in CLASSIFIERS.items():
        for measure, name in {"macro": "macro accuracy", "macro_f1": "macro F1", "brier": "Brier"}.items():
            table = summary_table(rows, classifier=classifier, measure=measure)
            columns[f"{of_it}: {name}"] = table["mean"].reindex(list(NAMES))
    return named(pd.DataFrame(columns), list(NAMES))


def by_size(classifier: str) -> pd.DataFrame:
    """Return the accuracy of classes by their training rows, over the tasks of the benchmark."""
    methods = ["none", "class-weights", "logit-adjustment", FREE, GROWN]
    table = size_table(rows_of("benchmark.jsonl"), classifier=classifier, methods=methods)
    return named(table, ["classes", *methods])


def differences(classifier: str, method: str, baseline: str) -> pd.Series:
    """Return what a method gains on a baseline, task by task, in points of macro accuracy."""
    table = summary_table(rows_of("benchmark.jsonl"), classifier=classifier, baseline=baseline)
    return table.drop(columns=["mean", "seeds"]).loc[method]


def label_texts() -> pd.DataFrame:
    """Return what each label as one more row gains on logit adjustment, and how many splits it changed at all."""
    table = {
        f"{name}: gain": differences(classifier, FREE, "logit-adjustment")
        for classifier, name in CLASSIFIERS.items()
    }
    rows = {
        (r["task"], r["seed"], r["method"]): r
        for r in rows_of("benchmark.jsonl")
        if r["classifier"] == "tfidf"
    }
    splits = sorted((task, seed) for task, seed, method in rows if method == "label-texts")
    used = [rows[*s, "label-texts"]["correct"] != rows[*s, "none"]["correct"] for s in splits]
    of_task = pd.Series(used, index=[task for task, _ in splits]).groupby(level=0).agg(["sum", "count"])
    table["splits that labels changed"] = of_task["sum"].astype(str) + " of " + of_task["count"].astype(str)
    return pd.DataFrame(table)


def growth() -> pd.DataFrame:
    """Return what the grown rows gain on the best single free remedy, beside the sizes of the classes."""
    sizes: dict[str, list[dict[str, int]]] = {}
    for row in rows_of("benchmark.jsonl"):
        if row["method"] == GROWN and row["classifier"] == "tfidf":
            sizes.setdefault(row["task"], []).append(row["sizes"])
    table = pd.DataFrame(
        {
            "classes": {task: np.mean([len(s) for s in of_it]) for task, of_it in sizes.items()},
            "median rows of a class": {
                task: np.median([n for s in of_it for n in s.values()]) for task, of_it in sizes.items()
            },
        }
    )
    for classifier, name in CLASSIFIERS.items():
        table[f"{name}: gain"] = differences(classifier, GROWN, FREE)
    table = table.sort_values("TF-IDF: gain", ascending=False)
    table.loc["mean of tasks"] = table.drop(columns=["classes", "median rows of a class"]).mean()
    return table


def both_arms(file: str, classifier: str, recipe: Recipe, first_seed: int = 0) -> Any:
    """Return label texts + logit adjustment beside a recipe, by task and seed, grouped by task; and what it gains."""
    rows = rows_of(file)
    for row in rows:
        if classifier == "encoder":  # five texts per class where classes are many
            row["recipe"] = SMALLER.get(row["recipe"], row["recipe"])
    pair = pd.DataFrame({NAMES[FREE]: scores(rows, classifier, Recipe().name)})
    pair["with generated texts"] = scores(rows, classifier, recipe.name)
    pair = pair.assign(gain=pair["with generated texts"] - pair[NAMES[FREE]]).dropna()
    return pair[pair.index.get_level_values("seed") >= first_seed].groupby("task")


def soft_labels() -> pd.DataFrame:
    """Return what generated texts with soft labels gain on label texts + logit adjustment, on the held-out seeds."""
    columns = {}
    for classifier, name in CLASSIFIERS.items():
        gain = both_arms("recipes.jsonl", classifier, RECOMMENDED[classifier], first_seed=1)["gain"]
        columns |= {f"{name}: gain": gain.mean(), f"{name}: worst seed": gain.min()}
    table = pd.DataFrame(columns)
    table.loc["mean of tasks"] = table.mean().where([" seed" not in column for column in table.columns])
    return table


def fine_tuned() -> pd.DataFrame:
    """Return macro accuracy of the fine-tuned encoder on its tasks, and that of sentence vectors on the same."""
    rows = rows_of("benchmark.jsonl")
    encoder = summary_table(rows, classifier="encoder").loc[["ros", "class-weights", GROWN]]
    tasks = [column for column in encoder.columns if column not in ("mean", "seeds")]
    vectors = summary_table([row for row in rows if row["task"] in tasks], classifier="embedding").loc[
        ["class-weights", FREE]
    ]
    vectors = vectors.rename(index=lambda method: f"sentence vectors: {NAMES[method]}")
    return pd.concat([encoder.rename(index=NAMES), vectors])


def fine_tuned_adjusted() -> pd.DataFrame:
    """Return what soft labels gain a fine-tuned encoder, with label texts and logit adjustment in both arms."""
    pairs = both_arms("recipes.jsonl", "encoder", RECOMMENDED["encoder"])
    table = pairs.mean()
    table.loc["mean of tasks"] = table.mean()
    return as_counts(table.assign(splits=pairs["gain"].count()))


def word_edits() -> pd.DataFrame:
    """Return what word edits with soft labels gain TF-IDF on label texts + logit adjustment, on all splits."""
    gain = both_arms("recipes_eda.jsonl", "tfidf", WORD_EDITS)["gain"]
    table = pd.DataFrame({"TF-IDF: gain": gain.mean(), "worst seed": gain.min()})
    table.loc["mean of tasks"] = {"TF-IDF: gain": table["TF-IDF: gain"].mean()}
    return as_counts(table.assign(splits=gain.count()))


def real_rows() -> pd.DataFrame:
    """Return what 5, 20 and up to 100 real rows more per class bring TF-IDF, in place of generated texts."""
    table = share_of_real(rows_of("recipes.jsonl"), "tfidf", RECOMMENDED["tfidf"].name).drop(
        columns="share gained"
    )
    return table.rename(columns={"free": NAMES[FREE], "recipe": "with generated texts"})


def as_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its columns of splits as whole numbers."""
    return table.apply(
        lambda column: column.map("{:.0f}".format, na_action="ignore") if "splits" in column.name else column
    )


def families() -> pd.DataFrame:
    """Return the remedies of each family with a frozen encoder, those that were run on all tasks, best first."""
    rows = [row for row in rows_of("families.jsonl") if row["task"] in FAMILY_TASKS]
    table = family_table(rows, classifier="encoder-frozen").dropna(subset="mean")
    return table.sort_values("mean", ascending=False, kind="stable").drop(columns=["seeds", "seconds"])


def margins() -> pd.DataFrame:
    """Return LDAM beside logit adjustment, with a frozen encoder, over tasks and seeds."""
    table = summary_table(rows_of("margins.jsonl"), classifier="encoder-frozen")
    return as_counts(
        table.loc[list(MARGINS)].rename(index=MARGINS).rename(columns={"seeds": "splits of a task"})
    )


def long_texts() -> pd.DataFrame:
    """Return the free remedies on newsgroups, whose texts have a median of 76 words."""
    rows = rows_of("newsgroups.jsonl")
    columns = {}
    for classifier, of_it in CLASSIFIERS.items():
        for measure, name in {"macro": "macro accuracy", "macro_f1": "macro F1"}.items():
            means = summary_table(rows, classifier=classifier, measure=measure)["mean"]
            columns[f"{of_it}: {name}"] = means
    methods = [method for method in NAMES if method != GROWN]
    return named(pd.DataFrame(columns).reindex(methods), methods)


def pseudo_labels() -> pd.DataFrame:
    """Return self-training on what a made imbalance left out, beside the best single free remedy."""
    names = {"none": "nothing", FREE: NAMES[FREE], "pseudo-labels": "pseudo-labels"}
    rows = [row for row in rows_of("pseudo_labels.jsonl") if row["method"] in names]
    table = summary_table(rows, classifier="encoder-frozen").drop(columns="seeds")
    return table.loc[list(names)].rename(index=names)


def token_vectors() -> pd.DataFrame:
    """Return TextCut beside nothing and logit adjustment, with a fine-tuned encoder."""
    names = {"none": "nothing", "logit-adjustment": "logit adjustment", "train:augment=textcut": "TextCut"}
    table = summary_table(rows_of("families.jsonl"), classifier="encoder").drop(columns="seeds")
    return table.loc[list(names)].rename(index=names)


def searches() -> pd.DataFrame:
    """Return what RemedySearchCV chose, and its macro accuracy on the test rows beside that of the best free remedy."""
    rows = pd.DataFrame(rows_of("remedy_search.jsonl"))
    rows["free"] = 100 * rows["free"].map(lambda of_it: of_it[NAMES[FREE]])
    rows["chosen remedy"] = 100 * rows["macro"]
    rows["difference"] = rows["chosen remedy"] - rows["free"]
    rows["is generation"] = rows["chosen"].str.startswith("word edits")
    grouped = rows.groupby("classifier")
    table = grouped[["chosen remedy", "free", "difference"]].mean().rename(columns={"free": NAMES[FREE]})
    table["worst split"] = grouped["difference"].min()
    table["splits"] = grouped.size()
    table["word edits chosen"] = grouped["is generation"].sum().astype(str)
    return as_counts(table.loc[list(CLASSIFIERS)].rename(index=CLASSIFIERS))


def seconds() -> pd.DataFrame:
    """Return seconds: medians of fits with class weights, and generation as benchmarks/speed.py measured it."""
    rows = pd.DataFrame(rows_of("benchmark.jsonl"))
    fits = rows[rows["method"] == "class-weights"].groupby("classifier")["fit_seconds"].median()
    parts = json.loads((RESULTS / "speed.json").read_text(encoding="utf-8"))["parts"]
    return pd.DataFrame(
        {
            "seconds": {
                "a fit of TF-IDF and logistic regression": fits["tfidf"],
                "a fit of logistic regression on sentence vectors": fits["embedding"],
                "a fit of the fine-tuned encoder": fits["encoder"],
                "10,000 word edits": parts["eda"]["ours_s"],
                "10,000 texts of Markov chains": parts["markov"]["ours_s"],
                "the language model: training, candidates and labelers, for 127 rows": parts["whole"][
                    "ours_s"
                ],
            }
        }
    )


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "classifiers": by_classifier,
    "rows per class, TF-IDF": lambda: by_size("tfidf"),
    "rows per class, sentence vectors": lambda: by_size("embedding"),
    "label texts": label_texts,
    "growth": growth,
    "soft labels": soft_labels,
    "fine-tuned encoder": fine_tuned,
    "fine-tuned encoder, adjusted": fine_tuned_adjusted,
    "families": families,
    "margins": margins,
    "long texts": long_texts,
    "pseudo-labels": pseudo_labels,
    "token vectors": token_vectors,
    "word edits": word_edits,
    "real rows": real_rows,
    "searches": searches,
    "seconds": seconds,
}


def with_tables(page: str) -> str:
    """Return the page with each table as the rows have it now."""

    def new(match: re.Match[str]) -> str:
        return f"{match[1]}\n\n{as_markdown(TABLES[match[2]]())}\n\n"

    return re.sub(r"(<!-- table: (.+?) -->)\n+(?:\|.*\n)*\n*", new, page).rstrip("\n") + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("page", type=Path)
    page = parser.parse_args().page
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
