"""Draw texts for a blind reading, and turn judgements into figures: ``python tools/read_sample.py draw ...``.

    python tools/read_sample.py draw POOLS --tasks clinc15_few covidq_few --out sample.jsonl
    python tools/read_sample.py judge sample.jsonl
    python tools/read_sample.py figures sample.jsonl
    python tools/read_sample.py publish sample.jsonl --out read_sample.jsonl

``draw`` reads candidates that labelers accept from pools (benchmarks/make_pools.py), a like number of each task, and
mixes held-out real rows in as controls. It writes one JSON object a line: what the reader is shown, and under "hidden"
where it comes from. ``judge`` shows the texts one at a time, with the label and the row of the class that is nearest,
and asks for three letters, y or n each:

- fluent: could a person have written it, typing errors aside;
- right: is the label right;
- new: does it say what no shown row says, rather than repeat one with a word changed.

It takes them from a terminal, or from a file of lines "number letters" with ``--answers``, and goes on where it was
stopped. ``figures`` prints the shares with 95 % intervals (Wilson): of texts that the rules let through, of all
accepted ones, of controls, and of those that each rule refuses. ``publish`` writes the judgements without the real rows,
which are not ours to publish.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["ask", "draw", "figures", "main", "publishable", "read_answers", "wilson"]

QUESTIONS = ("fluent", "right", "new")
WEIGHTS = np.array([1.0, 1.0, 4.0]) / 6  # of the default labelers
MARGINS = (0.0, 0.2)


def wilson(n_yes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson interval of a share.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    if not n:
        return 0.0, 1.0
    share, shrink = n_yes / n, 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrink
    return max(0.0, centre - half), min(1.0, centre + half)


def draw(
    pools: Path, tasks: Sequence[str], seed: int, n: int, n_controls: int, n_refused: int = 0
) -> list[dict[str, Any]]:
    """Return the texts of a reading in an order that says nothing of where they come from.

    Parameters
    ----------
    pools : Path
        Folder of pools, TASK-SEED.npz.
    tasks : sequence of str
        As in skbalagen.benchmark.TASKS.
    seed : int
        Of the pools and of the draw.
    n, n_controls : int
        Accepted texts and real rows. Of the accepted texts, as many are drawn that `n` of them pass the rules.
    n_refused : int, default=0
        Further accepted texts that a rule refuses.
    """
    from skbalagen.benchmark import load_split

    rng = np.random.default_rng(seed)
    items: list[dict[str, Any]] = []
    shares = (_split(total, len(tasks)) for total in (n, n_controls, n_refused))
    for task, share, controls, extra in zip(tasks, *shares, strict=True):
        split = load_split(task, seed)
        texts, labels, margin = _accepted(pools / f"{task}-{seed}.npz", split)
        reason = _reasons(split, texts, labels)
        order = rng.permutation(len(texts)).tolist()
        drawn = order[: int(np.searchsorted(np.cumsum([reason[i] == "" for i in order]), share)) + 1]
        refused = [i for i in order[len(drawn) :] if reason[i]][:extra]
        for rank, i in enumerate([*drawn, *refused]):
            hidden = {"real": False, "reason": reason[i], "margin": round(float(margin[i]), 3)}
            items.append(_item(task, texts[i], labels[i], split, hidden | {"unfiltered": rank < share}))
        for i in rng.permutation(len(split.y_test))[:controls].tolist():
            hidden = {"real": True, "reason": ""}
            items.append(_item(task, str(split.X_test[i]), split.y_test[i], split, hidden))
    return [items[i] | {"number": number} for number, i in enumerate(rng.permutation(len(items)).tolist())]


def _split(total: int, n_parts: int) -> list[int]:
    return [total // n_parts + (part < total % n_parts) for part in range(n_parts)]


def _accepted(path: Path, split: Any) -> tuple[list[str], list[str], np.ndarray]:
    """Return the new texts that the labelers accept, their labels, and their margins."""
    from skbalagen._utils.text import fold_text, is_own_label

    with np.load(path) as file:
        texts, labels, classes = (file[name].astype(object) for name in ("texts", "labels", "classes"))
        mean = np.tensordot(WEIGHTS, file["proba"].astype(np.float32), axes=1)
    rows, own = np.arange(len(labels)), np.searchsorted(classes, labels)
    wanted = mean[rows, own]
    mean[rows, own] = 0
    margin = wanted - mean.max(axis=1)
    seen = {fold_text(text) for text in split.X_train}
    kept = []
    for i, text in enumerate(texts.tolist()):
        if (
            fold_text(text)
            and fold_text(text) not in seen
            and margin[i] >= 0
            and not is_own_label(text, labels[i])
        ):
            kept.append(i)
        seen.add(fold_text(text))
    return texts[kept].tolist(), labels[kept].tolist(), margin[kept]


def _reasons(split: Any, texts: list[str], labels: list[str]) -> list[str]:
    """Return why the default rules refuse each text, "" for those that they let through."""
    from transformers import AutoTokenizer

    from skbalagen import TextRules
    from skbalagen.generators._lm_scores import token_counts
    from skbalagen.models.catalog import SMOLLM2
    from skbalagen.models.fetch import local_path

    tokenizer = AutoTokenizer.from_pretrained(local_path(SMOLLM2))
    rules = TextRules().learn(split.X_train, split.y_train, lambda words: token_counts(tokenizer, words))
    return rules.reasons(texts, labels)


def _item(task: str, text: str, label: str, split: Any, hidden: dict[str, Any]) -> dict[str, Any]:
    return {
        "task": task,
        "label": str(label),
        "text": text,
        "nearest": _nearest(text, label, split),
        "hidden": hidden,
    }


def _nearest(text: str, label: str, split: Any) -> str:
    """Return the training row of the class that shares most letter triples with a text."""
    from skbalagen.balagen.leak_gate import KnownRows

    rows = split.X_train[split.y_train == label]
    return str(rows[KnownRows(rows).near_duplicate_of([text], 1e-9)[0]])


def read_answers(lines: Iterable[str]) -> dict[int, dict[str, bool]]:
    """Return the judgements of lines "number letters", letters y or n for fluent, right and new.

    Raises
    ------
    ValueError
        A line of another form.

    Examples
    --------
    >>> read_answers(["3 yyn"])
    {3: {'fluent': True, 'right': True, 'new': False}}
    """
    answers = {}
    for line in filter(None, (line.split("#")[0].strip() for line in lines)):
        number, _, letters = line.partition(" ")
        letters = letters.strip().lower()
        if not number.isdecimal() or len(letters) != len(QUESTIONS) or set(letters) - {"y", "n"}:
            raise ValueError(
                f"a line of answers must be a number and {len(QUESTIONS)} letters y or n, such as '3 yyn', got {line!r}. "
                "Correct it."
            )
        answers[int(number)] = {name: letter == "y" for name, letter in zip(QUESTIONS, letters, strict=True)}
    return answers


def ask(items: list[dict[str, Any]], lines: Iterable[str]) -> int:
    """Show the texts that are not judged yet and put the answers of `lines` in; return how many were judged."""
    n_judged, lines = 0, iter(lines)
    for item in items:
        if "judged" in item:
            continue
        print(f"\n{item['number']} [{item['label']}]\n  {item['text']}\n  nearest row: {item['nearest']}")
        print(f"  {'/'.join(QUESTIONS)}? ", end="", flush=True)
        line = next(lines, "").strip()
        if not line:
            break
        item["judged"] = read_answers([f"0 {line}"])[0]
        n_judged += 1
    return n_judged


def figures(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each group of judged texts, how many there are and the share of each answer with its interval."""
    made = [item for item in items if not item["hidden"]["real"]]
    fine = [item for item in made if not item["hidden"]["reason"]]
    groups = {
        "accepted": [item for item in made if item["hidden"]["unfiltered"]],
        "accepted, rules": fine,
        **{
            f"accepted, rules, margin {margin}": [item for item in fine if item["hidden"]["margin"] >= margin]
            for margin in MARGINS
            if margin
        },
        "real rows": [item for item in items if item["hidden"]["real"]],
        **{
            f"refused by {rule!r}": [item for item in made if item["hidden"]["reason"] == rule]
            for rule in sorted({item["hidden"]["reason"] for item in made} - {""})
        },
        "margin below 0.2": [item for item in fine if item["hidden"]["margin"] < 0.2],
    }
    return [
        {"group": name, **_shares([item["judged"] for item in group if "judged" in item])}
        for name, group in groups.items()
    ]


