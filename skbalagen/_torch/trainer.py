"""The one torch loop that fine-tunes language models, encoders and heads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._torch.batches import batch_parts, length_buckets
from skbalagen._torch.device import autocast, return_memory, torch_seed
from skbalagen._torch.gradients import GradientSum
from skbalagen._torch.training_state import BestWeights, TrainingHistory, TrainingState
from skbalagen._utils.progress import progress_bar, progress_shown
from skbalagen._utils.time_limit import seconds_left

if TYPE_CHECKING:
    import torch

__all__ = ["TrainingHistory", "fine_tune"]

# Between two trims the heap grows by tens of megabytes: batches of new widths find no gap that fits.
_STEPS_BETWEEN_TRIMS = 32


def fine_tune(
    model: torch.nn.Module,
    loss: Callable[[np.ndarray], torch.Tensor],
    lengths: Sequence[int] | np.ndarray,
    *,
    draws: Callable[[np.random.Generator], np.ndarray],
    drawn_ahead: bool = True,
    penalty: Callable[[], torch.Tensor] | None = None,
    validation: Callable[[], float] | None = None,
    on_epoch_start: Callable[[int], None] | None = None,
    on_step_end: Callable[[], None] | None = None,
    on_epoch_end: Callable[[TrainingState], None] | None = None,
    resume: TrainingState | None = None,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float = 0.01,
    warmup: float = 0.1,
    max_grad_norm: float = 1.0,
    patience: int = 1,
    faster: Mapping[int, float] | None = None,
    counts: Sequence[int] | np.ndarray | None = None,
    places: np.ndarray | None = None,
    tokens_at_once: int = 256,
    n_threads: int | None = None,
    rng: np.random.Generator,
    verbose: int = 0,
) -> TrainingHistory:
    """Fine-tune a model in place and leave it in evaluation mode.

    Inside a block of :func:`~skbalagen._utils.time_limit.time_limit` it ends with the last epoch that fits, or, if not
    even the first does, with the step at which time is up.

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
    drawn_ahead : bool, default=True
        Whether all epochs are drawn before the first. If False, each is drawn when the one before is done, so
        that `draws` can look at what was learned; all have to be of the same length then, which fixes the
        schedule of the rate.
    penalty : callable, default=None
        From nothing to a term that is added to the loss of each step, once, whatever its parts.
    validation : callable, default=None
        From nothing to a validation loss. With it, training stops after `patience` epochs without
        improvement, and the weights of the best epoch are restored.
    on_epoch_start : callable, default=None
        Given the number of the epoch, from 1, before its first step.
    on_step_end : callable, default=None
        Called after each step of the optimizer.
    on_epoch_end : callable, default=None
        Given a copy of where the training stands after each epoch, the last one included.
    resume : TrainingState, default=None
        Go on from there. All other arguments have to be those of the run that it was taken in, with `model` and
        `rng` as they were at its start. The result is that of a run without interruption, bit for bit.
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
    places : ndarray of int, of shape (n_rows,), default=None
        How many of the `batch_size` rows of a step each row stands for; None is one.
    tokens_at_once : int, default=256
        Tokens, padding included, whose activations are in memory at a time. A larger batch is run in parts
        whose gradients add up, so that the memory is bounded and the result is that of the whole batch.
    n_threads : int, default=None
        Parts of a batch that are computed at once, on a CPU, each with one thread of torch; the result is the same,
        bit for bit, for any number. `loss` draws no random numbers but torch's then. None is one part at a time,
        with all threads of torch or on an accelerator.
    rng : numpy.random.Generator
        Order of the rows; the seed of dropout is drawn from it.
    verbose : int, default=0
        From 1, a progress bar is shown.

    Returns
    -------
    TrainingHistory

    Raises
    ------
    FloatingPointError
        The loss is infinite or no number.
    """
    import torch

    lengths = np.asarray(lengths)
    counts = np.ones(len(lengths)) if counts is None else np.asarray(counts)
    trained = [p for p in model.parameters() if p.requires_grad]

    def drawn() -> list[np.ndarray]:
        return length_buckets(draws(rng), lengths, batch_size, rng, places)

    def share_of_loss(rows: np.ndarray, part: np.ndarray) -> torch.Tensor:
        with autocast(device):
            return loss(part) * float(counts[part].sum() / counts[rows].sum())

    plan = [drawn() for _ in range(epochs if drawn_ahead else 1)]
    n_steps = sum(map(len, plan)) if drawn_ahead else epochs * len(plan[0])
    rate = _schedule(n_steps, warmup)
    optimizer = _optimizer(trained, learning_rate, weight_decay, faster or {})
    history = TrainingHistory()
    best = BestWeights(trained)
    device = next(model.parameters()).device
    with (
        progress_shown(verbose),
        progress_bar(title="fine-tuning", unit="step", total=n_steps) as bar,
        torch_seed(int(rng.integers(2**31))),
        GradientSum(trained, n_threads) as gradients,
    ):
        if resume is not None:
            history = resume.put_back(model, optimizer, best, rng)
            bar.update(history.n_steps)
        for epoch in range(len(history.train_loss) + 1, epochs + 1):
            if history.stopped != "epochs":
                break
            batches = plan[epoch - 1] if epoch <= len(plan) else drawn()
            if on_epoch_start is not None:
                on_epoch_start(epoch)
            model.train()
            total, left = 0.0, seconds_left()
            for step, rows in enumerate(batches, start=1):
                _set_rate(optimizer, rate(history.n_steps))
                parts = batch_parts(rows, lengths, tokens_at_once, to_share=n_threads is not None)
                total += gradients.add(partial(share_of_loss, rows), parts)
                if penalty is not None:
                    extra = penalty()
                    extra.backward()
                    total += extra.item()
                _check_finite(total, history.n_steps + 1, n_steps, learning_rate)
                torch.nn.utils.clip_grad_norm_(trained, max_grad_norm)
                optimizer.step()
                optimizer.zero_grad()
                if on_step_end is not None:
                    on_step_end()
                history.n_steps += 1
                bar.update()
                if step % _STEPS_BETWEEN_TRIMS == 0:
                    return_memory()
                if seconds_left() <= 0:
                    break
            whole = step == len(batches)
            history.train_loss.append(total / step)
            history.best_epoch = epoch
            if validation is not None:
                model.eval()
                with torch.inference_mode(), autocast(device):
                    history.validation_loss.append(validation())
                best.keep(epoch, history.validation_loss[-1])
                if epoch - best.epoch >= patience:
                    history.stopped = "early_stopping"
            bar.set_postfix_str(_progress(history, epoch, epochs))
            if on_epoch_end is not None and whole:
                on_epoch_end(TrainingState.of(model, optimizer, best, history, rng))
            if not whole or (epoch < epochs and not _another_fits(left)):
                history.stopped = "time"  # after the checkpoint, from which a later run goes on
    if best.weights is not None:
        history.best_epoch = best.epoch
        best.restore()
    model.eval()
    del optimizer
    return_memory()
    return history


def _another_fits(left: float) -> bool:
    """Return whether an epoch like the last one fits into the time limit; `left` are the seconds at its beginning."""
    return 2 * seconds_left() >= left


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


def _schedule(n_steps: int, warmup: float) -> Callable[[int], float]:
    """Return the share of the peak rate at each step: up in the first `warmup` of the steps, then down to 0."""
    n_warmup = max(1, round(warmup * n_steps))

    def rate(step: int) -> float:
        return min((step + 1) / n_warmup, (n_steps - step) / max(1, n_steps - n_warmup))

    return rate


def _set_rate(optimizer: torch.optim.Optimizer, share: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group.setdefault("peak_lr", group["lr"]) * share


def _check_finite(loss: float, step: int, n_steps: int, learning_rate: float) -> None:
    """Raise if the loss of a step, counted from 1, cannot be learned from."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"Fine-tuning needs a finite loss, got loss {loss} at step {step} of {n_steps} with "
            f"learning_rate={learning_rate:g}. Use a lower learning_rate."
        )


def _progress(history: TrainingHistory, epoch: int, epochs: int) -> str:
    text = f"epoch {epoch}/{epochs}: loss {history.train_loss[-1]:.3f}"
    return text + (f", validation {history.validation_loss[-1]:.3f}" if history.validation_loss else "")
