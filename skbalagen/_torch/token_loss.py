"""Cross-entropy of next tokens in little memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["token_loss"]


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
