"""How long a run is expected to take, and how long it then takes.

    python benchmarks/estimate.py shop --n-jobs 1 -o benchmarks/results/estimate.jsonl
    python benchmarks/estimate.py covidq_category.csv --n-jobs 1 -o benchmarks/results/estimate.jsonl

"shop" is the corpus of the demo with the demo's betas; other names are files in the folder that the environment
variable SKBALAGEN_DATA names, with beta_low=80 and beta_high=5 on an eighth of the rows. Without --n-jobs the language
model takes as many workers as it does by default. On a machine that does something else meanwhile, --clock cpu counts
the seconds that the processor spends on this process, for the estimate and for the run.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from skbalagen import BalaGenResampler, CausalLMGenerator
from skbalagen._utils import time_limit
from skbalagen.balagen.estimate import estimate
from skbalagen.datasets import load_csv, load_shop_intents


def read(name: str) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """Return texts, labels and betas."""
    if name == "shop":
        return *load_shop_intents(split="train", return_X_y=True), {"beta_low": 70, "beta_high": 30}
    X, y = load_csv(Path(os.environ["SKBALAGEN_DATA"], name), drop_empty=True)
    rows = np.sort(np.random.default_rng(0).permutation(len(y))[: len(y) // 8])
    sizes = dict(zip(*np.unique(y[rows], return_counts=True), strict=True))
    rows = np.array([i for i in rows if sizes[y[i]] > 1])
    return X[rows], y[rows], {"beta_low": 80, "beta_high": 5}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data")
    parser.add_argument("--n-jobs", type=int)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    X, y, betas = read(options.data)
    resampler = BalaGenResampler(
        **betas, generator=CausalLMGenerator(n_jobs=options.n_jobs), random_state=0
    ).fit(X, y)
    clock = {"wall": time.monotonic, "cpu": time.process_time}[options.clock]
    time_limit.time = SimpleNamespace(monotonic=clock)
    start = clock()
    expected = estimate(resampler, X, y, resampler.sampling_strategy_)
    measured = clock()
    resampler.fit_resample(X, y)
    seconds = clock() - measured
    row = {
        "data": options.data,
        "n_rows": len(y),
        "n_jobs": options.n_jobs,
        "clock": options.clock,
        "estimate_took": round(measured - start, 1),
        "expected": round(expected.seconds, 1),
        "took": round(seconds, 1),
        "ratio": round(expected.seconds / seconds, 2),
        "expected_parts": {k: round(float(v), 1) for k, v in expected._asdict().items()},
        "n_candidates": len(resampler.candidates_),
        "load": [round(load, 1) for load in os.getloadavg()],
    }
    with open(options.output, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(expected, row, sep="\n")


if __name__ == "__main__":
    main()
