"""Cross-entropy of next tokens in little memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

__all__ = ["mean_text_loss", "text_loss", "token_loss"]

_IGNORED = -100  # torch's own mark for a position without a target
_ROWS_AT_ONCE = 32  # of a validation pass


def token_loss(
    hidden: torch.Tensor,
    head: torch.nn.Linear,
    targets: torch.Tensor,
    weights: torch.Tensor | None = None,
    *,
    chunk: int = 128,
) -> torch.Tensor:
    """Return the mean cross-entropy of next tokens without holding the logits of all of them.

    If the vocabulary projection is frozen, only the gradient of `hidden` is needed, and it can be computed
    together with the loss. The logits of a chunk are dropped right after that; otherwise several copies of
    them in float32 would stay in memory until the backward pass.

    Parameters
    ----------
    hidden : tensor of shape (n_tokens, hidden_size)
        Hidden states, one per predicted token.
    head : torch.nn.Linear
        The vocabulary projection. With a bias or trained weights, plain cross-entropy is computed.
    targets : tensor of int64, of shape (n_tokens,)
        The tokens to predict.
    weights : tensor of float32, of shape (n_tokens,), default=None
        What each token counts in the mean; all the same if None.
    chunk : int, default=128
        Tokens whose logits are in memory at a time.

    Returns
    -------
    tensor of float32, of shape ()
        In nats.
    """
    import torch

    weights = torch.ones(len(hidden), device=hidden.device) if weights is None else weights
    weights = weights / weights.sum()
    if head.bias is not None or head.weight.requires_grad:
        losses = torch.nn.functional.cross_entropy(head(hidden).float(), targets, reduction="none")
        return (losses * weights).sum()

    class FrozenHeadLoss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, hidden: torch.Tensor) -> torch.Tensor:
            weight = head.weight.to(hidden.dtype)
            gradient = torch.empty_like(hidden)
            total = torch.zeros((), dtype=torch.float32, device=hidden.device)
            for part in torch.arange(len(hidden), device=hidden.device).split(chunk):
                logits = torch.nn.functional.linear(hidden[part], weight).float()
                wanted, weight_of = targets[part, None], weights[part, None]
                normaliser = logits.logsumexp(dim=-1, keepdim=True)
                total += ((normaliser - logits.gather(1, wanted)) * weight_of).sum()
                error = (logits - normaliser).exp_()
                error.scatter_add_(1, wanted, torch.full_like(normaliser, -1.0))
                error *= weight_of
                gradient[part] = error.to(hidden.dtype) @ weight
            ctx.save_for_backward(gradient)
            return total

        @staticmethod
        def backward(ctx: Any, *above: torch.Tensor) -> torch.Tensor:
            (gradient,) = ctx.saved_tensors
            return gradient * above[0].to(gradient.dtype)

    return FrozenHeadLoss.apply(hidden)


def text_loss(
    model: Any, sequences: Sequence[Sequence[int]], n_prompt: np.ndarray, weights: np.ndarray | None = None
) -> torch.Tensor:
    """Return the mean cross-entropy of the tokens behind the prompts.

    The vocabulary projection, most of the cost of a small model, is computed for these tokens alone.

    Parameters
    ----------
    model : transformers causal language model
        With a body (``base_model``) and an output projection.
    sequences : sequence of sequences of int, of length n_rows
        Tokens of prompt and text.
    n_prompt : ndarray of int, of shape (n_rows,)
        How many tokens of each row are the prompt, at least 1.
    weights : ndarray of shape (n_rows,), default=None
        What each token of a row counts in the mean; all the same if None.

    Returns
    -------
    tensor of float32, of shape ()
        In nats per token.
    """
    import torch

    width = max(map(len, sequences))
    ids = torch.zeros(len(sequences), width, dtype=torch.long)
    targets = torch.full((len(sequences), width), _IGNORED)
    seen = torch.zeros(len(sequences), width, dtype=torch.long)
    for i, (tokens, n) in enumerate(zip(sequences, n_prompt, strict=True)):
        ids[i, : len(tokens)] = torch.tensor(tokens)
        seen[i, : len(tokens)] = 1
        targets[i, n - 1 : len(tokens) - 1] = ids[i, n : len(tokens)]  # each position predicts the next
    device = model.device
    counted = targets != _IGNORED
    hidden = model.base_model(
        input_ids=ids.to(device), attention_mask=seen.to(device), use_cache=False
    ).last_hidden_state[counted.to(device)]
    of_tokens = None
    if weights is not None:
        of_tokens = (
            torch.as_tensor(weights, dtype=torch.float32)[:, None].expand_as(targets)[counted].to(device)
        )
    return token_loss(hidden, model.get_output_embeddings(), targets[counted].to(device), of_tokens)


def mean_text_loss(
    model: Any, sequences: Sequence[Sequence[int]], n_prompt: np.ndarray, rows: np.ndarray
) -> float:
    """Return :func:`text_loss` of some rows, computed in parts of 32 rows.

    Parameters
    ----------
    model, sequences, n_prompt
        As in :func:`text_loss`.
    rows : ndarray of int
        Row numbers, at least one.

    Returns
    -------
    float
        In nats per token.
    """
    total, n_tokens = 0.0, 0
    for part in np.array_split(rows, math.ceil(len(rows) / _ROWS_AT_ONCE)):
        n = sum(len(sequences[r]) - n_prompt[r] for r in part)
        total += n * float(text_loss(model, [sequences[r] for r in part], n_prompt[part]))
        n_tokens += n
    return total / n_tokens
