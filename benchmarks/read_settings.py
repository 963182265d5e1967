"""How a language model's texts read by the settings that it samples with: temperature, and best_of.

    python benchmarks/read_settings.py draw MODELS --tasks clinc15_few covidq_category_few -o sample.jsonl
    python tools/read_sample.py judge sample.jsonl
    python benchmarks/read_settings.py table sample.jsonl

Models are those of benchmarks/second_opinion.py. Of each task and setting as many texts are drawn that are new, that the
rules let through, and that the labelers accept; in an order that says nothing of the settings, which are hidden.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from skbalagen import CausalLMGenerator, LabelerEnsemble, TextRules
from skbalagen._utils.text import fold_text, is_own_label
from skbalagen.balagen.leak_gate import KnownRows
from skbalagen.benchmark import TASKS, load_split

SETTINGS: dict[str, dict[str, Any]] = {
    "temperature 1": {"temperature": 1.0, "best_of": 1},
    "temperature 0.7": {"temperature": 0.7, "best_of": 1},
    "temperature 0.5": {"temperature": 0.5, "best_of": 1},
    "best of 4": {"temperature": 1.0, "best_of": 4},
}
QUESTIONS = ("fluent", "right", "new")
N_CANDIDATES = 120  # of a task and a setting, of all classes together
N_READ = 20


def accepted(task: str, models: Path) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Yield each setting with the texts that are accepted, their labels and the most similar rows of the class."""
    split = load_split(task, 0)
    labelers = LabelerEnsemble().fit(split.X_train, split.y_train)
    generator = CausalLMGenerator.load(models / task).set_params(n_jobs=1)
    rules = TextRules().learn(split.X_train, split.y_train, generator.count_tokens)
    classes = np.unique(split.y_train).tolist()
    spans = {label: range(1, 1 + N_CANDIDATES // len(classes)) for label in classes}
    rows = {label: split.X_train[split.y_train == label] for label in classes}
    for name, setting in SETTINGS.items():
        seen = {fold_text(text) for text in split.X_train}
        new = []
        for label, texts in generator.set_params(**setting).sample(spans, random_state=0).items():
            for text in texts:
                if text and fold_text(text) not in seen and not is_own_label(text, label):
                    new.append((text, label))
                    seen.add(fold_text(text))
        texts, labels = map(list, zip(*new, strict=True))
        fine = [not reason for reason in rules.reasons(texts, labels)] & labelers.judge(texts, labels)[2]
        yield (
            name,
            [
                (text, label, str(rows[label][KnownRows(rows[label]).near_duplicate_of([text], 1e-9)[0]]))
                for (text, label), ok in zip(new, fine, strict=True)
                if ok
            ],
        )


def draw(tasks: list[str], models: Path) -> list[dict[str, Any]]:
    """Return texts to be read, mixed."""
    rng = np.random.default_rng(0)
    items = []
    for task in tasks:
        for name, texts in accepted(task, models):
            hidden = {"real": False, "reason": "", "setting": name, "n_accepted": len(texts)}
            for i in rng.permutation(len(texts))[:N_READ].tolist():
                text, label, nearest = texts[i]
                items.append(
                    {"task": task, "label": label, "text": text, "nearest": nearest, "hidden": hidden}
                )
    return [items[i] | {"number": number} for number, i in enumerate(rng.permutation(len(items)).tolist())]


def make_table(items: list[dict[str, Any]]) -> str:
    """Return a table in Markdown: shares of each answer by setting."""
    lines = ["| Setting | read | fluent | right | new | all three |", "|---|---|---|---|---|---|"]
    for name in SETTINGS:
        judged = [item["judged"] for item in items if item["hidden"]["setting"] == name]
        shares = [np.mean([answer[question] for answer in judged]) for question in QUESTIONS]
        shares.append(np.mean([all(answer.values()) for answer in judged]))
        lines.append(f"| {name} | {len(judged)} | " + " | ".join(f"{100 * s:.0f} %" for s in shares) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw", help="draw texts")
    drawing.add_argument("models", type=Path)
    drawing.add_argument("--tasks", nargs="+", choices=list(TASKS), required=True)
    drawing.add_argument("-o", "--output", type=Path, required=True)
    showing = commands.add_parser("table", help="print the shares")
    showing.add_argument("sample", type=Path)
    options = parser.parse_args()
    if options.command == "draw":
        warnings.simplefilter("ignore")
        lines = [json.dumps(item) + "\n" for item in draw(options.tasks, options.models)]
        options.output.write_text("".join(lines), encoding="utf-8")
    else:
        print(
            make_table([json.loads(line) for line in options.sample.read_text(encoding="utf-8").splitlines()])
        )


if __name__ == "__main__":
    main()
