"""Which candidates to take: many rules on the same pools of candidates.

    python benchmarks/ablate_selection.py --pool POOL --tasks TASK ... --seeds 3 \
        -o benchmarks/results/ablation_selection.jsonl
    python benchmarks/ablate_selection.py --what growth --pool POOL --tasks TASK ... --seeds 3 \
        -o benchmarks/results/ablation_growth.jsonl
    python benchmarks/ablate_selection.py --what shares --pool POOL --tasks TASK ... --seeds 3 \
        -o benchmarks/results/ablation_shares.jsonl

POOL is a component cache. The first command has the language model fill 95 percent of the classes and keeps the
candidates there. Then each rule is applied to them, with copies where it leaves too few, and classifiers are scored on
the validation and test rows together, none of which anything was tuned on. Rules take at most half of the rows wanted,
unless they say otherwise. "real rows" are no candidates: they are rows of the data set that the imbalance left out, where
there are any, and a bound on what candidates can be worth.

With ``--what growth`` the candidates are those of the default with half of the rows generated, which grows small
classes beyond the largest, and the rules are how far to grow and how much of that to generate. With ``--what shares``
they are how much of what the default wants to generate, by the rows that a class has.

Candidates were generated until the rule "soft" had filled each class. ``--table`` prints the rows of the output file
as Markdown instead, of the tasks and rules that are named.
"""

from __future__ import annotations

import argparse
import itertools
import json
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from skbalagen._utils.text import is_own_label
from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.balagen.policy import PercentilePolicy
from skbalagen.balagen.training_set import repeat_rows
from skbalagen.benchmark import Split, as_markdown, load_split, read_rows
from skbalagen.benchmark.methods import KnownTexts, make_resampler
from skbalagen.generators.causal_lm import CausalLMGenerator
from skbalagen.metrics.classification import macro_accuracy

# The method whose candidates the rules of each ablation share.
POOLS = {
    "selection": "balagen:beta_low=95,generated_share=1.0",
    "growth": "balagen:sampling_strategy=grow,generated_share=0.5",
    "shares": "balagen:sampling_strategy=grow,generated_share=0.5",
}


@dataclass
class Rule:
    """Which candidates are taken.

    Attributes
    ----------
    mask : ndarray of bool, of shape (n_candidates,)
        Those that may be taken.
    labels : ndarray of shape (n_candidates,)
        The class that each is given to.
    order : ndarray of shape (n_candidates,) or None
        Lowest first; None is the order of the streams.
    most : float
        Most candidates for each real row of a class.
    weight : float
        Of a generated row.
    share : float or callable
        Of the rows wanted, that may be generated; may be above 1. A callable has it from the real rows of a class.
    real_share : float or None
        Share of a filled class's weight that its real rows have together, by weights; None leaves all rows at 1.
    policy : callable or None
        From labels to rows wanted, where it is not that of the resampler.
    """

    mask: np.ndarray
    labels: np.ndarray
    order: np.ndarray | None = None
    most: float = np.inf
    weight: float = 1.0
    share: float | Callable[[int], float] = 0.5
    real_share: float | None = None
    policy: PercentilePolicy | None = None


