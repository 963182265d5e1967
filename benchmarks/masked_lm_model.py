"""Make a masked language model of the embedded sentence encoder, for machines without a hub.

    python benchmarks/masked_lm_model.py FOLDER -o benchmarks/results/masked_lm_model.jsonl
    SKBALAGEN_MASKED_LM=FOLDER python benchmarks/generators.py -o benchmarks/results/generators.jsonl

The encoder gets a new head over its own word embeddings, and both are trained to fill in masked words: of comments
(goemotions.csv), of passages (newsgroups.csv; training rows of both, in the folder that SKBALAGEN_DATA names) and of the
example sentences of WordNet. No row of the three tasks that the generator is scored on is among them. One thread, some
ten minutes. The row of the results has the perplexity of masked tokens of test rows of the first two files. It is a
makeshift: BERT itself has read some thousand times as much.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from long_texts import passages_of
from transformers import AutoTokenizer, BertForMaskedLM

from skbalagen._torch.trainer import fine_tune
from skbalagen.datasets import load_csv
from skbalagen.models import MINILM, WORDNET, local_path

N_TEXTS, N_HELD_OUT = 20_000, 1000
MAX_TOKENS, BATCH_SIZE, LEARNING_RATE = 48, 32, 3e-4
MASK_SHARE = 0.15
_EXAMPLE = re.compile(r'"([^"]{20,})"')


def texts_of(split: str) -> list[str]:
    """Return comments and passages of the rows of a split."""
    comments, passages = (
        load_csv(Path(os.environ["SKBALAGEN_DATA"], name), label=label, split=split, drop_empty=True)[0]
        for name, label in (("goemotions.csv", "labels"), ("newsgroups.csv", "label"))
    )
    return [*comments.tolist(), *(part for text in passages.tolist() for part in passages_of(text))]


def examples_of_wordnet() -> list[str]:
    """Return the example sentences of its entries."""
    files = [Path(local_path(WORDNET), f"data.{part}") for part in ("noun", "verb", "adj")]
    return [text for file in files for text in _EXAMPLE.findall(file.read_text(encoding="utf-8"))]


class Filler:
    """The encoder with a head, and the loss of filling in masked tokens."""

    def __init__(self, rng: np.random.Generator) -> None:
        path = local_path(MINILM)
        torch.manual_seed(0)
        self.tokenizer = AutoTokenizer.from_pretrained(path)
        self.model: Any = BertForMaskedLM.from_pretrained(path, use_safetensors=True)
        self.rng = rng

    def tokens(self, texts: list[str]) -> list[list[int]]:
        return self.tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]

    def loss(self, rows: list[list[int]]) -> torch.Tensor:
        """Return the mean loss of the masked tokens; new ones each time."""
        ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        seen = torch.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)], seen[i, : len(row)] = torch.tensor(row), 1
        special = torch.isin(ids, torch.tensor(self.tokenizer.all_special_ids))
        masked = torch.from_numpy(self.rng.random(ids.shape) < MASK_SHARE) & ~special
        masked[0, 1] = True  # one at least
        hidden = self.model.bert(
            input_ids=ids.masked_fill(masked, self.tokenizer.mask_token_id), attention_mask=seen
        ).last_hidden_state
        return torch.nn.functional.cross_entropy(self.model.cls(hidden[masked]).float(), ids[masked])

    def perplexity(self, rows: list[list[int]]) -> float:
        """Return that of masked tokens."""
        self.rng = np.random.default_rng(0)
        self.model.eval()
        with torch.inference_mode():
            losses = [float(self.loss(rows[i : i + BATCH_SIZE])) for i in range(0, len(rows), BATCH_SIZE)]
        return round(math.exp(float(np.mean(losses))), 1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--n-texts", type=int, default=N_TEXTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    filler = Filler(rng)
    texts = texts_of("train") + examples_of_wordnet()
    chosen = rng.permutation(len(texts))[: options.n_texts].tolist()
    rows = filler.tokens([texts[i] for i in chosen])
    unseen = texts_of("test")
    held_out = filler.tokens([unseen[i] for i in rng.permutation(len(unseen))[:N_HELD_OUT].tolist()])
    start = time.thread_time()
    head = {id(p): 3.0 for p in filler.model.cls.predictions.transform.parameters()}
    history = fine_tune(
        filler.model,
        lambda part: filler.loss([rows[i] for i in part]),
        [len(row) for row in rows],
        draws=lambda _: np.arange(len(rows)),
        epochs=1,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        faster=head,
        tokens_at_once=BATCH_SIZE * MAX_TOKENS,
        rng=rng,
        verbose=1,
    )
    row = {
        "n_texts": len(rows),
        "n_tokens": sum(map(len, rows)),
        "n_steps": history.n_steps,
        "cpu_seconds": round(time.thread_time() - start),
        "perplexity": filler.perplexity(held_out),
    }
    filler.model.save_pretrained(options.folder)
    filler.tokenizer.save_pretrained(options.folder)
    with open(options.output, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(row)


if __name__ == "__main__":
    main()
