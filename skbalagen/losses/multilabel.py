"""Binary cross-entropy and binary focal loss, for any number of labels per row."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.losses.base import Loss

if TYPE_CHECKING:
    import torch

__all__ = [
    "BinaryCrossEntropyLoss",
    "BinaryFocalLoss",
    "binary_cross_entropy_loss",
    "binary_focal_loss",
    "focal_terms",
]


def binary_cross_entropy_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return ``-y log p - (1 - y) log(1 - p)`` of each row and label, p being the sigmoid of the logit.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_labels)
    targets : tensor of float, of shape (n_rows, n_labels)
        1 for each label that a row has, 0 for the others.

    Returns
    -------
    tensor of shape (n_rows, n_labels)

    Examples
    --------
    >>> import torch
    >>> binary_cross_entropy_loss(torch.tensor([[1.0, -0.5, 0.2]]), torch.tensor([[1.0, 0.0, 1.0]]))
    tensor([[0.3133, 0.4741, 0.5981]])
    """
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")


def binary_focal_loss(
    logits: torch.Tensor, targets: torch.Tensor, *, gamma: float = 2.0, alpha: float | None = 0.25
) -> torch.Tensor:
    """Return the binary focal loss of each row and label.

    With p the sigmoid of the logit, it is ``-alpha (1 - p)**gamma log p`` for a label that the row has, and
    ``-(1 - alpha) p**gamma log(1 - p)`` for the others.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_labels)
    targets : tensor of float, of shape (n_rows, n_labels)
        1 for each label that a row has, 0 for the others.
    gamma : float, default=2.0
        How much labels that are already right lose weight, at least 0.
    alpha : float or None, default=0.25
        Weight of the labels that a row has, in (0, 1); the others have the rest to 1. None weights both with 1;
        then gamma=0 is the binary cross-entropy.

    Returns
    -------
    tensor of shape (n_rows, n_labels)

    References
    ----------
    Lin et al. (2017), "Focal Loss for Dense Object Detection", ICCV, section 3.

    Examples
    --------
    >>> import torch
    >>> binary_focal_loss(torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 0.0]]))
    tensor([[0.0057, 0.5264]])
    """
    terms = focal_terms(logits * (2 * targets - 1), gamma)
    return terms if alpha is None else terms * (alpha * targets + (1 - alpha) * (1 - targets))


def focal_terms(margins: torch.Tensor, gamma: float) -> torch.Tensor:
    """Return ``-(1 - p)**gamma * log p``, p being the sigmoid of the margin, without underflow.

    Parameters
    ----------
    margins : tensor
        Logits of what is true: the logit of a label that a row has, minus that of one that it does not have.
    gamma : float

    Returns
    -------
    tensor of the shape of `margins`
    """
    from torch.nn.functional import softplus

    return (-gamma * softplus(margins)).exp() * softplus(-margins)


class BinaryCrossEntropyLoss(Loss):
    """Binary cross-entropy: each label is a problem of its own. Class weights weight the labels that a row has.

    See Also
    --------
    skbalagen.losses.binary_cross_entropy_loss : The formula.

    Notes
    -----
    The weights are the ``pos_weight`` of ``torch.nn.BCEWithLogitsLoss``.
    """

    link: ClassVar[str] = "sigmoid"

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return binary_cross_entropy_loss(logits, targets)


class BinaryFocalLoss(Loss):
    """Focal loss of each label: those that the model is sure of count less.

    Parameters
    ----------
    gamma : float, default=2.0
        How much labels that are already right lose weight, at least 0.
    alpha : float or None, default=0.25
        Weight of the labels that a row has, in (0, 1); the others have the rest to 1. None weights both with 1.

    See Also
    --------
    skbalagen.losses.binary_focal_loss : The formula.
    """

    link: ClassVar[str] = "sigmoid"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "gamma": [Interval(Real, 0, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="neither"), None],
    }

    def __init__(self, gamma: float = 2.0, alpha: float | None = 0.25) -> None:
        self.gamma = gamma
        self.alpha = alpha

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return binary_focal_loss(logits, targets, gamma=self.gamma, alpha=self.alpha)
