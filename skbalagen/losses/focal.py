"""Focal loss of one label per row (Lin et al. 2017)."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.losses._log_space import log_probabilities
from skbalagen.losses.base import Loss

if TYPE_CHECKING:
    import torch

__all__ = ["FocalLoss", "focal_loss"]


def focal_loss(logits: torch.Tensor, targets: torch.Tensor, *, gamma: float = 2.0) -> torch.Tensor:
    """Return ``-(1 - p_y)**gamma * log p_y`` of each row.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_classes)
    targets : tensor of int64, of shape (n_rows,)
        Class numbers y.
    gamma : float, default=2.0
        How much rows that are already right lose weight, at least 0; 0 is the cross-entropy.

    Returns
    -------
    tensor of shape (n_rows,)

    References
    ----------
    Lin et al. (2017), "Focal Loss for Dense Object Detection", ICCV, section 3.2.

    Examples
    --------
    >>> import torch
    >>> focal_loss(torch.tensor([[2.0, 1.0, 0.0]] * 2), torch.tensor([0, 2]))
    tensor([0.0457, 1.9936])
    """
    log_p, log_rest = log_probabilities(logits)
    gold = targets[:, None]
    return -((gamma * log_rest.gather(1, gold)).exp() * log_p.gather(1, gold))[:, 0]


class FocalLoss(Loss):
    """Focal loss: rows that the model is sure of, mostly those of frequent classes, count less.

    Parameters
    ----------
    gamma : float, default=2.0
        How much rows that are already right lose weight, at least 0; 0 is the cross-entropy.

    See Also
    --------
    skbalagen.losses.focal_loss : The formula.
    skbalagen.losses.BinaryFocalLoss : The same for any number of labels per row.

    Notes
    -----
    The paper's alpha is `class_weight` here. Class weights multiply the loss; p_y in the formula is that of the
    model, not of the weighted loss.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {"gamma": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, gamma: float = 2.0) -> None:
        self.gamma = gamma

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return focal_loss(logits, targets, gamma=self.gamma)
