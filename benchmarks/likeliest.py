"""What it is worth to keep the likeliest of several texts: the parameter `best_of` of CausalLMGenerator.

    python benchmarks/likeliest.py POOLS MODELS -o benchmarks/results/likeliest.jsonl --tasks clinc15_few
    python benchmarks/likeliest.py --table benchmarks/results/likeliest.jsonl

Pools are those of benchmarks/make_pools.py, models those of benchmarks/second_opinion.py; what the model says of the
candidates is kept beside it. Of each two, or four, candidates of a class in a row the likeliest is kept, which is what
`best_of` does, or one at random, for the same number of rows. The results have a row for each way to choose, classifier
and recipe (benchmarks/recipe_names.py; logit adjustment, C chosen on validation rows): macro accuracy on the test rows,
how many of the candidates that are kept the labelers accept, and which share of their words is new. With --reading, a
file that tools/read_sample.py judged, another row has what the likelihood says of the texts that were read.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pool_rows import Pool, load_pool, make_rows
from recipe_names import RECOMMENDED, Recipe
from recipes import fit_all, scored
from second_opinion import fitted
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score

from skbalagen import CausalLMGenerator
from skbalagen.benchmark import TASKS, load_split
from skbalagen.generators._lm_scores import log_likelihoods

RECIPES = {
    "soft labels": RECOMMENDED["tfidf"],
    "20 accepted": Recipe(most=20, weight=0.5),
    "100 accepted": Recipe(most=100),
}
CLASSIFIERS = ("tfidf", "embedding")
N_RANDOM = 3  # draws whose accuracy is averaged


def scores_of(pool: Pool, folder: Path) -> np.ndarray:
    """Return the mean log-likelihood of a token of each candidate; fit the generator and score once."""
    path = folder / "scores.npy"
    if not path.exists():
        if not folder.exists():
            fitted(pool.split.X_train, pool.split.y_train).save(folder)
        generator = CausalLMGenerator.load(folder)
        found = log_likelihoods(
            generator.model_,
            generator.tokenizer_,
            generator.prompts_,
            pool.texts.tolist(),
            pool.labels.tolist(),
        )
        np.save(path, found[:, 0] / found[:, 1])
    return np.load(path)


def first_of(pool: Pool, scores: np.ndarray, best_of: int) -> np.ndarray:
    """Return, of each `best_of` candidates of a class in a row, the one with the highest score."""
    kept = []
    for label in pool.classes:
        rows = np.flatnonzero(pool.labels == label)
        groups = rows[: len(rows) // best_of * best_of].reshape(-1, best_of)
        kept += groups[np.arange(len(groups)), scores[groups].argmax(axis=1)].tolist()
    return np.array(kept)


def choices(pool: Pool, scores: np.ndarray) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield ways to choose among the candidates; random ones several times."""
    yield "all", [np.arange(len(scores))]
    for best_of in (2, 4):
        yield f"best of {best_of}", [first_of(pool, scores, best_of)]
        draws = [np.random.default_rng(seed).random(len(scores)) for seed in range(N_RANDOM)]
        yield f"one of {best_of} at random", [first_of(pool, draw, best_of) for draw in draws]


