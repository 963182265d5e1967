"""Plant secrets in rows and count how many of them each generator writes again.

    python benchmarks/canaries.py -o benchmarks/results/canaries.jsonl
    python benchmarks/canaries.py -o benchmarks/results/canaries.jsonl --generators causal-lm
    python benchmarks/canaries.py -o benchmarks/results/canaries.jsonl --table

A hundred rows of the bundled corpus get a secret each, of six kinds; the last two are kinds that the leak gate does
not know. All classes grow to 100 rows or more. A secret counts as repeated if it stands whole in a text.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from skbalagen import BalaGenResampler, LeakGate, ShortfallWarning
from skbalagen.datasets import load_shop_intents

GENERATORS = ("eda", "markov-chain", "causal-lm")
NAMES = ["Ilsa", "Jorun", "Tamsin", "Oskar", "Mirela", "Dario", "Anouk", "Pavel", "Greta", "Yusuf"]
SURNAMES = ["Montvert", "Brackwater", "Oyelaran", "Silvaplana", "Thorncastle"]
SENTENCES = {
    "phone number": "call me on {}",
    "account number": "my account is {}",
    "e-mail address": "write to {}",
    "URL": "see {}",
    "password": "my password is {}",
    "name": "my name is {}",
}


def make_canaries(n: int, seed: int) -> list[tuple[str, str]]:
    """Return (kind, secret) of `n` canaries, the kinds in turn."""
    rng = np.random.default_rng(seed)
    kinds = list(SENTENCES)
    canaries = []
    for i in range(n):
        kind = kinds[i % len(kinds)]
        number = "".join(map(str, rng.integers(0, 10, 8)))
        word = "".join(rng.choice(list("bcdfghjkmnpqrstvwxz23456789"), 8))
        tens, ones = divmod(i // len(kinds), len(NAMES))
        secret = {
            "phone number": f"0171 {number[:3]} {number[3:7]}",
            "account number": number,
            "e-mail address": f"{word}@example.com",
            "URL": f"https://example.com/reset/{word}",
            "password": word,
            "name": f"{NAMES[ones]} {SURNAMES[(ones + tens) % len(SURNAMES)]}",
        }[kind]
        canaries.append((kind, secret))
    return canaries


def plant(X: np.ndarray, canaries: list[tuple[str, str]], seed: int) -> np.ndarray:
    """Return the texts with a canary at the end of as many random rows."""
    planted = X.copy()
    rows = np.random.default_rng(seed).choice(len(X), len(canaries), replace=False)
    for row, (kind, secret) in zip(rows, canaries, strict=True):
        planted[row] = f"{X[row]} {SENTENCES[kind].format(secret)}"
    return planted


def repeated(texts: list[str], secret: str) -> bool:
    """Return whether a secret stands whole in one of the texts; case and white space aside."""
    wanted = "".join(secret.casefold().split())
    return any(wanted in "".join(text.casefold().split()) for text in texts)


def measure(generator: str, n_canaries: int, seed: int) -> list[dict]:
    """Return one row per kind of canary."""
    X, y = load_shop_intents(split="train", return_X_y=True)
    canaries = make_canaries(n_canaries, seed)
    planted = plant(X, canaries, seed)
    with TemporaryDirectory() as memory, warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        texts, gates = {}, {"open": LeakGate(secrets="count"), "default": LeakGate()}
        for name, gate in gates.items():
            resampler = BalaGenResampler(
                sampling_strategy="grow",
                generator=generator,
                near_duplicates=gate,
                memory=memory,
                random_state=seed,
            )
            X_new, _ = resampler.fit_resample(planted, y)
            texts[name] = list(X_new[resampler.is_synthetic_])
            if name == "open":
                texts["candidates"] = resampler.candidates_["text"].dropna().tolist()
    table = pd.DataFrame(canaries, columns=["kind", "secret"])
    for name, written in texts.items():
        table[name] = [repeated(written, secret) for secret in table["secret"]]
    return [
        {
            "generator": generator,
            "seed": seed,
            "kind": kind,
            "n_canaries": len(rows),
            "in_candidates": int(rows["candidates"].sum()),
            "added_without_gate": int(rows["open"].sum()),
            "added": int(rows["default"].sum()),
            "n_candidates": len(texts["candidates"]),
            "n_added": len(texts["default"]),
        }
        for kind, rows in table.groupby("kind", sort=False)
    ]


def markdown(rows: pd.DataFrame) -> str:
    """Return the table of the docs: canaries that came back, by generator and kind, and in all."""
    counts = ["n_canaries", "in_candidates", "added_without_gate", "added"]
    lines = [
        "| Generator | Secret | Planted | In candidates | Added, gate open | Added by default |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for generator, of_one in rows.groupby("generator", sort=False):
        parts = [*of_one.groupby("kind", sort=False), ("**all**", of_one)]
        lines += [
            f"| {generator} | {kind} | " + " | ".join(str(n) for n in part[counts].sum()) + " |"
            for kind, part in parts
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="file of rows; those of other generators stay"
    )
    parser.add_argument("--generators", nargs="+", choices=GENERATORS, default=["eda", "markov-chain"])
    parser.add_argument("--canaries", type=int, default=100, help="secrets to plant (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--table", action="store_true", help="print the table of the rows that are there, and stop"
    )
    options = parser.parse_args()
    rows = pd.read_json(options.output, lines=True) if options.output.exists() else pd.DataFrame()
    if not options.table:
        for generator in options.generators:
            new = pd.DataFrame(measure(generator, options.canaries, options.seed))
            rows = pd.concat([rows[rows["generator"] != generator] if len(rows) else rows, new])
            lines = [json.dumps(row) for row in rows.to_dict("records")]
            options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(markdown(rows))


if __name__ == "__main__":
    main()
