"""What benchmarks/speed.py compares with: the obvious code for each part."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from speed_corpus import SEED, Corpus

from skbalagen import CausalLMGenerator
from skbalagen._torch.device import compute_dtype, resolve_device
from skbalagen.generators._lm_rows import class_prompts
from skbalagen.generators._lm_tokens import encode_rows
from skbalagen.models.catalog import MINILM, SMOLLM2
from skbalagen.models.fetch import local_path
from skbalagen.models.load import load_causal_lm
from skbalagen.models.quiet import quiet_transformers


def plain_fine_tuning(
    model: Any,
    batch: Callable[[np.ndarray], dict[str, torch.Tensor]],
    n_rows: int,
    *,
    epochs: int,
    learning_rate: float,
    seed: int,
) -> None:
    """Run the obvious loop of the references: float32, batches of 16 in random order, AdamW."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    model.train()
    for _ in range(epochs):
        order = np.random.default_rng(seed).permutation(n_rows)
        for start in range(0, n_rows, 16):
            model(**batch(order[start : start + 16])).loss.backward()
            optimizer.step()
            optimizer.zero_grad()


def fit_reference(corpus: Corpus, epochs: int) -> CausalLMGenerator:
    """Fine-tune all weights in float32 on D_S as it stands; return them in a generator, to sample with."""
    torch.manual_seed(SEED)
    generator = CausalLMGenerator(label_as_text=False, random_state=SEED)
    generator.classes_ = np.unique(corpus.y_balanced)
    generator.prompts_ = class_prompts(generator.classes_.tolist(), None)
    model, tokenizer = load_causal_lm(SMOLLM2)
    generator.model_, generator.tokenizer_ = model, tokenizer
    rows = list(zip(corpus.X_balanced, corpus.y_balanced, strict=True))
    sequences, n_prompt, _, generator.max_tokens_ = encode_rows(tokenizer, rows, generator.prompts_, "auto")

    def batch(rows: np.ndarray) -> dict[str, torch.Tensor]:
        width = max(len(sequences[r]) for r in rows)
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        labels = torch.full((len(rows), width), -100)
        mask = torch.zeros(len(rows), width, dtype=torch.long)
        for i, r in enumerate(rows):
            n = len(sequences[r])
            ids[i, :n] = torch.tensor(sequences[r])
            mask[i, :n] = 1
            labels[i, n_prompt[r] : n] = ids[i, n_prompt[r] : n]
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    plain_fine_tuning(model, batch, len(sequences), epochs=epochs, learning_rate=1e-4, seed=SEED)
    model.eval().requires_grad_(False)
    model.to(compute_dtype(resolve_device("cpu")))
    return generator


class PlainSampling:
    """The generator's model, sampled with transformers' `generate` in batches of class prompts."""

    def __init__(self, generator: CausalLMGenerator, batch_size: int) -> None:
        self.generator, self.batch_size = generator, batch_size

    def sample(self, spans: dict[Any, range], *, random_state: int) -> dict[Any, list[str | None]]:
        generator, tokenizer = self.generator, self.generator.tokenizer_
        tokenizer.padding_side = "left"
        torch.manual_seed(random_state)
        texts: dict[Any, list[str | None]] = {label: [] for label in spans}
        jobs = [label for label, span in spans.items() for _ in span]
        for start in range(0, len(jobs), self.batch_size):
            labels = jobs[start : start + self.batch_size]
            prompts = [f"{generator.prompts_[label]}:" for label in labels]
            batch = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
            out = generator.model_.generate(
                **batch,
                do_sample=True,
                top_p=generator.top_p,
                top_k=0,
                temperature=1.0,
                max_new_tokens=generator.max_tokens_,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )[:, batch["input_ids"].shape[1] :]
            for label, text in zip(
                labels, tokenizer.batch_decode(out, skip_special_tokens=True), strict=True
            ):
                texts[label].append(" ".join(text.split()) or None)
        return texts


def fit_three_encoders(corpus: Corpus, epochs: int) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    codes = np.unique(corpus.y_balanced, return_inverse=True)[1]
    for seed in range(3):
        torch.manual_seed(seed)
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(local_path(MINILM))
            model = AutoModelForSequenceClassification.from_pretrained(
                local_path(MINILM), num_labels=int(codes.max()) + 1
            )

        def batch(rows: np.ndarray, tokenizer: Any = tokenizer) -> dict[str, torch.Tensor]:
            texts = corpus.X_balanced[rows].tolist()
            tokens = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
            return {**tokens, "labels": torch.from_numpy(codes[rows])}

        plain_fine_tuning(model, batch, len(codes), epochs=epochs, learning_rate=5e-5, seed=seed)


def nlpaug_directly(corpus: Corpus, n: int) -> None:
    import nlpaug.augmenter.word as naw

    swap, delete = naw.RandomWordAug(action="swap", aug_p=0.1), naw.RandomWordAug(action="delete", aug_p=0.1)
    for i in range(n):
        (swap if i % 2 else delete).augment(corpus.X[i % len(corpus.X)])


def markovify_directly(corpus: Corpus, n: int) -> None:
    import markovify

    random.seed(SEED)
    chains = [
        markovify.NewlineText("\n".join(corpus.X[corpus.y == c]), state_size=2, well_formed=False)
        for c in np.unique(corpus.y)
    ]
    for i in range(n):
        chains[i % len(chains)].make_sentence(tries=10)