def of_classifiers(pool: Pool, scores: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield a row for each choice, classifier and recipe."""
    words = TfidfVectorizer().build_analyzer()
    known = {
        label: {word for text in pool.split.X_train[pool.split.y_train == label] for word in words(text)}
        for label in pool.classes
    }
    for name, ways in choices(pool, scores):
        parts = [
            replace(pool, texts=pool.texts[kept], labels=pool.labels[kept], proba=pool.proba[:, kept])
            for kept in ways
        ]
        written = [
            word not in known[label]
            for text, label in zip(parts[0].texts, parts[0].labels, strict=True)
            for word in words(text)
        ]
        about = {
            "choice": name,
            "n": len(parts[0].texts),
            "accepted": round(float(parts[0].accepted("mean").mean()), 3),
            "new_words": round(float(np.mean(written)), 3),
        }
        for recipe_name, recipe in RECIPES.items():
            for classifier in CLASSIFIERS:
                found = [macro(recipe, part, classifier) for part in parts]
                yield about | {
                    "recipe": recipe_name,
                    "classifier": classifier,
                    "macro": round(100 * float(np.mean(found)), 2),
                }


def macro(recipe: Recipe, pool: Pool, classifier: str) -> float:
    """Return the macro accuracy with logit adjustment, tau 1."""
    rows = make_rows(recipe, pool)
    lines = scored(fit_all(rows, pool, classifier, 0), rows, pool)
    return next(line["macro"] for line in lines if (line["priors"], line["tau"]) == ("fitted", 1.0))


def of_reading(pool: Pool, scores: np.ndarray, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the shares of what was read, weighted as the likeliest of 1, 2 and 4 candidates of the class would be."""
    numbers = {pair: i for i, pair in enumerate(zip(pool.texts, pool.labels, strict=True))}
    rows = np.array([numbers[item["text"], item["label"]] for item in items])
    # The share of the candidates of the class that are less likely: of k texts, this one is the likeliest k times as
    # often as that share to the power of k - 1.
    rank = np.array([(scores[pool.labels == pool.labels[row]] < scores[row]).mean() for row in rows])
    answers = {
        name: np.array([item["judged"][name] for item in items]) for name in ("fluent", "right", "new")
    }
    answers["all three"] = np.all(list(answers.values()), axis=0)
    return {
        "n_read": len(items),
        "area": {name: round(float(roc_auc_score(yes, scores[rows])), 3) for name, yes in answers.items()},
        "shares": {
            str(k): {
                name: round(float(np.average(yes, weights=rank ** (k - 1))), 3)
                for name, yes in answers.items()
            }
            for k in (1, 2, 4)
        },
    }


def make_tables(path: Path) -> str:
    """Return two tables in Markdown: of the reading, and of classifiers (one figure for each recipe)."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    read = [row for row in rows if "n_read" in row]
    lines = [
        "| Task | read | `best_of` | fluent | right | new | all three |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in read:
        for best_of, shares in row["shares"].items():
            cells = " | ".join(f"{100 * share:.0f} %" for share in shares.values())
            lines.append(f"| `{row['task']}` | {row['n_read']} | {best_of} | {cells} |")
    lines += [
        "",
        "| Task | candidates | kept | accepted | new words | TF-IDF | vectors |",
        "|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if "choice" in row:
            groups.setdefault((row["task"], row["choice"]), []).append(row)
    for (task, choice), group in groups.items():
        cells = [
            " / ".join(f"{row['macro']:.1f}" for row in group if row["classifier"] == classifier)
            for classifier in CLASSIFIERS
        ]
        first = group[0]
        lines.append(
            f"| `{task}` | {choice} | {first['n']} | {first['accepted']:.0%} | {first['new_words']:.0%} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pools", type=Path, nargs="?")
    parser.add_argument("models", type=Path, nargs="?")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=["clinc15_few"])
    parser.add_argument("--reading", type=Path)
    options = parser.parse_args()
    if options.table is not None:
        print(make_tables(options.table))
        return
    warnings.simplefilter("ignore")
    read = options.reading.read_text(encoding="utf-8").splitlines() if options.reading else []
    items = [item for item in map(json.loads, read) if not item["hidden"]["real"]]
    for task in options.tasks:
        pool = load_pool(options.pools / f"{task}-0.npz", load_split(task, 0))
        scores = scores_of(pool, options.models / task)
        with options.output.open("a", encoding="utf-8") as file:
            if of_task := [item for item in items if item["task"] == task]:
                file.write(json.dumps({"task": task} | of_reading(pool, scores, of_task)) + "\n")
            for row in of_classifiers(pool, scores):
                file.write(json.dumps({"task": task} | row) + "\n")
                file.flush()


if __name__ == "__main__":
    main()
