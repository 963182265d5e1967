"""The one torch loop that fine-tunes language models and encoders."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._utils.progress import progress_bar, progress_shown

if TYPE_CHECKING:
    import torch
from skbalagen._torch.batches import batch_parts, length_buckets
from skbalagen._torch.device import autocast, return_memory, torch_seed

__all__ = ["TrainingHistory", "fine_tune"]


# Between them the heap grows by tens of megabytes, as batches of new widths find no gap that fits.
_STEPS_BETWEEN_TRIMS = 32


@dataclass
class TrainingHistory:
    """What a fine-tuning did.

    Attributes
    ----------
    train_loss : list of float
        Mean weighted loss of each epoch, in nats.
    validation_loss : list of float
        Validation loss after each epoch; empty where no validation rows were held out.
    best_epoch : int
        Epoch, from 1, whose weights were kept.
    n_steps : int
        Optimiser steps taken.
    stopped : {"epochs", "early_stopping"}
        Why the loop ended.
    """

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    best_epoch: int = 0
    n_steps: int = 0
    stopped: str = "epochs"


def fine_tune(
    model: torch.nn.Module,
    loss: Callable[[np.ndarray], torch.Tensor],
    lengths: Sequence[int] | np.ndarray,
    *,
    draws: Callable[[np.random.Generator], np.ndarray],
    validation: Callable[[], float] | None = None,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float = 0.01,
    warmup: float = 0.1,
    max_grad_norm: float = 1.0,
    patience: int = 1,
    faster: Mapping[int, float] | None = None,
    counts: Sequence[int] | np.ndarray | None = None,
    tokens_at_once: int = 256,
    rng: np.random.Generator,
    verbose: int = 0,
) -> TrainingHistory:
    """Fine-tune the parameters of `model` that require a gradient, in place.

    Parameters
    ----------
    model : torch.nn.Module
        Left in evaluation mode.
    loss : callable
        Row numbers, of shape (n,) with n up to `batch_size`, to the mean loss; it builds the padded batch.
    lengths : array-like of int, of shape (n_rows,)
        Tokens of each row, for batches of like length.
    draws : callable
        rng to the row numbers of one epoch; a row may appear more than once, or not at all.
    validation : callable, default=None
        () to a validation loss. With it, training stops when `patience` epochs brought no improvement and
        the best epoch's weights are restored.
    epochs, batch_size : int
        Passes over `draws`, and rows a step.
    learning_rate : float
        Peak rate of AdamW: linear warm-up over the first `warmup` share of the steps, then linear decay to 0.
    weight_decay, max_grad_norm : float
        AdamW's decay of matrices (not of biases and norms) and the norm to which gradients are clipped.
    faster : mapping of id(parameter) to float, default=None
        Multiples of the rate for some parameters, such as a new head.
    counts : array-like of int, of shape (n_rows,), default=None
        What `loss` takes the mean over: how many items each row has; None is one a row.
    tokens_at_once : int, default=256
        Tokens, padding counted, whose activations are held at a time: a batch of more is run in parts whose
        gradients add up. What is learned stays the same; the memory is bounded, whatever the texts' lengths.
    rng : numpy.random.Generator
        Order of rows; dropout takes its seed from it.
    verbose : int, default=0
        From 1, a progress bar is shown.

    Returns
    -------
    TrainingHistory
    """
    import torch

    lengths = np.asarray(lengths)
    counts = np.ones(len(lengths)) if counts is None else np.asarray(counts)
    trained = [p for p in model.parameters() if p.requires_grad]
    faster = faster or {}
    groups: dict[tuple[float, float], list[Any]] = {}
    for parameter in trained:
        decay = weight_decay if parameter.ndim >= 2 else 0.0
        groups.setdefault((decay, faster.get(id(parameter), 1.0)), []).append(parameter)
    optimizer = torch.optim.AdamW(
        [
            {"params": members, "weight_decay": decay, "lr": learning_rate * ratio}
            for (decay, ratio), members in groups.items()
        ],
        fused=True,
    )
    plan = [length_buckets(draws(rng), lengths, batch_size, rng) for _ in range(epochs)]
    n_steps = sum(map(len, plan))
    n_warmup = max(1, round(warmup * n_steps))

    def rate(step: int) -> float:
        return min((step + 1) / n_warmup, (n_steps - step) / max(1, n_steps - n_warmup))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    history = TrainingHistory()
    best_loss, best_weights = math.inf, None
    device = next(model.parameters()).device
    with (
        progress_shown(verbose),
        progress_bar(title="fine-tuning", unit="step", total=n_steps) as bar,
        torch_seed(int(rng.integers(2**31))),
    ):
        for epoch, batches in enumerate(plan, start=1):
            model.train()
            total = 0.0
            for step, rows in enumerate(batches, start=1):
                for part in batch_parts(rows, lengths, tokens_at_once):
                    with autocast(device):
                        part_loss = loss(part) * float(counts[part].sum() / counts[rows].sum())
                    part_loss.backward()
                    total += part_loss.item()
                torch.nn.utils.clip_grad_norm_(trained, max_grad_norm)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                bar.update()
                if step % _STEPS_BETWEEN_TRIMS == 0:
                    return_memory()
            history.n_steps += len(batches)
            history.train_loss.append(total / len(batches))
            history.best_epoch = epoch
            if validation is not None:
                model.eval()
                with torch.inference_mode(), autocast(device):
                    history.validation_loss.append(validation())
            bar.set_postfix_str(
                f"epoch {epoch}/{epochs}: loss {history.train_loss[-1]:.3f}"
                + (f", validation {history.validation_loss[-1]:.3f}" if validation else "")
            )
            if validation is None:
                continue
            if history.validation_loss[-1] < best_loss:
                best_loss = history.validation_loss[-1]
                best_weights = [p.detach().clone() for p in trained]
            elif epoch - int(np.argmin(history.validation_loss)) - 1 >= patience:
                history.stopped = "early_stopping"
                break
    if best_weights is not None:
        history.best_epoch = int(np.argmin(history.validation_loss)) + 1
        with torch.no_grad():
            for parameter, kept in zip(trained, best_weights, strict=True):
                parameter.copy_(kept)
    model.eval()
    del optimizer, schedule
    return_memory()
    return history
