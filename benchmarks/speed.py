"""Time each part against a reference in the same run: same model, texts and seed, alternating, medians.

    python benchmarks/speed.py [--quick] [--every N] [--parts finetune sample ...] [-o results.json]

References: the obvious fine-tuning loop (float32, rows of D_S copied as they stand, padded batches of 16, AdamW);
``model.generate`` in batches of 32 or 128 class prompts, whichever is faster; three sequence classifiers
fine-tuned one after the other; nlpaug and markovify called directly, a text at a time; imblearn's
RandomOverSampler on a million rows. The ceiling is a bfloat16 (or float32) matrix product of the model's own shapes.

"finetune" times one pass over D_S, "quality" compares what three passes bring, once: perplexity of held-out texts
and the share of candidates that the same labelers back. "scaling" times sampling by candidates and by classes.
"whole" adds up three passes, sampling of all rows wanted, and the labelers.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from imblearn.over_sampling import RandomOverSampler

from skbalagen import (
    BalaGenResampler,
    CausalLMGenerator,
    EDAGenerator,
    LabelerEnsemble,
    MarkovChainGenerator,
    PercentilePolicy,
    SampleCopyGenerator,
)
from skbalagen._torch.device import compute_dtype, resolve_device
from skbalagen._torch.token_loss import mean_text_loss
from skbalagen.balagen.candidates import read_streams
from skbalagen.balagen.training_set import rebalance_rows
from skbalagen.datasets import load_csv, load_shop_intents
from skbalagen.generators._lm_rows import class_prompts, encode_rows
from skbalagen.models.catalog import MINILM, SMOLLM2
from skbalagen.models.download import local_path
from skbalagen.models.load import load_causal_lm
from skbalagen.models.quiet import quiet_transformers

SEED = 0
SHARE = 0.5  # of the rows wanted, that sampling is timed on


class Corpus:
    """Rows, their balanced training set D_S, and what is wanted of each class."""

    def __init__(self, X: np.ndarray, y: np.ndarray, share: float) -> None:
        rng = np.random.default_rng(SEED)
        held = rng.random(len(y)) < 0.15
        self.X_held, self.y_held = X[held], y[held]
        self.X, self.y = X[~held], y[~held]
        self.targets = PercentilePolicy(beta_low=80)(self.y)
        sizes = Counter(self.y.tolist())
        self.quotas = {c: math.ceil(share * (n - sizes[c])) for c, n in self.targets.items() if n > sizes[c]}
        rows = rebalance_rows(self.y, self.targets, np.random.default_rng(SEED))
        self.X_balanced, self.y_balanced = self.X[rows], self.y[rows]


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


# a. fine-tuning


def perplexity(generator: CausalLMGenerator, corpus: Corpus) -> float:
    """Return the perplexity of held-out texts, per token."""
    rows = list(zip(corpus.X_held, corpus.y_held, strict=True))
    sequences, n_prompt = encode_rows(generator.tokenizer_, rows, generator.prompts_, generator.max_tokens)
    with torch.inference_mode():
        return math.exp(mean_text_loss(generator.model_, sequences, n_prompt, np.arange(len(sequences))))


def fit_ours(corpus: Corpus, epochs: int) -> CausalLMGenerator:
    return CausalLMGenerator(epochs=epochs, label_as_text=False, random_state=SEED).fit(
        corpus.X_balanced, corpus.y_balanced
    )


def fit_reference(corpus: Corpus, epochs: int) -> CausalLMGenerator:
    """Fine-tune all weights in float32 on D_S as it stands; return them in a generator, to sample with."""
    torch.manual_seed(SEED)
    generator = CausalLMGenerator(label_as_text=False, random_state=SEED)
    generator.classes_ = np.unique(corpus.y_balanced)
    generator.prompts_ = class_prompts(generator.classes_.tolist(), None)
    model, tokenizer = load_causal_lm(SMOLLM2)
    generator.model_, generator.tokenizer_ = model, tokenizer
    rows = list(zip(corpus.X_balanced, corpus.y_balanced, strict=True))
    sequences, n_prompt = encode_rows(tokenizer, rows, generator.prompts_, generator.max_tokens)

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


# b. sampling


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
                max_new_tokens=generator.max_tokens,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )[:, batch["input_ids"].shape[1] :]
            for label, text in zip(
                labels, tokenizer.batch_decode(out, skip_special_tokens=True), strict=True
            ):
                texts[label].append(" ".join(text.split()) or None)
        return texts


class Timed:
    """Count the seconds and the candidates of a generator's `sample`."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.seconds, self.texts = inner, 0.0, []

    def sample(self, spans: dict[Any, range], *, random_state: int) -> dict[Any, list[str | None]]:
        start = time.perf_counter()
        candidates = self.inner.sample(spans, random_state=random_state)
        self.seconds += time.perf_counter() - start
        self.texts += [text for texts in candidates.values() for text in texts if text is not None]
        return candidates


