"""An invertible network of affine coupling layers (RealNVP, Dinh et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skbalagen.over_sampling._networks import mlp

if TYPE_CHECKING:
    import torch

__all__ = ["CouplingFlow"]


class CouplingFlow:
    """Coupling layers, each of which scales and shifts one half of the features by what it reads from the other.

    Parameters
    ----------
    n_features : int
        With 1 there are no halves: the flow is the identity.
    n_layers : int, default=6
        The halves take turns.
    width : int, default=64
        Of the hidden layer that reads a half.
    """

    def __init__(self, n_features: int, *, n_layers: int = 6, width: int = 64) -> None:
        self.n_first = n_features // 2
        sizes = (self.n_first, n_features - self.n_first)
        self.layers: list[torch.nn.Sequential] = []
        for i in range(n_layers if n_features > 1 else 0):
            read, changed = sizes if i % 2 else sizes[::-1]
            self.layers.append(mlp(read, width, 2 * changed))

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """Yield the weights of all layers."""
        for layer in self.layers:
            yield from layer.parameters()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return F(x), of the shape of `x`, and the log of the volume change, of shape (n_rows,)."""
        log_volume = x.new_zeros(len(x))
        first, second = x[:, : self.n_first], x[:, self.n_first :]
        for i, layer in enumerate(self.layers):
            if i % 2:
                log_scale, shift = _scale_and_shift(layer, first)
                second = second * log_scale.exp() + shift
            else:
                log_scale, shift = _scale_and_shift(layer, second)
                first = first * log_scale.exp() + shift
            log_volume = log_volume + log_scale.sum(dim=1)
        return _joined(first, second), log_volume

    def inverse(self, s: torch.Tensor) -> torch.Tensor:
        """Return the x of which `s` is F(x)."""
        first, second = s[:, : self.n_first], s[:, self.n_first :]
        for i, layer in reversed(list(enumerate(self.layers))):
            if i % 2:
                log_scale, shift = _scale_and_shift(layer, first)
                second = (second - shift) * (-log_scale).exp()
            else:
                log_scale, shift = _scale_and_shift(layer, second)
                first = (first - shift) * (-log_scale).exp()
        return _joined(first, second)


def _scale_and_shift(layer: torch.nn.Module, half: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what `layer` reads from a half; the log of the scale lies in (-1, 1), so that no inverse explodes."""
    log_scale, shift = layer(half).chunk(2, dim=1)
    return log_scale.tanh(), shift


def _joined(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.cat([first, second], dim=1)
