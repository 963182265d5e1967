"""The one torch loop that fine-tunes language models and encoders, and where they run."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from ctypes import CDLL
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._progress import progress_bar, progress_shown

if TYPE_CHECKING:
    import torch

__all__ = [
    "TrainingHistory",
    "autocast",
    "compute_dtype",
    "fine_tune",
    "resolve_device",
    "return_memory",
    "token_loss",
    "torch_seed",
]


def resolve_device(device: str) -> torch.device:
    """Return the torch device of that name; "auto" is the first accelerator, else the processor."""
    import torch

    if device != "auto":
        return torch.device(device)
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return accelerator or torch.device("cpu")


def compute_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where `device` multiplies it in hardware, else float32.

    Emulated bfloat16 is several times slower than float32, so the processor is asked, not assumed.
    """
    import torch

    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.bfloat16
    return torch.float32


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return the mixed-precision context of `device`: bfloat16 products where they pay, else nothing."""
    import torch

    if compute_dtype(device) is torch.bfloat16:
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def return_memory() -> None:
    """Give the memory that a step has freed back to the system, where the C library can.

    glibc keeps the freed activations of batches of all widths, in pieces too scattered to serve the next
    step: more than half a gigabyte after fine-tuning.
    """
    trim = getattr(CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


@contextmanager
def torch_seed(seed: int) -> Iterator[None]:
    """Seed torch's global generator for a block (dropout, new heads) and restore its state afterwards."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def token_loss(
    hidden: torch.Tensor, head: torch.nn.Linear, targets: torch.Tensor, *, chunk: int = 64
) -> torch.Tensor:
    """Return the mean cross-entropy of next tokens, in nats, without ever holding all their logits.

    With a frozen vocabulary projection nothing but the gradient of `hidden` is wanted, which is at hand as
    soon as the logits of a chunk are: so that they are dropped at once, instead of being kept, in float32
    and several times over, until the backward pass.

    Parameters
    ----------
    hidden : tensor of shape (n_tokens, hidden_size)
    head : torch.nn.Linear
        The vocabulary projection.
    targets : tensor of int64, of shape (n_tokens,)
    chunk : int, default=64
        Tokens whose logits are in memory at a time.
    """
    import torch

    if head.bias is not None or head.weight.requires_grad:
        return torch.nn.functional.cross_entropy(head(hidden).float(), targets)

    class FrozenHeadLoss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, hidden: torch.Tensor) -> torch.Tensor:
            weight = head.weight.to(hidden.dtype)
            gradient = torch.empty_like(hidden)
            total = torch.zeros((), dtype=torch.float32, device=hidden.device)
            for part in torch.arange(len(hidden), device=hidden.device).split(chunk):
                logits = torch.nn.functional.linear(hidden[part], weight).float()
                wanted = targets[part, None]
                normaliser = logits.logsumexp(dim=-1, keepdim=True)
                total += (normaliser - logits.gather(1, wanted)).sum()
                error = (logits - normaliser).exp_()
                error.scatter_add_(1, wanted, torch.full_like(normaliser, -1.0))
                gradient[part] = error.to(hidden.dtype) @ weight
            ctx.save_for_backward(gradient)
            return total / len(hidden)

        @staticmethod
        def backward(ctx: Any, *above: torch.Tensor) -> torch.Tensor:
            (gradient,) = ctx.saved_tensors
            return gradient * (above[0] / len(gradient)).to(gradient.dtype)

    return FrozenHeadLoss.apply(hidden)


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


def length_buckets(
    rows: np.ndarray, lengths: np.ndarray, batch_size: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Cut `rows` into batches of like length, in random order.

    Rows are shuffled, sorted by length within pools of 16 batches, cut, and the batches shuffled: less
    padding than plain shuffling, without showing the same neighbours every epoch.
    """
    shuffled = rng.permutation(rows)
    batches: list[np.ndarray] = []
    for start in range(0, len(shuffled), 16 * batch_size):
        pool = shuffled[start : start + 16 * batch_size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def _parts(rows: np.ndarray, lengths: np.ndarray, tokens_at_once: int) -> list[np.ndarray]:
    """Cut a batch into parts of like length, of `tokens_at_once` tokens at most or a row."""
    rows = rows[np.argsort(lengths[rows], kind="stable")]
    n_rows = max(1, tokens_at_once // int(lengths[rows[-1]]))
    return np.array_split(rows, math.ceil(len(rows) / n_rows))


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
                for part in _parts(rows, lengths, tokens_at_once):
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
