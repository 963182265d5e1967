"""How long a language model takes on this machine: from a second of training and a second of sampling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skbalagen._torch.trainer import fine_tune
from skbalagen._utils.text import Labels, Texts
from skbalagen._utils.time_limit import now, time_limit
from skbalagen.generators._lm_model import freeze_model, load_to_train
from skbalagen.generators._lm_rows import TrainingRows, class_prompts
from skbalagen.generators._lm_workers import ModelFolder, sample_in_workers
from skbalagen.parallel import n_threads, n_workers

__all__ = ["expected_seconds"]

_SECONDS = 1.0  # of training; the first step is not counted
_STEPS = 3
_FEW, _MANY, _TOKENS = 8, 48, 4  # candidates of two batches, and how many tokens of each are written
# Rounds of candidates that a class takes, most often: the last texts of each are written in a batch that is not full.
_ROUNDS = 3


def expected_seconds(generator: Any, X: Texts, y: Labels, n_candidates: int) -> tuple[float, float]:
    """Return the seconds that fine-tuning and sampling are expected to take here.

    Parameters
    ----------
    generator : CausalLMGenerator
        Its parameters are read.
    X, y
        What it would be fitted on.
    n_candidates : int

    Returns
    -------
    training, sampling : float
        In seconds: the tokens of all epochs, and of so many texts as long as the rows, at the speed of a few.
    """
    texts, labels = np.asarray(X, dtype=object), np.asarray(y)
    rng = np.random.default_rng(0)
    start = now()
    prompts = class_prompts(np.unique(labels).tolist(), generator.label_descriptions)
    model, tokenizer = load_to_train(str(generator.model), generator.device, generator.lora_rank, rng)
    rows = TrainingRows(
        tokenizer,
        texts,
        labels,
        prompts,
        generator.max_tokens,
        generator.max_copies,
        context=getattr(model.config, "max_position_embeddings", None),
    )
    loading = now() - start
    drawn = rows.draw(generator.max_rows, rng)
    each = _seconds_per_token(model, rows, rng.permutation(drawn), generator)
    training = loading + generator.epochs * each * int(rows.lengths[drawn].sum())
    freeze_model(model)
    sampling = _sampling_seconds(
        generator, model, tokenizer, prompts, rows.n_text, n_candidates * generator.best_of
    )
    return training, sampling


def _seconds_per_token(model: Any, rows: TrainingRows, drawn: np.ndarray, generator: Any) -> float:
    """Return how long a token takes to be learned, from steps on the first of the rows."""
    tokens: list[int] = []
    ends: list[tuple[float, int]] = []

    def loss(part: np.ndarray) -> Any:
        tokens.append(int(rows.lengths[part].sum()))
        return rows.loss(model, part)

    start = now()
    with time_limit(_SECONDS):
        fine_tune(
            model,
            loss,
            rows.lengths,
            draws=lambda _: drawn[: _STEPS * generator.batch_size],
            on_step_end=lambda: ends.append((now(), sum(tokens))),
            epochs=1,
            batch_size=generator.batch_size,
            learning_rate=1e-6,
            counts=rows.n_counted,
            places=rows.weights,
            n_threads=n_threads(generator.n_jobs, model.device),
            rng=np.random.default_rng(0),
        )
    # The first step prepares what the others use; where it is the only one, it has to do.
    first, last = ((start, 0), ends[0]) if len(ends) == 1 else (ends[0], ends[-1])
    return (last[0] - first[0]) / (last[1] - first[1])


def _sampling_seconds(
    generator: Any, model: Any, tokenizer: Any, prompts: dict[Any, str], n_text: np.ndarray, n_candidates: int
) -> float:
    """Return how long candidates as long as the rows take, in batches that are full but for the end of each round."""
    labels = list(prompts)
    n_jobs = n_workers(generator.n_jobs)
    folder = ModelFolder()

    def seconds(n: int, n_tokens: int) -> float:
        """Return the time of a step in which each worker writes a token of n texts."""
        start = now()
        sample_in_workers(
            model,
            tokenizer,
            prompts,
            [(labels[i % len(labels)], i) for i in range(n * n_jobs)],
            folder=folder,
            n_jobs=generator.n_jobs,
            seed=0,
            max_tokens=n_tokens,
            top_p=generator.top_p,
            temperature=generator.temperature,
            batch_size=generator.sampling_batch_size,
        )
        return (now() - start) / n_tokens

    n_each = math.ceil(n_candidates / n_jobs)
    n_whole = max(_FEW + 1, min(generator.sampling_batch_size, math.ceil(n_each / _ROUNDS)))
    n_many = min(n_whole, _MANY)
    seconds(_FEW, 1)  # prepares what the others use
    few, many = seconds(_FEW, _TOKENS), seconds(n_many, _TOKENS)
    per_text = max(0.0, (many - few) / (n_many - _FEW))
    per_step = max(0.0, few - _FEW * per_text)
    mean, longest = float(n_text.mean()), float(np.quantile(n_text, 0.99))
    n_steps = n_each * mean / n_whole + _ROUNDS * (longest - mean)
    return n_each * mean * per_text + n_steps * per_step
