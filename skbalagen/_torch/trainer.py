"""The one torch loop that fine-tunes language models and encoders."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._torch.batches import batch_parts, length_buckets
from skbalagen._torch.device import autocast, return_memory, torch_seed
from skbalagen._utils.progress import progress_bar, progress_shown

if TYPE_CHECKING:
    import torch

__all__ = ["TrainingHistory", "fine_tune"]

# Between two trims the heap grows by tens of megabytes: batches of new widths find no gap that fits.
_STEPS_BETWEEN_TRIMS = 32


@dataclass
class TrainingHistory:
    """What a fine-tuning did.

    Attributes
    ----------
    train_loss : list of float
        Mean weighted loss of each epoch, in nats.
    validation_loss : list of float
        Validation loss after each epoch; empty without a validation.
    best_epoch : int
        Epoch, from 1, whose weights were kept.
    n_steps : int
        Optimizer steps taken.
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
    """Fine-tune a model in place and leave it in evaluation mode.

    Parameters
    ----------
    model : torch.nn.Module
        Its parameters that require gradients are trained, on its device.
    loss : callable
        From row numbers, of shape (n,) with n up to `batch_size`, to their mean loss; it builds the padded
        batch.
    lengths : array-like of int, of shape (n_rows,)
        Tokens of each row, to form batches of similar length.
    draws : callable
        From an rng to the row numbers of one epoch; a row may occur several times, or not at all.
    validation : callable, default=None
        From nothing to a validation loss. With it, training stops after `patience` epochs without
        improvement, and the weights of the best epoch are restored.
    epochs : int
        Passes over `draws`, at least 1.
    batch_size : int
        Rows per step, at least 1.
    learning_rate : float
        Peak rate of AdamW: linear warm-up over the first `warmup` of the steps, then linear decay to 0.
    weight_decay : float, default=0.01
        Decay of matrices by AdamW; biases and norms have none.
    warmup : float, default=0.1
        Fraction of the steps, in [0, 1).
    max_grad_norm : float, default=1.0
        Norm to which gradients are clipped.
    patience : int, default=1
        Epochs without improvement before training stops.
    faster : mapping of {id(parameter): float}, default=None
        Multiples of the rate for some parameters, such as a new head.
    counts : array-like of int, of shape (n_rows,), default=None
        How many items of each row `loss` takes the mean over; None is one per row.
    tokens_at_once : int, default=256
        Tokens, padding included, whose activations are in memory at a time. A larger batch is run in parts
        whose gradients add up, so that the memory is bounded and the result is that of the whole batch.
    rng : numpy.random.Generator
        Order of the rows; the seed of dropout is drawn from it.
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
    plan = [length_buckets(draws(rng), lengths, batch_size, rng) for _ in range(epochs)]
    n_steps = sum(map(len, plan))
    optimizer = _optimizer(trained, learning_rate, weight_decay, faster or {})
    schedule = _schedule(optimizer, n_steps, warmup)
    history = TrainingHistory()
    best = _BestWeights(trained)
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
                best.keep(epoch, history.validation_loss[-1])
            bar.set_postfix_str(_progress(history, epoch, epochs))
            if validation is not None and epoch - best.epoch >= patience:
                history.stopped = "early_stopping"
                break
    if best.weights is not None:
        history.best_epoch = best.epoch
        best.restore()
    model.eval()
    del optimizer, schedule
    return_memory()
    return history


def _optimizer(
    trained: list[Any], learning_rate: float, weight_decay: float, faster: Mapping[int, float]
) -> torch.optim.Optimizer:
    """Return AdamW with one group of parameters per decay and rate."""
    import torch

    groups: dict[tuple[float, float], list[Any]] = {}
    for parameter in trained:
        decay = weight_decay if parameter.ndim >= 2 else 0.0
        groups.setdefault((decay, faster.get(id(parameter), 1.0)), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": members, "weight_decay": decay, "lr": learning_rate * ratio}
            for (decay, ratio), members in groups.items()
        ],
        fused=True,
    )


def _schedule(optimizer: torch.optim.Optimizer, n_steps: int, warmup: float) -> Any:
    """Return the schedule of the rate: up to its peak in the first `warmup` of the steps, then down to 0."""
    import torch

    n_warmup = max(1, round(warmup * n_steps))

    def rate(step: int) -> float:
        return min((step + 1) / n_warmup, (n_steps - step) / max(1, n_steps - n_warmup))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


class _BestWeights:
    """A copy of the weights of the epoch with the lowest validation loss."""

    def __init__(self, trained: list[Any]) -> None:
        self.trained = trained
        self.weights: list[Any] | None = None
        self.epoch, self.loss = 1, math.inf

    def keep(self, epoch: int, loss: float) -> None:
        """Copy the weights of `epoch` if its loss is lower than all before it."""
        if loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self.weights = [p.detach().clone() for p in self.trained]

    def restore(self) -> None:
        """Put the kept weights back."""
        import torch

        with torch.no_grad():
            for parameter, kept in zip(self.trained, self.weights or [], strict=True):
                parameter.copy_(kept)


def _progress(history: TrainingHistory, epoch: int, epochs: int) -> str:
    text = f"epoch {epoch}/{epochs}: loss {history.train_loss[-1]:.3f}"
    return text + (f", validation {history.validation_loss[-1]:.3f}" if history.validation_loss else "")
