"""Probabilities in log space, where nothing underflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["log_probabilities"]


def log_probabilities(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ``log p`` and ``log(1 - p)`` of the softmax, with exact gradients where p is nearly 1.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_classes)
        At least two classes.

    Returns
    -------
    log_p, log_rest : tensor of shape (n_rows, n_classes)
    """
    import torch

    log_p = logits.log_softmax(dim=1)
    # Only the likeliest class can have p > 1/2, where 1 - p loses its digits: there the others are added up.
    top = logits.argmax(dim=1, keepdim=True)
    rest = log_p.scatter(1, top, -torch.inf).logsumexp(dim=1, keepdim=True)
    log_rest = torch.log1p(-log_p.exp().clamp(max=0.75)).scatter(1, top, rest)
    return log_p, log_rest
