"""Which candidates to take: many rules on the same pools of candidates.

    python -m skbalagen.benchmark --tasks TASK --methods \
        "balagen:beta_low=100,balance_generator=classes,balance_labelers=classes" --seeds 1 --memory POOL
    python benchmarks/ablate_selection.py --pool POOL --tasks TASK ... -o benchmarks/results/ablation_selection.jsonl

The first command fills POOL with the candidates of a fine-tuned model for every class; the second fits the default
labelers, applies each rule, fills every class up to the largest one (with copies where a rule leaves too few) and
scores classifiers on the validation and test rows together, none of which anything was tuned on. ``--table`` prints
the rows of the output file as Markdown instead.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from skbalagen._text import fold_text
from skbalagen.benchmark import Split, load_split
from skbalagen.benchmark.methods import KnownTexts
from skbalagen.labelers import LabelerEnsemble
from skbalagen.metrics import macro_accuracy
from skbalagen.policy import naive_os, rebalance_rows, repeat_rows


def read_pool(folder: Path, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct new candidates of the largest pool for these classes, and their labels."""
    classes = set(split.y_train.tolist())
    pools = []
    for path in folder.glob("streams-*/kept.json"):
        pool = {name.split(":", 1)[1]: texts for name, texts in json.loads(path.read_text()).items()}
        if pool.keys() <= classes and len(pool) >= 0.8 * len(classes):
            pools.append(pool)
    pool = max(pools, key=lambda pool: sum(map(len, pool.values())))
    seen = {fold_text(text) for text in split.X_train}
    texts, labels = [], []
    for label, candidates in pool.items():
        for text in candidates:
            if text and fold_text(text) not in seen:
                seen.add(fold_text(text))
                texts.append(text)
                labels.append(label)
    return np.array(texts, dtype=object), np.array(labels, dtype=object)


def scores(split: Split, X: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Return the macro accuracy, in percent, of three classifiers trained on `X`, `y`."""
    X_test = np.concatenate([split.X_valid, split.X_test])
    y_test = np.concatenate([split.y_valid, split.y_test])
    out = {}
    for name, features, C in (
        ("tfidf C=1", TfidfVectorizer(), 1),
        ("tfidf C=10", TfidfVectorizer(), 10),
        ("embedding", KnownTexts(), 10),
    ):
        model = LogisticRegression(C=C, max_iter=1000).fit(features.fit(X).transform(X), y)
        out[name] = round(100 * macro_accuracy(y_test, model.predict(features.transform(X_test))), 1)
    return out


def rules(ensemble: LabelerEnsemble, texts: np.ndarray, labels: np.ndarray) -> dict[str, tuple]:
    """Return of each rule which candidates it takes, their labels, their order, and the most a real row."""
    each = ensemble._probabilities(texts)  # (n_labelers, n_candidates, n_classes)
    mean = each.mean(axis=0)
    classes = ensemble.classes_
    own = np.searchsorted(classes, labels)
    votes = each.argmax(axis=2) == own
    soft = mean.argmax(axis=1) == own
    wanted = mean[np.arange(len(own)), own]
    rank = (mean > wanted[:, None]).sum(axis=1)
    everything, relabeled = np.ones(len(own), dtype=bool), classes[mean.argmax(axis=1)].astype(object)
    taken = {
        "none (copies alone)": ~everything,
        "all candidates": everything,
        "any": votes.any(axis=0),
        "majority": votes.sum(axis=0) >= 2,
        "all": votes.all(axis=0),
        "words alone": votes[0],
        "characters alone": votes[1],
        "embedding alone": votes[2],
        "soft": soft,
        "soft, among the likeliest two": rank < 2,
        "soft or majority": soft | (votes.sum(axis=0) >= 2),
    }
    made = {name: (mask, labels, None, None) for name, mask in taken.items()}
    made["soft, given to the likeliest class"] = (everything, relabeled, None, None)
    made["majority, given to the likeliest class"] = (
        (each.argmax(axis=2) == mean.argmax(axis=1)).sum(axis=0) >= 2,
        relabeled,
        None,
        None,
    )
    made["soft, least sure first"] = (soft, labels, wanted, None)
    made["soft, surest first"] = (soft, labels, -wanted, None)
    for most in (1, 2, 4):
        made[f"soft, at most {most} a real row"] = (soft, labels, None, most)
    return made


def markdown(path: Path) -> str:
    """Return a row a rule and a column a task: TF-IDF with C of 1 and 10, sentence vectors, share generated."""
    cells: dict[str, dict[str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        accuracies = " / ".join(f"{row[name]:.1f}" for name in ("tfidf C=1", "tfidf C=10", "embedding"))
        share = f"{100 * row['added'] / row['wanted']:.0f} %"
        cells.setdefault(row["rule"], {})[row["task"]] = f"{accuracies} ({share})"
    tasks = list(dict.fromkeys(task for row in cells.values() for task in row))
    lines = ["| rule | " + " | ".join(tasks) + " |", "|---" * (len(tasks) + 1) + "|"]
    lines += [
        f"| {rule} | " + " | ".join(row.get(t, "") for t in tasks) + " |" for rule, row in cells.items()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--tasks", nargs="+", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.table:
        print(markdown(options.output))
        return
    if options.pool is None or not options.tasks:
        parser.error("--pool and --tasks are needed, or --table")
    warnings.simplefilter("ignore")
    for task in options.tasks:
        split = load_split(task, options.seed)
        X, y = split.X_train, split.y_train
        texts, labels = read_pool(options.pool, split)
        sizes, targets = Counter(y.tolist()), naive_os()(y)
        balanced = rebalance_rows(y, targets, np.random.default_rng(0))
        ensemble = LabelerEnsemble().fit(X[balanced], y[balanced])
        for name, (mask, given, order, most) in rules(ensemble, texts, labels).items():
            rng = np.random.default_rng(0)
            parts_X, parts_y, n_added = [X], [y], 0
            for label, size in sizes.items():
                wanted = targets[label] - size
                rows = np.flatnonzero(mask & (given == label))
                if order is not None:
                    rows = rows[np.argsort(order[rows], kind="stable")]
                rows = rows[: wanted if most is None else min(wanted, most * size)]
                copies = repeat_rows(np.flatnonzero(y == label), wanted - len(rows), rng)
                parts_X += [texts[rows], X[copies]]
                parts_y.append(np.full(wanted, label, dtype=object))
                n_added += len(rows)
            row = {"task": task, "seed": options.seed, "rule": name, "candidates": len(texts)}
            row |= {"wanted": sum(targets.values()) - len(y), "added": n_added}
            row |= scores(split, np.concatenate(parts_X), np.concatenate(parts_y))
            with open(options.output, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)


if __name__ == "__main__":
    main()
