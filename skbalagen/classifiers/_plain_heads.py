"""Heads that are one matrix: linear and cosine."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.classifiers._head import Head

if TYPE_CHECKING:
    import torch

__all__ = ["CosineHead", "LinearHead"]


class LinearHead(Head):
    """A linear layer: ``logits = W x + b``. The logit of a catch-all class is 0.

    Examples
    --------
    >>> import torch
    >>> from skbalagen.classifiers.heads import LinearHead
    >>> LinearHead().build(4, 3, catch_all=1)(torch.ones(2, 4))[:, 1].tolist()
    [0.0, 0.0]
    """

    name: ClassVar[str] = "linear"
    supports_bias: ClassVar[bool] = True
    supports_catch_all: ClassVar[bool] = True

    def _parts(self, n_features: int, n_classes: int, catch_all: int | None) -> dict[str, Any]:
        import torch

        return _without(catch_all, torch.nn.Linear(n_features, n_classes))

    def _logits(self, module: Any, vectors: torch.Tensor) -> torch.Tensor:
        import torch

        logits = torch.nn.functional.linear(vectors, module.weight, module.bias)
        if (
            module.catch_all is not None
        ):  # a bias of the catch-all class, such as that of its share, is the zero point
            logits = logits - module.bias[module.catch_all].detach()
        return _fix_catch_all(logits, module.catch_all)


class CosineHead(Head):
    """Scaled cosines: ``logits = scale * cos(w, x)``, without a bias. The logit of a catch-all class is 0.

    Frequent classes cannot score higher by longer weights.

    Parameters
    ----------
    scale : float, default=30.0
        Largest logit, above 0.

    See Also
    --------
    skbalagen.losses.LDAMLoss : Needs it, with the same scale.
    """

    name: ClassVar[str] = "cosine"
    supports_catch_all: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {"scale": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, scale: float = 30.0) -> None:
        self.scale = scale

    def _parts(self, n_features: int, n_classes: int, catch_all: int | None) -> dict[str, Any]:
        import torch

        return _without(catch_all, torch.nn.Linear(n_features, n_classes, bias=False))

    def _logits(self, module: Any, vectors: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import linear, normalize

        logits = self.scale * linear(normalize(vectors), normalize(module.weight))
        return _fix_catch_all(logits, module.catch_all)


def _without(catch_all: int | None, layer: torch.nn.Linear) -> dict[str, Any]:
    """Return the parameters of a layer, those of the catch-all class being 0; they never change."""
    parameters = dict(layer.named_parameters())
    if catch_all is not None:
        for parameter in parameters.values():
            parameter.data[catch_all] = 0.0
    return parameters


def _fix_catch_all(logits: torch.Tensor, catch_all: int | None) -> torch.Tensor:
    import torch

    if catch_all is None:
        return logits
    return logits.index_fill(1, torch.tensor([catch_all], device=logits.device), 0.0)