def read(generator: Any, labelers: LabelerEnsemble, corpus: Corpus) -> dict[str, float]:
    """Generate until every class is full or hopeless; return seconds of sampling and what came of it."""
    timed = Timed(generator)
    streams = read_streams(
        timed,
        labelers,
        corpus.quotas,
        {text.casefold() for text in corpus.X},
        min_votes="majority",
        budget=6 * sum(corpus.quotas.values()),
        seed=SEED,
    )
    accepted = sum(len(stream.taken) for stream in streams.values())
    candidates = sum(len(stream.texts) for stream in streams.values())
    return {
        "seconds": timed.seconds,
        "accepted": accepted,
        "acceptance": accepted / candidates,
        "texts": len(timed.texts),
        "characters": sum(map(len, timed.texts)),
    }


def per_accepted(run: dict[str, Any]) -> float:
    """Return the median over repeats of the seconds of sampling an accepted candidate."""
    return statistics.median(result["seconds"] / max(1, result["accepted"]) for result in run["results"])


def token_rate(generator: CausalLMGenerator, labels: list[Any], n: int) -> tuple[float, float]:
    """Return tokens a second, and the seconds, of `n` candidates of each label."""
    start = time.perf_counter()
    candidates = generator.sample({label: range(n) for label in labels}, random_state=SEED)
    seconds = time.perf_counter() - start
    texts = [text for some in candidates.values() for text in some if text]
    return sum(len(ids) + 1 for ids in generator.tokenizer_(texts)["input_ids"]) / seconds, seconds


