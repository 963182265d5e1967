"""What long texts cost the language model, and whether its candidates come to an end after a usual fit.

    python benchmarks/long_texts.py cost --max-tokens 128 -o benchmarks/results/long_texts.jsonl
    python benchmarks/long_texts.py passages -o benchmarks/results/long_texts.jsonl

The environment variable SKBALAGEN_DATA names the folder of newsgroups.csv and goemotions.csv. One thread. Memory is the
peak of the process, so each row of the results needs a process of its own.

    cost       16 documents of more than 400 words, one pass of fine-tuning: memory and time only
    documents  40 documents of each of two newsgroups as they are, the usual fit
    passages   40 passages of each of two newsgroups: as many whole sentences as have up to 60 words
    messages   40 comments of 15 to 30 words of each of four emotions

Then 64 candidates per class.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from skbalagen import CausalLMGenerator
from skbalagen.datasets import load_csv

Rows = tuple[list[str], list[str]]
N_CANDIDATES = 64
WORDS_PER_PASSAGE = 60


def read(name: str, **columns: str) -> tuple[np.ndarray, np.ndarray]:
    return load_csv(Path(os.environ["SKBALAGEN_DATA"], name), **columns)


def first_rows(texts: list[str], labels: list[str], classes: list[str], n: int) -> Rows:
    """Return the first n rows of each class."""
    kept = [(c, [t for t, label in zip(texts, labels, strict=True) if label == c][:n]) for c in classes]
    return [t for _, rows in kept for t in rows], [c for c, rows in kept for _ in rows]


def passages_of(document: str) -> list[str]:
    """Cut a document behind sentences into passages of up to 60 words; longer sentences are left out."""
    passages, words = [], []
    for sentence in re.split(r"(?<=[.!?])\s+", document):
        more = sentence.split()
        if len(words) + len(more) > WORDS_PER_PASSAGE:
            passages.append(" ".join(words))
            words = []
        words += more if len(more) <= WORDS_PER_PASSAGE else []
    return [p for p in [*passages, " ".join(words)] if len(p.split()) >= WORDS_PER_PASSAGE // 3]


def cost() -> Rows:
    X, _ = read("newsgroups.csv")
    documents = [text for text in X.tolist() if len(text.split()) > 400][:16]
    return documents, ["news"] * len(documents)


def documents() -> Rows:
    X, y = read("newsgroups.csv")
    return first_rows(X.tolist(), y.tolist(), ["rec.autos", "sci.med"], 40)


def passages() -> Rows:
    X, y = read("newsgroups.csv")
    cut = [
        (p, label) for text, label in zip(X.tolist(), y.tolist(), strict=True) for p in passages_of(text)[:1]
    ]
    return first_rows(*map(list, zip(*cut, strict=True)), ["rec.autos", "sci.med"], 40)


def messages() -> Rows:
    X, y = read("goemotions.csv", label="labels")
    some = [(t, c) for t, c in zip(X.tolist(), y.tolist(), strict=True) if 15 <= len(t.split()) <= 30]
    return first_rows(*map(list, zip(*some, strict=True)), ["anger", "gratitude", "curiosity", "fear"], 40)


CASES: dict[str, Callable[[], Rows]] = {f.__name__: f for f in (cost, documents, passages, messages)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--max-tokens", type=int)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    X, y = CASES[options.case]()
    start = time.process_time()
    generator = CausalLMGenerator(
        max_tokens=options.max_tokens or "auto",
        epochs=1 if options.case == "cost" else 3,
        random_state=0,
        label_as_text=False,
    ).fit(X, y)
    fitted = time.process_time()
    spans = {label: range(N_CANDIDATES) for label in generator.classes_.tolist()}
    texts = [text for stream in generator.sample(spans, random_state=0).values() for text in stream]
    row = {
        "case": options.case,
        "max_tokens": generator.max_tokens_,
        "n_rows": len(X),
        "words_per_row": round(float(np.mean([len(text.split()) for text in X])), 1),
        "cut_share": round(generator.cut_share_, 2),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "fit_cpu_seconds": round(fitted - start, 1),
        "candidates_cpu_seconds": round(time.process_time() - fitted, 1),
        "n_candidates": len(texts),
        "n_failed": sum(text is None for text in texts),
    }
    with open(options.output, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(row)
    for text in texts[:: len(texts) // 8]:
        print(repr(text))


if __name__ == "__main__":
    main()