def _shares(judged: Sequence[dict[str, bool]]) -> dict[str, Any]:
    answers: dict[str, list[bool]] = {name: [answer[name] for answer in judged] for name in QUESTIONS}
    answers["fluent and right"] = [answer["fluent"] and answer["right"] for answer in judged]
    answers["all three"] = [all(answer.values()) for answer in judged]
    shares: dict[str, Any] = {"n": len(judged)}
    for name, yes in answers.items():
        low, high = wilson(sum(yes), len(yes))
        shares[name] = {
            "share": round(float(np.mean(yes)), 3) if yes else None,
            "low": round(low, 3),
            "high": round(high, 3),
        }
    return shares


def publishable(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items without real rows: neither as the nearest row nor as the text of a control."""
    return [
        {name: value for name, value in item.items() if name != "nearest"}
        | ({"text": None} if item["hidden"]["real"] else {})
        for item in items
    ]


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _write(path: Path, items: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw", help="draw texts")
    drawing.add_argument("pools", type=Path)
    drawing.add_argument("--tasks", nargs="+", required=True)
    drawing.add_argument("--seed", type=int, default=0)
    drawing.add_argument("--n", type=int, default=100, help="texts that pass the rules")
    drawing.add_argument("--controls", type=int, default=30, help="real rows")
    drawing.add_argument("--refused", type=int, default=0, help="further texts that a rule refuses")
    drawing.add_argument("--out", type=Path, required=True)
    judging = commands.add_parser("judge", help="judge them")
    judging.add_argument("sample", type=Path)
    judging.add_argument("--answers", type=Path, help="file of lines 'number letters'")
    publishing = commands.add_parser("publish", help="leave out real rows")
    publishing.add_argument("sample", type=Path)
    publishing.add_argument("--out", type=Path, required=True)
    showing = commands.add_parser("figures", help="print the figures")
    showing.add_argument("sample", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "draw":
        drawn = (options.tasks, options.seed, options.n, options.controls, options.refused)
        _write(options.out, draw(options.pools, *drawn))
    elif options.command == "judge":
        items = _read(options.sample)
        if options.answers:
            answers = read_answers(options.answers.read_text(encoding="utf-8").splitlines())
            items = [
                item | ({"judged": answers[item["number"]]} if item["number"] in answers else {})
                for item in items
            ]
        else:
            ask(items, sys.stdin)
        _write(options.sample, items)
    elif options.command == "publish":
        _write(options.out, publishable(_read(options.sample)))
    else:
        for row in figures(_read(options.sample)):
            shares = "  ".join(
                f"{name} {cell['share']:.0%} ({cell['low']:.0%}-{cell['high']:.0%})"
                for name, cell in row.items()
                if isinstance(cell, dict) and cell["share"] is not None
            )
            print(f"{row['group']:28} n={row['n']:<4} {shares}")


if __name__ == "__main__":
    main()
