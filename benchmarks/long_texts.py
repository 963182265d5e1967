"""Memory and time of the language model on long documents, for one value of `max_tokens`.

    python benchmarks/long_texts.py 128 -o benchmarks/results/long_texts.jsonl

The environment variable SKBALAGEN_DATA names the folder of newsgroups.csv. One thread; one pass of fine-tuning on 16
documents of more than 400 words, then 64 candidates. Memory is the peak of the process, so each value needs its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
import warnings
from pathlib import Path

import torch

from skbalagen import CausalLMGenerator
from skbalagen.datasets import load_csv


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("max_tokens", type=int)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    X, _ = load_csv(Path(os.environ["SKBALAGEN_DATA"], "newsgroups.csv"))
    documents = [text for text in X.tolist() if len(text.split()) > 400][:16]
    start = time.process_time()
    generator = CausalLMGenerator(
        max_tokens=options.max_tokens, epochs=1, random_state=0, label_as_text=False
    ).fit(documents, ["news"] * len(documents))
    fitted = time.process_time()
    texts = generator.sample({"news": range(64)}, random_state=0)["news"]
    row = {
        "max_tokens": options.max_tokens,
        "n_documents": len(documents),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "pass_cpu_seconds": round(fitted - start, 1),
        "candidates_cpu_seconds": round(time.process_time() - fitted, 1),
        "n_failed": sum(text is None for text in texts),
    }
    with open(options.output, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(row)


if __name__ == "__main__":
    main()