def scores(split: Split, X: np.ndarray, y: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Return the macro accuracy, in percent, of four classifiers trained on `X`, `y`."""
    X_test = np.concatenate([split.X_valid, split.X_test])
    y_test = np.concatenate([split.y_valid, split.y_test])
    out = {}
    for name, features, C in (
        ("tfidf C=1", TfidfVectorizer(), 1),
        ("tfidf C=10", TfidfVectorizer(), 10),
        ("embedding C=1", KnownTexts(), 1),
        ("embedding C=10", KnownTexts(), 10),
    ):
        model = LogisticRegression(C=C, max_iter=1000).fit(
            features.fit(X).transform(X), y, sample_weight=weights
        )
        out[name] = round(100 * macro_accuracy(y_test, model.predict(features.transform(X_test))), 1)
    return out


def rules(
    ensemble: LabelerEnsemble, texts: np.ndarray, labels: np.ndarray, X: np.ndarray, y: np.ndarray
) -> dict[str, Rule]:
    """Return the rules by name; "soft" is the default. `X` and `y` are the real rows."""
    each = ensemble._probabilities(texts)  # (n_labelers, n_candidates, n_classes)
    mean, alike = ensemble._mean(each), each.mean(axis=0)
    classes = ensemble.classes_
    own = np.searchsorted(classes, labels)
    votes = each.argmax(axis=2) == own
    soft = mean.argmax(axis=1) == own
    wanted = mean[np.arange(len(own)), own]
    everything, relabeled = np.ones(len(own), dtype=bool), classes[mean.argmax(axis=1)].astype(object)
    is_label = np.array([is_own_label(*pair) for pair in zip(texts, labels, strict=True)])
    taken = {
        "copies alone": ~everything,
        "labels and copies": is_label & soft,
        "all candidates": everything,
        "any": votes.any(axis=0),
        "majority": votes.sum(axis=0) >= 2,
        "all": votes.all(axis=0),
        "words alone": votes[0],
        "characters alone": votes[1],
        "embedding alone": votes[2],
        "soft, labelers alike": alike.argmax(axis=1) == own,
        "soft, embedding twice": (alike + each[2] / 3).argmax(axis=1) == own,
        "soft": soft,
        "highest product of probabilities": np.log(each + 1e-6).sum(axis=0).argmax(axis=1) == own,
        "soft, among the likeliest two": (mean > wanted[:, None]).sum(axis=1) < 2,
        "soft or majority": soft | (votes.sum(axis=0) >= 2),
        "soft and embedding": soft & votes[2],
        "soft, out of fold": out_of_fold(ensemble, texts, X, y).argmax(axis=1) == own,
    }
    vectors = KnownTexts()
    nearest = np.argsort(-vectors.transform(texts) @ vectors.transform(X).T, axis=1)[:, :3]
    taken["nearest real row"] = y[nearest[:, 0]] == labels
    taken["soft and nearest real row"] = soft & taken["nearest real row"]
    taken["soft and one of three nearest"] = soft & (y[nearest] == labels[:, None]).any(axis=1)
    made = {name: Rule(mask, labels) for name, mask in taken.items()}
    made["soft, given to the likeliest class"] = Rule(everything, relabeled)
    made["soft, new words first"] = Rule(soft, labels, order=new_words_order(texts, labels, X, y))
    made["soft, far from others first"] = Rule(soft, labels, order=distance_order(texts, labels, X, y))
    made["soft, least sure first"] = Rule(soft, labels, order=wanted)
    made["soft, surest first"] = Rule(soft, labels, order=-wanted)
    for most in (1, 2, 4):
        made[f"soft, at most {most} a real row"] = Rule(soft, labels, most=most)
    for share in (0.25, 0.75, 1.0):
        made[f"soft, {share:.0%} of what is wanted"] = Rule(soft, labels, share=share)
    for share in (0.25, 0.5, 0.75, 1.0):
        made[f"soft, {share:.0%}, without labels"] = Rule(soft & ~is_label, labels, share=share)
    made["soft, surplus too"] = Rule(soft, labels, share=np.inf)
    for real_share in (0.25, 0.5, 0.75):
        made[f"soft, real rows {real_share:.0%} of the weight"] = Rule(
            soft, labels, share=1, real_share=real_share
        )
    for weight in (0.1, 0.3, 0.6):
        made[f"soft, weight {weight}"] = Rule(soft, labels, weight=weight)
    return made


def growth_rules(
    ensemble: LabelerEnsemble, texts: np.ndarray, labels: np.ndarray, most: float
) -> dict[str, Rule]:
    """Return rules that grow classes less and less far than `most`, in percent of the largest."""
    soft = ensemble.predict(texts) == labels
    betas = {
        "95 percent of the classes": 95,
        "all, to the largest": 100,
        "all, to 1.5 times the largest": min(150, most),
        "all, as the default": most,
    }
    shares = {"copies": 0, "25% generated": 0.25, "50% generated": 0.5}
    return {
        f"{name}, {said}": Rule(soft, labels, share=share, policy=PercentilePolicy(beta_low=beta))
        for name, beta in betas.items()
        for said, share in shares.items()
    }


def share_rules(ensemble: LabelerEnsemble, texts: np.ndarray, labels: np.ndarray) -> dict[str, Rule]:
    """Return rules that generate less where a class has many rows."""
    soft = ensemble.predict(texts) == labels

    def falling(rows: int, least: float = 0.0) -> Callable[[int], float]:
        return lambda n: min(max(rows / n, least), 0.5)

    shares: dict[str, float | Callable[[int], float]] = {
        "copies": 0,
        "25% generated": 0.25,
        "50% generated": 0.5,
        "4 / rows, 50% at most": falling(4),
        "8 / rows, 50% at most": falling(8),
        "16 / rows, 50% at most": falling(16),
        "4 / rows, from 25 to 50%": falling(4, 0.25),
        "8 / rows, from 25 to 50% (default)": CausalLMGenerator.advised_share,
        "16 / rows, from 25 to 50%": falling(16, 0.25),
    }
    return {name: Rule(soft, labels, share=share) for name, share in shares.items()}


def real_row_rules(y_rest: np.ndarray) -> dict[str, Rule]:
    """Return rules that take rows which the imbalance left out; none where it left out none."""
    everything = np.ones(len(y_rest), dtype=bool)
    return {
        f"real rows, {share:.0%} of what is wanted": Rule(everything, y_rest, share=share)
        for share in ((0.1, 0.25, 0.5, 1.0) if len(y_rest) else ())
    }


def out_of_fold(ensemble: LabelerEnsemble, texts: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean probabilities of five ensembles, each trained on four fifths of the rows of a class.

    Classes of fewer than two rows are in every part, since no labeler could know them otherwise.
    """
    rng = np.random.default_rng(0)
    sizes = Counter(y.tolist())
    fold = np.full(len(y), -1)
    for label in (label for label, n in sizes.items() if n > 1):
        rows = rng.permutation(np.flatnonzero(y == label))
        fold[rows] = (rng.integers(5) + np.arange(len(rows))) % 5
    parts = [clone(ensemble).fit(X[fold != k], y[fold != k]) for k in range(5)]
    return np.mean([part.predict_proba(texts) for part in parts], axis=0)


_WORDS = TfidfVectorizer().build_analyzer()


def new_words_order(texts: np.ndarray, labels: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rank the candidates of each class, greedily, by the words that its rows and those before do not have.

    Words that come once in all texts count for nothing, lest gibberish come first.
    """
    words, real_words = ([set(_WORDS(text)) for text in part] for part in (texts, X))
    counts = Counter(word for each in [*words, *real_words] for word in each)
    words = [{word for word in each if counts[word] > 1} for each in words]
    order = np.zeros(len(texts))
    for label in np.unique(labels):
        left = np.flatnonzero(labels == label).tolist()
        seen = set().union(*(real_words[i] for i in np.flatnonzero(y == label)))
        for rank in range(len(left)):
            best = max(left, key=lambda i: len(words[i] - seen))
            order[best] = rank
            seen |= words[best]
            left.remove(best)
    return order


def distance_order(texts: np.ndarray, labels: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rank the candidates of each class, each the farthest from the real rows and those before it."""
    vectors = KnownTexts()
    order = np.zeros(len(texts))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        own = vectors.transform(texts[rows])
        similarity = (own @ vectors.transform(X[y == label]).T).max(axis=1)
        for rank in range(len(rows)):
            best = int(similarity.argmin())
            order[rows[best]] = rank
            similarity = np.maximum(similarity, own @ own[best])
            similarity[best] = np.inf
    return order


def markdown(path: Path, tasks: list[str], chosen: list[str]) -> str:
    """Return one row per rule: means of TF-IDF and of sentence vectors, each with C of 1 and 10, and the worst.

    The worst is the lowest difference from the first rule, copies alone, of the means over seeds of a task. Rules that
    some of the tasks do not have are left out.
    """
    table = pd.DataFrame(read_rows(path))
    table = table[table["task"].isin(tasks or table["task"])]
    table["share"] = 100 * table["added"] / table["wanted"]
    names = ["tfidf C=1", "tfidf C=10", "embedding C=1", "embedding C=10"]
    by_task = table.groupby(["rule", "task"], sort=False)[[*names, "share"]].mean()
    copies = by_task.loc[table["rule"].iloc[0], names]
    n_seeds = table.groupby("task", sort=False)["seed"].nunique()
    cells = {}
    for rule in table["rule"].unique():
        rows = by_task.loc[rule]
        if len(rows) < len(n_seeds) or not any(part in rule for part in chosen):
            continue
        cells[rule] = {
            "mean": " / ".join(f"{rows[name].mean():.1f}" for name in names),
            "worst against copies": " / ".join(f"{(rows[name] - copies[name]).min():+.1f}" for name in names),
            "new rows": f"{rows['share'].mean():.0f} %",
        }
    said = ", ".join(f"{task} ({n})" for task, n in n_seeds.items())
    return f"Tasks (seeds): {said}\n\n{as_markdown(pd.DataFrame(cells).T)}"


def apply(rule: Rule, split: Split, texts: np.ndarray, quotas: dict[Any, int]) -> tuple[np.ndarray, ...]:
    """Return the rows that `rule` makes, their labels and weights, and how many of them were generated."""
    X, y = split.X_train, split.y_train
    rng = np.random.default_rng(0)
    parts_X, parts_y, weights, n_added = [X], [y], [np.ones(len(y))], 0
    for label, wanted in quotas.items():
        real = np.flatnonzero(y == label)
        rows = np.flatnonzero(rule.mask & (rule.labels == label))
        if rule.order is not None:
            rows = rows[np.argsort(rule.order[rows], kind="stable")]
        share = rule.share(len(real)) if callable(rule.share) else rule.share
        rows = rows[: int(min(len(rows), np.ceil(share * wanted), rule.most * len(real)))]
        copies = repeat_rows(real, max(0, wanted - len(rows)), rng)
        if rule.real_share is not None and len(rows):
            copies = copies[:0]
            weights[0][real] = rule.real_share * (wanted + len(real)) / len(real)
            weights.append(np.full(len(rows), (1 - rule.real_share) * (wanted + len(real)) / len(rows)))
        else:
            weights += [np.full(len(rows), rule.weight), np.ones(len(copies))]
        parts_X += [texts[rows], X[copies]]
        parts_y.append(np.full(len(rows) + len(copies), label, dtype=object))
        n_added += len(rows)
    return np.concatenate(parts_X), np.concatenate(parts_y), np.concatenate(weights), n_added


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--tasks", nargs="+", default=[])
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds, from --first-seed")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--what", choices=list(POOLS), default="selection")
    parser.add_argument("--rules", nargs="+", default=[""], help="parts of the names of rules; default: all")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.table:
        print(markdown(options.output, options.tasks, options.rules))
        return
    if options.pool is None or not options.tasks:
        parser.error("--pool and --tasks are needed, or --table")
    warnings.simplefilter("ignore")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    rows = read_rows(options.output) if options.output.exists() else []
    done = {(row["task"], row["seed"], row["rule"]) for row in rows}
    for task, seed in itertools.product(options.tasks, seeds):
        split = load_split(task, seed)
        X, y = split.X_train, split.y_train
        resampler = make_resampler(POOLS[options.what], seed=seed, memory=str(options.pool))
        resampler.fit_resample(X, y)
        new = resampler.candidates_[~resampler.candidates_["verdict"].isin(["duplicate", "failed"])]
        texts, labels = (new[column].to_numpy(dtype=object) for column in ("text", "label"))
        sizes = Counter(y.tolist())
        judged = (resampler.labelers_, texts, labels)
        real_rows: dict[str, Rule] = {}
        if options.what == "growth":
            largest = max(sizes.values())
            chosen = growth_rules(*judged, 100 * max(resampler.sampling_strategy_.values()) / largest)
        elif options.what == "shares":
            chosen = share_rules(*judged)
        else:
            chosen, real_rows = rules(*judged, X, y), real_row_rules(split.y_rest)
        made = {name: (rule, texts) for name, rule in chosen.items()}
        made |= {name: (rule, split.X_rest) for name, rule in real_rows.items()}
        for name, (rule, source) in made.items():
            if (task, seed, name) in done or not any(part in name for part in options.rules):
                continue
            targets = rule.policy(y) if rule.policy else resampler.sampling_strategy_
            quotas = {c: n - sizes[c] for c, n in targets.items() if n > sizes[c]}
            X_new, y_new, weights, n_added = apply(rule, split, source, quotas)
            row = {"task": task, "seed": seed, "rule": name, "candidates": len(texts)}
            row |= {"wanted": sum(quotas.values()), "added": n_added} | scores(split, X_new, y_new, weights)
            with open(options.output, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)


if __name__ == "__main__":
    main()
