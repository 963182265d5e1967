"""Time and memory over rows, classes, candidates and workers.

    python benchmarks/scale.py run --what rows classes candidates -o benchmarks/results/scale.jsonl
    python benchmarks/scale.py plot -o benchmarks/results/scale.jsonl docs/images/scale.png

Each setting has a process of its own, with one thread, so that its peak memory is its own. Times are seconds of the
processor: the machine may do other things besides. Texts are eleven made-up words, labels follow Zipf's law. The Markov
chain writes, word counts with naive Bayes judge; the smaller half of the classes get as many more rows as is asked for.

    rows        10,000 to 1,000,000 rows of 150 classes, 1,500 wanted
    classes     10 to 1,000 classes of 100,000 rows, about 1,500 wanted
    candidates  1,500 to 75,000 wanted, 100,000 rows of 150 classes
    model       1,000,000 rows of 150 classes: the embedded language model, one pass over 600 rows, 75 wanted
    workers     64 candidates of the embedded language model from one worker and from two; seconds of the clock too

The plot takes the seconds of one and two workers from rows that have a "part": the table of `speed.py --parts workers`
on a machine that did nothing else (benchmarks/NOTES.md).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

N_WORDS, WORDS_PER_TEXT = 20_000, 11
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "rows": [{"n_rows": n, "n_classes": 150, "n_wanted": 1500} for n in (10_000, 100_000, 1_000_000)],
    "classes": [{"n_rows": 100_000, "n_classes": n, "n_wanted": 1500} for n in (10, 150, 1000)],
    "candidates": [
        {"n_rows": 100_000, "n_classes": 150, "n_wanted": n} for n in (1500, 7500, 30_000, 75_000)
    ],
    "model": [{"n_rows": 1_000_000, "n_classes": 150, "n_wanted": 75}],
    "workers": [{"n_rows": 64, "n_classes": 2, "n_wanted": 64, "n_workers": n} for n in (1, 2)],
}


def make_rows(n_rows: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return texts whose words follow Zipf's law, three of each from the words of its class, and labels."""
    rng = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    often = 1 / np.arange(3, len(letters) + 3)
    words = np.array(
        ["".join(rng.choice(letters, rng.integers(2, 9), p=often / often.sum())) for _ in range(N_WORDS)],
        dtype=object,
    )
    share = 1 / np.arange(1, n_classes + 1)
    sizes = np.maximum(2, share / share.sum() * n_rows).astype(int)
    sizes[0] += n_rows - sizes.sum()
    classes = rng.permutation(np.repeat(np.arange(n_classes), sizes))
    frequency = np.cumsum(1 / np.arange(1, N_WORDS + 1))
    texts = np.empty(n_rows, dtype=object)
    for start in range(0, n_rows, 50_000):
        part = classes[start : start + 50_000]
        drawn = np.searchsorted(frequency, rng.random((len(part), WORDS_PER_TEXT)) * frequency[-1])
        drawn[:, :3] = (drawn[:, :3] + 137 * part[:, None]) % N_WORDS
        texts[start : start + 50_000] = [" ".join(row) for row in words[drawn]]
    return texts, np.array([f"class {c}" for c in range(n_classes)])[classes]


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure(what: str, setting: dict[str, Any]) -> dict[str, Any]:
    if what == "workers":
        return measure_workers(setting)
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline

    from skbalagen import BalaGenResampler, CausalLMGenerator

    X, y = make_rows(setting["n_rows"], setting["n_classes"])
    sizes = Counter(y.tolist())
    small = sorted(sizes, key=lambda label: sizes[label])[: setting["n_classes"] // 2]
    more = setting["n_wanted"] // len(small)
    is_model = what == "model"
    resampler = BalaGenResampler(
        sampling_strategy={label: sizes[label] + more for label in small},
        generator=CausalLMGenerator(epochs=1) if is_model else "markov-chain",
        labelers=None if is_model else [make_pipeline(CountVectorizer(), ComplementNB())],
        balance_training={"generator": "band", "labelers": "band", "max_rows": 600} if is_model else "both",
        generated_share=1.0,
        random_state=0,
    )
    before, start = peak_gb(), time.process_time()
    resampler.fit_resample(X, y)
    return {
        "cpu_seconds": round(time.process_time() - start, 1),
        "rows_gb": round(before, 2),
        "peak_gb": round(peak_gb(), 2),
        "rows_per_class": resampler.rows_per_class_,
        "n_candidates": len(resampler.candidates_),
        "n_generated": int(resampler.report_["n_generated"].sum()),
    }


def measure_workers(setting: dict[str, Any]) -> dict[str, Any]:
    from skbalagen import CausalLMGenerator
    from skbalagen.datasets import load_shop_intents

    X, y = load_shop_intents(split="train", return_X_y=True)
    some = np.flatnonzero(np.isin(y, np.unique(y)[:2]))[: setting["n_rows"]]
    generator = CausalLMGenerator(epochs=1, n_jobs=setting["n_workers"], random_state=0)
    generator.fit([X[i] for i in some], [y[i] for i in some])
    spans = {label: range(1, 33) for label in generator.classes_.tolist()}
    generator.sample(spans, random_state=1)
    start, cpu = time.perf_counter(), time.process_time()
    generator.sample(spans, random_state=0)
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "peak_gb": round(peak_gb(), 2),
    }


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 4, figsize=(11, 4.5), sharey="row", layout="constrained")
    for column, (what, name) in enumerate(
        [("rows", "n_rows"), ("classes", "n_classes"), ("candidates", "n_candidates")]
    ):
        points = sorted(
            (row[name], row["cpu_seconds"], row["peak_gb"]) for row in rows if row["what"] == what
        )
        x, seconds, memory = zip(*points, strict=True)
        for axis, values in zip(axes[:, column], (seconds, memory), strict=True):
            axis.loglog(x, values, "o-", color="C0")
            axis.grid(alpha=0.3)
        axes[1, column].set_xlabel(what)
    plot_workers(rows, *axes[:, 3])
    for axis, name, ticks in (
        (axes[0, 0], "seconds of the processor", [2, 5, 10, 20, 50]),
        (axes[1, 0], "peak memory, GB", [0.5, 1, 2]),
    ):
        axis.set_ylabel(name)
        axis.set_yticks(ticks, labels=map(str, ticks))
        axis.minorticks_off()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def plot_workers(rows: list[dict[str, Any]], seconds: Any, memory: Any) -> None:
    for number, part in enumerate(("sampling", "fine-tuning", "judging")):
        found = [row for row in rows if row["what"] == "workers" and row.get("part") == part]
        for axis, name in ((seconds, "seconds"), (memory, "peak_gb")):
            points = sorted((row["n_workers"], row[name]) for row in found if name in row)
            axis.loglog(
                *zip(*points, strict=True) if points else ([], []), "o-", color=f"C{number}", label=part
            )
    for axis in (seconds, memory):
        axis.set_xticks([1, 2], labels=["1", "2"])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    seconds.set_title("seconds of the clock", fontsize="medium")
    seconds.legend(fontsize="x-small")
    memory.set_xlabel("workers")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--what", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    run.add_argument("-o", "--output", type=Path, required=True)
    drawn = commands.add_parser("plot")
    drawn.add_argument("-o", "--output", type=Path, required=True)
    drawn.add_argument("figure", type=Path)
    one = commands.add_parser("one")  # in a process of its own
    one.add_argument("what")
    one.add_argument("setting", type=json.loads)
    options = parser.parse_args()
    if options.command == "plot":
        plot([json.loads(line) for line in options.output.read_text().splitlines()], options.figure)
    elif options.command == "one":
        import torch

        torch.set_num_threads(1)
        warnings.simplefilter("ignore")
        found = measure(options.what, options.setting)
        print(json.dumps({"what": options.what} | options.setting | found))
    else:
        for what in options.what:
            for setting in SETTINGS[what]:
                command = [sys.executable, __file__, "one", what, json.dumps(setting)]
                line = subprocess.run(
                    command, check=True, capture_output=True, text=True
                ).stdout.splitlines()[-1]
                print(line, flush=True)
                with open(options.output, "a", encoding="utf-8") as file:
                    file.write(line + "\n")


if __name__ == "__main__":
    main()
