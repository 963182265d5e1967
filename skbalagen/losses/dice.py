"""Dice loss and self-adjusting dice loss (Milletari et al. 2016, Li et al. 2020)."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.losses._log_space import log_probabilities
from skbalagen.losses.base import Loss

if TYPE_CHECKING:
    import torch

__all__ = ["DiceLoss", "dice_loss"]


def dice_loss(
    logits: torch.Tensor, targets: torch.Tensor, *, alpha: float = 0.0, smoothing: float = 1.0
) -> torch.Tensor:
    """Return the dice loss of each row.

    With y the one-hot target and ``q = (1 - p)**alpha * p``, it is the sum over the classes of
    ``1 - (2 q y + smoothing) / (q**2 + y**2 + smoothing)``.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_classes)
    targets : tensor of int64, of shape (n_rows,)
        Class numbers.
    alpha : float, default=0.0
        How much sure predictions are held back, at least 0. 0 is the plain dice loss, above 0 the self-adjusting
        one.
    smoothing : float, default=1.0
        Keeps classes with small q from dominating, above 0.

    Returns
    -------
    tensor of shape (n_rows,)

    References
    ----------
    Milletari et al. (2016), "V-Net", 3DV. Li et al. (2020), "Dice Loss for Data-imbalanced NLP Tasks", ACL,
    section 3.

    Examples
    --------
    >>> import torch
    >>> dice_loss(torch.tensor([[2.0, 1.0, 0.0]] * 2), torch.tensor([0, 2]))
    tensor([0.1104, 0.7756])
    """
    import torch

    log_p, log_rest = log_probabilities(logits)
    q = (alpha * log_rest + log_p).exp()
    y = torch.zeros_like(q).scatter(1, targets[:, None], 1.0)
    return (1 - (2 * q * y + smoothing) / (q**2 + y + smoothing)).sum(dim=1)


class DiceLoss(Loss):
    """Dice loss: a smooth F1 of each row, in which easy negatives do not drown the positives.

    Parameters
    ----------
    alpha : float, default=0.0
        How much sure predictions are held back, at least 0. 0 is the plain dice loss. Li et al. (2020) print an
        exponent of 1; with it the loss is smallest at p = 0.5 of the right class, so that it cannot be used
        alone. Their scripts use 0.01, and so does ``named_loss("self-adjusting-dice")``: it is smallest at
        p = 0.990099.
    smoothing : float, default=1.0
        Keeps classes with small q from dominating, above 0.

    See Also
    --------
    skbalagen.losses.dice_loss : The formula.

    Notes
    -----
    The gradient of a row is small while the model is far from right. One epoch of cross-entropy before it is an
    option, as a stage of :class:`skbalagen.TransformerClassifier`. Each row is a set of its own; sums over a
    batch would depend on how it is split.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alpha": [Interval(Real, 0, None, closed="left")],
        "smoothing": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, alpha: float = 0.0, smoothing: float = 1.0) -> None:
        self.alpha = alpha
        self.smoothing = smoothing

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return dice_loss(logits, targets, alpha=self.alpha, smoothing=self.smoothing)
