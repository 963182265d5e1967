"""Low-rank adaptation (LoRA): train two thin matrices beside each frozen linear layer, then add them in.

Hu et al. (2021), "LoRA: Low-Rank Adaptation of Large Language Models", section 4. The frozen weights need
no float32 copy, no gradients and no optimizer state, which are most of the memory and a third of the time
of full fine-tuning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from skbalagen._torch.device import torch_seed

if TYPE_CHECKING:
    import torch

__all__ = ["add_adapters", "merge_adapters"]


def _linear_layers(body: torch.nn.Module) -> Iterator[tuple[torch.nn.Module, str, torch.nn.Module, bool]]:
    """Yield (parent, name, layer, transposed) of each linear layer; GPT-2 stores weights transposed."""
    import torch
    from transformers.pytorch_utils import Conv1D

    for parent in list(body.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, torch.nn.Linear | Conv1D):
                yield parent, name, layer, isinstance(layer, Conv1D)


def _adapter_class() -> Callable[..., Any]:
    import torch

    class Adapter(torch.nn.Module):
        """A frozen linear layer plus ``x @ down.T @ up.T * scale``, of shape (..., n_out)."""

        layer: Any

        def __init__(self, layer: Any, transposed: bool, rank: int, scale: float) -> None:
            super().__init__()
            self.layer, self.transposed, self.scale = layer, transposed, scale
            n_in, n_out = layer.weight.shape if transposed else layer.weight.shape[::-1]
            device = layer.weight.device
            # float32, whatever the frozen weights are: small updates would be lost in bfloat16.
            self.down = torch.nn.Parameter(torch.randn(rank, n_in, device=device) / n_in**0.5)
            self.up = torch.nn.Parameter(torch.zeros(n_out, rank, device=device))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            thin = torch.nn.functional.linear(x, self.down.to(x.dtype))
            return self.layer(x) + torch.nn.functional.linear(thin, self.up.to(x.dtype) * self.scale)

        def merged(self) -> Any:
            delta = self.scale * self.up @ self.down  # (n_out, n_in)
            weight = self.layer.weight
            weight.copy_(weight.float() + (delta.T if self.transposed else delta))
            return self.layer

    return Adapter


def add_adapters(model: Any, *, rank: int, seed: int, scale: float = 2.0) -> None:
    """Freeze a model and put an adapter around each linear layer of its body, in place.

    Parameters
    ----------
    model : transformers model
        Its output projection gets no adapter.
    rank : int
        Rank of the adapters, at least 1.
    seed : int
        Seed of their first values. At first they add zero.
    scale : float, default=2.0
        Factor of the adapters' output, which sets how fast they learn at a given rate (alpha / r in the
        paper).
    """
    adapter = _adapter_class()
    model.requires_grad_(False)
    with torch_seed(seed):
        for parent, name, layer, transposed in list(_linear_layers(model.base_model)):
            setattr(parent, name, adapter(layer, transposed, rank, scale))


def merge_adapters(model: Any) -> None:
    """Add the adapters of a model to its weights and remove them, in place."""
    import torch

    with torch.no_grad():
        for parent in list(model.base_model.modules()):
            for name, layer in list(parent.named_children()):
                if hasattr(layer, "merged"):
                    setattr(parent, name, layer.merged())
