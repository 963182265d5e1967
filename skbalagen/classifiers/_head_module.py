"""The torch module that a head builds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["HeadModule", "mean_by_class"]  # noqa: F822 - __getattr__ makes the class


@cache
def _head_module_class() -> type:
    import torch

    class HeadModule(torch.nn.Module):
        """Parameters and buffers of a head, which computes the logits from them.

        Parameters
        ----------
        head : Head
            Has ``_logits(module, vectors)``.
        parts : mapping of {str: torch.nn.Parameter, torch.nn.Module or tensor}
            Become attributes; tensors become buffers.
        n_features, n_classes : int
        catch_all : int or None
            Column of the catch-all class.
        """

        def __init__(
            self,
            head: Any,
            parts: Mapping[str, Any],
            *,
            n_features: int,
            n_classes: int,
            catch_all: int | None,
        ) -> None:
            super().__init__()
            self.head = head
            self.n_features, self.n_classes, self.catch_all = n_features, n_classes, catch_all
            for name, part in parts.items():
                if isinstance(part, torch.nn.Parameter | torch.nn.Module):
                    setattr(self, name, part)
                else:
                    self.register_buffer(name, part)

        def forward(self, vectors: torch.Tensor) -> torch.Tensor:
            # Squared distances and cosines lose too much in half precision, and a head costs little.
            with torch.autocast(vectors.device.type, enabled=False):
                return self.head._logits(self, vectors.to(next(self.parameters()).dtype))

    HeadModule.__qualname__ = "HeadModule"  # so that pickle finds it through __getattr__
    return HeadModule


def __getattr__(name: str) -> Any:
    """Make the class when it is first asked for: its base is torch's, which is not loaded before."""
    if name == "HeadModule":
        return _head_module_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def mean_by_class(values: torch.Tensor, targets: torch.Tensor, n_classes: int) -> torch.Tensor:
    """Return the mean of the rows of each class.

    Parameters
    ----------
    values : tensor of shape (n_rows, n_columns)
    targets : tensor of int64, of shape (n_rows,)
        Class numbers.
    n_classes : int

    Returns
    -------
    tensor of shape (n_classes, n_columns)
        0 for a class without rows.
    """
    sums = values.new_zeros(n_classes, values.shape[1]).index_add(0, targets, values)
    return sums / targets.bincount(minlength=n_classes).clamp(min=1)[:, None]