def scaling(generator: CausalLMGenerator, quick: bool) -> list[dict[str, float]]:
    """Time sampling by candidates, for 8 classes, and by classes, for a fixed number of candidates."""
    generator = deepcopy(generator)
    prompts = list(generator.prompts_.values())
    # As many classes as wanted: the prompts of the real ones in turn.
    generator.classes_ = np.arange(160)
    generator.prompts_ = {c: prompts[c % len(prompts)] for c in range(160)}
    total = 160 if quick else 320
    sizes = [(8, n) for n in (80, 160, 320, 640, 1280) if n <= 4 * total]
    sizes += [(n, total) for n in (1, 4, 16, 40, 80, 160)]
    rows = []
    for n_classes, n in sizes:
        _, seconds = token_rate(generator, list(range(n_classes)), n // n_classes)
        rows.append({"classes": n_classes, "candidates": n, "seconds": seconds})
        print(f"scaling    {n_classes:4} classes {n:5} candidates {seconds:7.2f} s", flush=True)
    return rows


def draw_scaling(rows: list[dict[str, float]], path: Path) -> None:
    """Draw seconds by candidates, and by classes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    n_classes, total = rows[0]["classes"], rows[-1]["candidates"]
    for ax, key, fixed, said in (
        (axes[0], "candidates", ("classes", n_classes), f"{n_classes} classes"),
        (axes[1], "classes", ("candidates", total), f"{total} candidates"),
    ):
        some = sorted((row[key], row["seconds"]) for row in rows if row[fixed[0]] == fixed[1])
        ax.plot(*zip(*some, strict=True), "o-")
        top = 1.15 * max(seconds for _, seconds in some)
        ax.set(xlabel=key, ylabel="seconds of sampling", title=said, ylim=(0, top), xlim=(0, None))
    figure.savefig(path, dpi=120)


# c. labelers


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


# e. EDA and Markov chains


def nlpaug_directly(corpus: Corpus, n: int) -> None:
    import nlpaug.augmenter.word as naw

    swap, delete = naw.RandomWordAug(action="swap", aug_p=0.1), naw.RandomWordAug(action="delete", aug_p=0.1)
    for i in range(n):
        (swap if i % 2 else delete).augment(corpus.X[i % len(corpus.X)])


def eda_ours(corpus: Corpus, n: int) -> None:
    generator = EDAGenerator(operations=("swap", "delete")).fit(corpus.X, corpus.y)
    each = math.ceil(n / len(generator.classes_))
    generator.sample({c: range(each) for c in generator.classes_.tolist()}, random_state=SEED)


def markovify_directly(corpus: Corpus, n: int) -> None:
    import markovify

    random.seed(SEED)
    chains = [
        markovify.NewlineText("\n".join(corpus.X[corpus.y == c]), state_size=2, well_formed=False)
        for c in np.unique(corpus.y)
    ]
    for i in range(n):
        chains[i % len(chains)].make_sentence(tries=10)


def markov_ours(corpus: Corpus, n: int) -> None:
    generator = MarkovChainGenerator().fit(corpus.X, corpus.y)
    each = math.ceil(n / len(generator.classes_))
    generator.sample({c: range(each) for c in generator.classes_.tolist()}, random_state=SEED)


# f. a million rows


def million_rows(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    shares = np.geomspace(1, 20, 150)
    y = rng.choice(150, size=n_rows, p=shares / shares.sum())
    return np.array([f"text {i}" for i in range(n_rows)], dtype=object), y


def ceiling(batch: int = 128) -> float:
    """Return the GFLOP/s of matrix products of the model's shapes, in the dtype that it computes with."""
    dtype = compute_dtype(resolve_device("auto"))
    x = torch.randn(batch, 576, dtype=dtype)
    weights = [torch.randn(1536, 576, dtype=dtype) for _ in range(60)]
    rates = []
    for _ in range(7):
        start = time.perf_counter()
        for weight in weights:
            torch.nn.functional.linear(x, weight)
        rates.append(len(weights) * 2 * batch * 576 * 1536 / (time.perf_counter() - start) / 1e9)
    return statistics.median(rates)


def alternate(repeats: int, **parts: Callable[[], Any]) -> dict[str, dict[str, Any]]:
    """Run the parts in turns; return each one's median seconds and all of its results."""
    seconds: dict[str, list[float]] = {name: [] for name in parts}
    results: dict[str, list[Any]] = {name: [] for name in parts}
    for _ in range(repeats):
        for name, part in parts.items():
            start = time.perf_counter()
            results[name].append(part())
            seconds[name].append(time.perf_counter() - start)
    return {name: {"seconds": statistics.median(s), "results": results[name]} for name, s in seconds.items()}


PARTS = ["quality", "finetune", "sample", "labelers", "eda", "million", "scaling"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="one pass, every third class, of 24 rows at most"
    )
    parser.add_argument("--every", type=int, help="every N-th class alone")
    parser.add_argument(
        "--batch-sizes", type=int, nargs="+", help="of `generate`; default: 32 and 128, with --quick 128"
    )
    parser.add_argument("--data", type=Path, help="CSV file; the bundled corpus if absent")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        help="default: all; with --quick all but quality and scaling",
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--figure", type=Path, help="where the part scaling is drawn")
    options = parser.parse_args()
    slow = ("quality", "scaling") if options.quick else ()
    chosen = set(options.parts or [part for part in PARTS if part not in slow])
    batch_sizes = options.batch_sizes or ([128] if options.quick else [32, 128])
    warnings.simplefilter("ignore")

    X, y = (
        load_csv(options.data, drop_empty=True)
        if options.data
        else load_shop_intents(split="train", return_X_y=True)
    )
    some = np.isin(y, np.unique(y)[:: options.every or (3 if options.quick else 1)])
    if options.quick:
        some &= pd.Series(y).groupby(y).cumcount().to_numpy() < 24
    X, y = X[some], y[some]
    corpus = Corpus(X, y, SHARE)
    passes = 1 if options.quick else 3
    ceiling_rate = ceiling()
    table: dict[str, dict[str, Any]] = {}

    def note(part: str, ours: float, reference: float, **more: Any) -> None:
        table[part] = {"ours_s": ours, "reference_s": reference, "ratio": reference / ours} | more
        extra = ", ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in more.items())
        print(
            f"{part:10} ours {ours:8.2f} s   reference {reference:8.2f} s   ratio {reference / ours:5.2f}   {extra}",
            flush=True,
        )

    print(
        f"{len(corpus.y)} rows, D_S {len(corpus.y_balanced)}, {sum(corpus.quotas.values())} wanted; ceiling "
        f"{ceiling_rate:.0f} GFLOP/s",
        flush=True,
    )
    generator = labelers = None
    if {"sample", "labelers", "quality"} & chosen:
        labelers = LabelerEnsemble().fit(corpus.X_balanced, corpus.y_balanced)
    if "quality" in chosen:
        fitted, seconds = {}, {}
        for name, fit in (("ours", fit_ours), ("reference", fit_reference)):
            start = time.perf_counter()
            fitted[name] = fit(corpus, passes)
            seconds[name] = time.perf_counter() - start
        generator = fitted["ours"]
        note(
            "quality",
            seconds["ours"],
            seconds["reference"],
            passes=passes,
            perplexity=perplexity(fitted["ours"], corpus),
            reference_perplexity=perplexity(fitted["reference"], corpus),
            acceptance=read(fitted["ours"], labelers, corpus)["acceptance"],
            reference_acceptance=read(fitted["reference"], labelers, corpus)["acceptance"],
        )
        del fitted
    if "finetune" in chosen:
        runs = alternate(  # models are not kept
            options.repeats,
            ours=lambda: fit_ours(corpus, 1).history_,
            reference=lambda: fit_reference(corpus, 1).classes_,
        )
        note("finetune", runs["ours"]["seconds"], runs["reference"]["seconds"], passes=1)
    if "sample" in chosen or "scaling" in chosen:
        generator = generator or fit_ours(corpus, passes)
    if "sample" in chosen:
        runs = alternate(
            options.repeats,
            ours=lambda: read(generator, labelers, corpus),
            **{str(n): lambda n=n: read(PlainSampling(generator, n), labelers, corpus) for n in batch_sizes},
        )
        ours, theirs, best = (
            runs["ours"],
            *min(((runs[str(n)], n) for n in batch_sizes), key=lambda run: per_accepted(run[0])),
        )
        rate, _ = token_rate(generator, list(corpus.quotas), 128)
        n_weights = sum(p.numel() for p in generator.model_.parameters())
        note(
            "sample",
            # Seconds for as many accepted candidates as the reference has.
            per_accepted(ours) * theirs["results"][-1]["accepted"],
            per_accepted(theirs) * theirs["results"][-1]["accepted"],
            reference_batch_size=best,
            tokens_per_s=rate,
            share_of_ceiling=rate * 2 * n_weights / 1e9 / ceiling_rate,
            acceptance=ours["results"][-1]["acceptance"],
            reference_acceptance=theirs["results"][-1]["acceptance"],
        )
    if "labelers" in chosen:
        runs = alternate(
            options.repeats,
            ours=lambda: LabelerEnsemble().fit(corpus.X_balanced, corpus.y_balanced),
            reference=lambda: fit_three_encoders(corpus, epochs=passes),
        )
        note("labelers", runs["ours"]["seconds"], runs["reference"]["seconds"])
    if {"finetune", "sample", "labelers"} <= table.keys():
        note(
            "whole",
            *(
                passes * table["finetune"][k] + table["sample"][k] / SHARE + table["labelers"][k]
                for k in ("ours_s", "reference_s")
            ),
        )
    rows = scaling(generator, options.quick) if "scaling" in chosen else []
    if rows and options.figure:
        draw_scaling(rows, options.figure)
    if "eda" in chosen:
        n = 2000 if options.quick else 10_000
        for name, ours, theirs in (
            ("eda", eda_ours, nlpaug_directly),
            ("markov", markov_ours, markovify_directly),
        ):
            runs = alternate(
                options.repeats, ours=lambda f=ours: f(corpus, n), reference=lambda f=theirs: f(corpus, n)
            )
            note(name, runs["ours"]["seconds"], runs["reference"]["seconds"], texts=n)
    if "million" in chosen:
        texts, labels = million_rows(1_000_000)
        copying = BalaGenResampler(generator=SampleCopyGenerator(), beta_low=100, random_state=SEED)
        over = RandomOverSampler(random_state=SEED)
        runs = alternate(
            options.repeats,
            ours=lambda: len(copying.fit_resample(texts, labels)[1]),
            reference=lambda: len(over.fit_resample(texts.reshape(-1, 1), labels)[1]),
        )
        note(
            "million", runs["ours"]["seconds"], runs["reference"]["seconds"], rows=runs["ours"]["results"][-1]
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.2f} GB (of the references too)")
    if options.output:
        facts = {
            "quick": options.quick,
            "rows": len(corpus.y),
            "repeats": options.repeats,
            "data": options.data.name if options.data else "shop intents",
            "ceiling_gflops": ceiling_rate,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "peak_memory_gb": peak,
            "parts": table,
            "scaling": rows,
        }
        options.output.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
