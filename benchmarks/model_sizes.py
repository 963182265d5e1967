"""Memory and time of a language model by how it is used: all weights trained, low-rank adapters, or prompts alone.

    for use in low-rank full prompt; do
        python benchmarks/model_sizes.py $use -o benchmarks/results/model_sizes.jsonl
    done
    python benchmarks/model_sizes.py --table benchmarks/results/model_sizes.jsonl

One thread; one pass over 128 rows of banking15_few (SKBALAGEN_DATA names the folder of the CSV files), then 64
candidates. Memory is the peak of the process, so each use needs its own. `--model` names another model; the table carries
the figures over to larger models in proportion to their parameters: these are estimates.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import warnings
from pathlib import Path

import torch

from skbalagen import CausalLMGenerator, PromptGenerator
from skbalagen.benchmark import load_split
from skbalagen.models.catalog import SMOLLM2

# Millions of parameters, as their authors give them.
LARGER = {
    "SmolLM2-360M": 362,
    "Qwen2.5-0.5B": 494,
    "Qwen2.5-1.5B": 1544,
    "SmolLM2-1.7B": 1711,
}
USES = ("low-rank", "full", "prompt")
# Bytes per parameter: trained weights are float32 beside a gradient and two moments; frozen ones are in the dtype that
# the processor multiplies.
TRAINED = 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("use", choices=USES, nargs="?")
    parser.add_argument("--model", default=SMOLLM2)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    if options.table is not None:
        print(make_table(options.table))
        return
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    row = measure(options.use, options.model)
    with open(options.output, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(row)


def measure(use: str, model: str) -> dict[str, object]:
    """Return what one use of a model takes."""
    split = load_split("banking15_few", 0)
    X, y = split.X_train[:128], split.y_train[:128]
    start = time.process_time()
    generator: CausalLMGenerator | PromptGenerator
    if use == "prompt":
        generator = PromptGenerator(model=model, n_jobs=1).fit(X, y)
        parameters = list(generator._model.parameters())
    else:
        rank, rate = (None, 1e-4) if use == "full" else (16, 1e-3)
        generator = CausalLMGenerator(
            model=model, lora_rank=rank, learning_rate=rate, epochs=1, n_jobs=1, random_state=0
        ).fit(X, y)
        parameters = list(generator.model_.parameters())
    fitted = time.process_time()
    generator.sample({generator.classes_[0]: range(1, 65)}, random_state=0)
    return {
        "model": Path(model).name,
        "use": use,
        "parameters": sum(parameter.numel() for parameter in parameters),
        "dtype": str(parameters[0].dtype).removeprefix("torch."),
        "fit_cpu_seconds": round(fitted - start, 1),
        "sample_cpu_seconds": round(time.process_time() - fitted, 1),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def make_table(path: Path) -> str:
    """Return a table in Markdown: what was measured, and estimates for larger models."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = ["| Model | Use | Memory | A pass over 128 rows | 64 candidates |", "|---|---|---|---|---|"]
    for row in rows:
        seconds, sampled = (float(row[f"{part}_cpu_seconds"]) for part in ("fit", "sample"))
        lines.append(
            f"| {row['model']}, measured | {row['use']} | {row['peak_gb']:.1f} GB | {passed(row, seconds)} "
            f"| {sampled:.0f} s |"
        )
    measured = {row["use"]: row for row in rows if row["model"] == SMOLLM2}
    for name, millions in LARGER.items():
        for use, row in measured.items():
            factor = millions * 1e6 / row["parameters"]
            memory = row["peak_gb"] + (millions * 1e6 - row["parameters"]) * bytes_of(row) / 2**30
            seconds, sampled = (factor * row[f"{part}_cpu_seconds"] for part in ("fit", "sample"))
            lines.append(
                f"| {name}, estimated | {use} | {memory:.0f} GB | {passed(row, seconds)} | {sampled:.0f} s |"
            )
    return "\n".join(lines)


def bytes_of(row: dict[str, object]) -> int:
    """Return the bytes per parameter of a use."""
    if row["use"] == "full":
        return TRAINED
    return 2 if row["dtype"] == "bfloat16" else 4


def passed(row: dict[str, object], seconds: float) -> str:
    return "" if row["use"] == "prompt" else f"{seconds:.0f} s"


if __name__ == "__main__":
    main()
