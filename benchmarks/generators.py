"""What the candidates of each generator are worth: with labelers and without, on real tasks.

    python benchmarks/generators.py -o benchmarks/results/generators.jsonl
    python benchmarks/generators.py --table benchmarks/results/generators.jsonl

The environment variable SKBALAGEN_DATA names the folder of the CSV files. One thread, seed 0. Each class but the largest
gets `PER_CLASS` candidates, at most as many as it lacks to the largest. Rows that are there already are not run again.
Generators that need what this machine lacks are left out: SKBALAGEN_MASKED_LM names a BERT for MaskedLMGenerator, such as
the one that benchmarks/masked_lm_model.py makes, SKBALAGEN_TRANSLATION two folders of translation models, parted by a
colon, SKBALAGEN_LARGER_LM a larger language model, and SKBALAGEN_ENDPOINT the address of a server and its model, parted
by a blank: "http://127.0.0.1:8000/v1 MODEL". Back-translation by rules takes Apertium and its pair of English
and Spanish: the packages apertium and apertium-eng-spa of Debian.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skbalagen import (
    BackTranslationGenerator,
    CausalLMGenerator,
    EDAGenerator,
    EmbeddingSubstitutionGenerator,
    EndpointGenerator,
    LabelerEnsemble,
    LogitAdjustedClassifier,
    MarkovChainGenerator,
    MaskedLMGenerator,
    PromptGenerator,
    SampleCopyGenerator,
    SentenceInsertionGenerator,
    SentenceShuffleGenerator,
)
from skbalagen._utils.text import fold_text
from skbalagen.benchmark import Split, load_split
from skbalagen.benchmark.methods import KnownTexts
from skbalagen.metrics import macro_accuracy

PER_CLASS = 20
SHORT = ("banking15_few", "clinc15_few", "covidq_category_few")
LONG = ("newsgroups",)


def apertium(pair: str) -> Callable[[list[str]], list[str]]:
    """Return a function that translates texts with Apertium, by rules; unknown words stay as they are."""

    def translate(texts: list[str]) -> list[str]:
        lines = "\n".join(" ".join(text.split()) for text in texts)
        done = subprocess.run(
            ["apertium", "-u", pair], input=lines + "\n", capture_output=True, text=True, check=True
        )
        return done.stdout.removesuffix("\n").split("\n")

    return translate


def has_apertium() -> bool:
    if shutil.which("apertium") is None:
        return False
    listed = subprocess.run(["apertium", "-l"], capture_output=True, text=True).stdout.split()
    return {"eng-spa", "spa-eng"} <= set(listed)


def endpoint(address: str) -> EndpointGenerator:
    """Return a generator for a server whose model goes on with a list, as a small one can, four texts at a time."""
    url, model = address.split()
    return EndpointGenerator(
        base_url=url,
        model=model,
        api="completion",
        prompt="Texts about {label}:\n{examples}\n",
        n_texts=4,
        n_avoid=0,
        temperature=0.7,
        answer_tokens=96,
        max_in_flight=1,
        cache=None,
    )


EDITS = {
    "copies": SampleCopyGenerator(),
    "EDA": EDAGenerator(),
    "Markov chain": MarkovChainGenerator(),
    "embedding substitution": EmbeddingSubstitutionGenerator(),
}
SENTENCES = {
    "sentence shuffle": SentenceShuffleGenerator(),
    "sentence insertion": SentenceInsertionGenerator(),
}
MODELS: dict[str, Any] = {
    "prompt, as a list": PromptGenerator(chat=False),
    "prompt, as a message": PromptGenerator(chat=True),
    "fine-tuned language model": CausalLMGenerator(random_state=0),
}
BY_RULES = {
    "back-translation by rules": BackTranslationGenerator(
        forward=apertium("eng-spa"), backward=apertium("spa-eng")
    )
}
FROM_FOLDERS = {
    "SKBALAGEN_MASKED_LM": {
        "masked language model": lambda folder: MaskedLMGenerator(model=folder, random_state=0)
    },
    "SKBALAGEN_TRANSLATION": {
        "back-translation by models": lambda folders: BackTranslationGenerator(
            **dict(zip(("forward", "backward"), folders.split(":"), strict=True))
        )
    },
    "SKBALAGEN_ENDPOINT": {"endpoint": endpoint},
    "SKBALAGEN_LARGER_LM": {
        "prompt, larger model": lambda folder: PromptGenerator(model=folder),
        "fine-tuned larger model": lambda folder: CausalLMGenerator(model=folder, random_state=0),
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--tasks", nargs="+", choices=[*LONG, *SHORT], default=[*LONG, *SHORT])
    options = parser.parse_args()
    if options.table is not None:
        print(make_table(options.table))
        return
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    lines = options.output.read_text(encoding="utf-8").splitlines() if options.output.is_file() else []
    done = {(row["task"], row["generator"]) for row in map(json.loads, lines)}
    generators_of = planned()
    for task in options.tasks:
        generators = generators_of[task]
        missing = {name: g for name, g in generators.items() if (task, name) not in done}
        if missing:
            run_task(task, missing, options.output, with_baseline=(task, "none") not in done)


def planned() -> dict[str, dict[str, Any]]:
    """Return the generators of each task, cheap ones first."""
    larger = {
        name: make(os.environ[variable])
        for variable, makers in FROM_FOLDERS.items()
        if os.environ.get(variable)
        for name, make in makers.items()
    }
    by_rules = BY_RULES if has_apertium() else {}
    short = dict.fromkeys(SHORT, EDITS | by_rules | SENTENCES | larger | MODELS)
    return dict.fromkeys(LONG, EDITS | by_rules | SENTENCES) | short


def run_task(task: str, generators: dict[str, Any], output: Path, *, with_baseline: bool) -> None:
    """Write a row for each generator of a task."""
    split = load_split(task, 0)
    labelers = LabelerEnsemble().fit(split.X_train, split.y_train)
    if with_baseline:
        write(output, {"task": task, "generator": "none"} | scores(split, [], []))
    sizes = Counter(split.y_train.tolist())
    largest = max(sizes.values())
    spans = {label: range(min(PER_CLASS, largest - n)) for label, n in sizes.items() if n < largest}
    for name, generator in generators.items():
        start = time.perf_counter()
        generator.fit(split.X_train, split.y_train)
        fitted = time.perf_counter()
        streams = generator.sample(spans, random_state=0)
        sampled = time.perf_counter()
        texts, labels = new_texts(split, streams, keep_copies=name == "copies")
        accepted = labelers.judge(texts, labels)[2] if texts else np.zeros(0, dtype=bool)
        row = {
            "task": task,
            "generator": name,
            "n_candidates": sum(map(len, spans.values())),
            "n_failed": sum(text is None for stream in streams.values() for text in stream),
            "n_new": len(texts),
            "n_accepted": int(accepted.sum()),
            "novelty": novelty(split, texts, labels),
            "novelty_accepted": novelty(split, *kept(texts, labels, accepted)),
            "fit_seconds": round(fitted - start, 1),
            "sample_seconds": round(sampled - fitted, 1),
        }
        row |= {f"all_{key}": value for key, value in scores(split, texts, labels).items()}
        row |= {f"accepted_{key}": v for key, v in scores(split, *kept(texts, labels, accepted)).items()}
        write(output, row)


def new_texts(
    split: Split, streams: dict[Any, list[str | None]], *, keep_copies: bool
) -> tuple[list[str], list[Any]]:
    """Return the candidates that are neither failed nor repeats of a row or of one another, and their labels."""
    seen = {fold_text(text) for text in split.X_train}
    texts, labels = [], []
    for label, stream in streams.items():
        for text in stream:
            if text is not None and (keep_copies or fold_text(text) not in seen):
                seen.add(fold_text(text))
                texts.append(text)
                labels.append(label)
    return texts, labels


def kept(texts: list[str], labels: list[Any], accepted: np.ndarray) -> tuple[list[str], list[Any]]:
    rows = np.flatnonzero(accepted)
    return [texts[i] for i in rows], [labels[i] for i in rows]


def novelty(split: Split, texts: list[str], labels: list[Any]) -> float | None:
    """Return the share of the words of candidates that no row of their class has."""
    words = TfidfVectorizer().build_analyzer()
    known: dict[Any, set[str]] = {}
    for text, label in zip(split.X_train, split.y_train, strict=True):
        known.setdefault(label, set()).update(words(text))
    written = [(word, label) for text, label in zip(texts, labels, strict=True) for word in words(text)]
    return (
        round(float(np.mean([word not in known[label] for word, label in written])), 3) if written else None
    )


def scores(split: Split, texts: list[str], labels: list[Any]) -> dict[str, float]:
    """Return macro accuracies of two classifiers on real and generated rows, as they are and logit-adjusted."""
    X = np.concatenate([split.X_train, np.array(texts, dtype=object)])
    y = np.concatenate([split.y_train, np.array(labels, dtype=object)])
    X_test, y_test = (
        np.concatenate(parts) for parts in [(split.X_valid, split.X_test), (split.y_valid, split.y_test)]
    )
    found = {}
    for name, features in {"tfidf": TfidfVectorizer(), "vectors": KnownTexts()}.items():
        model = make_pipeline(features, LogisticRegression(C=10.0, max_iter=2000))
        for kind, classifier in {"plain": model, "adjusted": LogitAdjustedClassifier(model)}.items():
            predicted = classifier.fit(X, y).predict(X_test)
            found[f"{name}_{kind}"] = round(100 * macro_accuracy(y_test, predicted), 2)
    return found


def write(output: Path, row: dict[str, Any]) -> None:
    with open(output, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(row, flush=True)


def make_table(path: Path) -> str:
    """Return tables in Markdown, one per task, with a row per generator."""
    rows = pd.DataFrame(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    from_folders = [name for makers in FROM_FOLDERS.values() for name in makers]
    order = ["none", *EDITS, *BY_RULES, *SENTENCES, *from_folders, *MODELS]
    return "\n\n".join(
        task_table(task, part.sort_values("generator", key=lambda names: names.map(order.index)))
        for task, part in rows.groupby("task", sort=False)
    )


def task_table(task: str, rows: pd.DataFrame) -> str:
    """Return the table of a task."""
    kinds = [(features, kind) for features in ("tfidf", "vectors") for kind in ("plain", "adjusted")]
    lines = [
        f"| `{task}` | new, of all | accepted, of new | new words | seconds | TF-IDF | + adjustment | vectors "
        "| + adjustment |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    base = rows.iloc[0]
    lines.append("| real rows | | | | | " + " | ".join(f"{base[f'{f}_{k}']:.1f}" for f, k in kinds) + " |")
    for _, row in rows.iloc[1:].iterrows():
        gains = [
            f"{row[f'all_{f}_{k}'] - base[f'{f}_{k}']:+.1f} / {row[f'accepted_{f}_{k}'] - base[f'{f}_{k}']:+.1f}"
            for f, k in kinds
        ]
        new = f"{row['n_new'] / row['n_candidates']:.0%}"
        taken = f"{row['n_accepted'] / row['n_new']:.0%}" if row["n_new"] else ""
        words = "" if pd.isna(row["novelty"]) else f"{row['novelty']:.0%} / {row['novelty_accepted']:.0%}"
        seconds = f"{row['fit_seconds'] + row['sample_seconds']:.0f}"
        lines.append(f"| {row['generator']} | {new} | {taken} | {words} | {seconds} | {' | '.join(gains)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
