"""Rows that benchmarks/speed.py works on, and its parts as the library does them."""

from __future__ import annotations

import math
import statistics
import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skbalagen import CausalLMGenerator, EDAGenerator, LabelerEnsemble, MarkovChainGenerator, PercentilePolicy
from skbalagen._torch.device import compute_dtype, resolve_device
from skbalagen._torch.token_loss import mean_text_loss
from skbalagen.balagen.candidates import Candidates, Rules
from skbalagen.balagen.training_set import rebalance_rows
from skbalagen.generators._lm_tokens import encode_rows

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


def perplexity(generator: CausalLMGenerator, corpus: Corpus) -> float:
    """Return the perplexity of held-out texts, per token."""
    rows = list(zip(corpus.X_held, corpus.y_held, strict=True))
    sequences, n_prompt, *_ = encode_rows(
        generator.tokenizer_, rows, generator.prompts_, generator.max_tokens_
    )
    with torch.inference_mode():
        return math.exp(mean_text_loss(generator.model_, sequences, n_prompt, np.arange(len(sequences))))


def fit_ours(corpus: Corpus, epochs: int) -> CausalLMGenerator:
    return CausalLMGenerator(epochs=epochs, label_as_text=False, random_state=SEED).fit(
        corpus.X_balanced, corpus.y_balanced
    )


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
    budget = 6 * sum(corpus.quotas.values()) / max(Counter(corpus.y.tolist()).values())
    candidates = Candidates(corpus.X, corpus.y, corpus.targets, Rules(lambda _: SHARE, budget))
    for spans in candidates.rounds():
        candidates.select(candidates.judge(spans, timed.sample(spans, random_state=SEED), labelers))
    streams = candidates.generated
    accepted = sum(len(stream.accepted) for stream in streams.values())
    n_read = sum(len(stream.texts) for stream in streams.values())
    return {
        "seconds": timed.seconds,
        "accepted": accepted,
        "acceptance": accepted / n_read,
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


def eda_ours(corpus: Corpus, n: int) -> None:
    generator = EDAGenerator(operations=("swap", "delete")).fit(corpus.X, corpus.y)
    each = math.ceil(n / len(generator.classes_))
    generator.sample({c: range(each) for c in generator.classes_.tolist()}, random_state=SEED)


def markov_ours(corpus: Corpus, n: int) -> None:
    generator = MarkovChainGenerator().fit(corpus.X, corpus.y)
    each = math.ceil(n / len(generator.classes_))
    generator.sample({c: range(each) for c in generator.classes_.tolist()}, random_state=SEED)


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
