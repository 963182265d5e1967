"""Logit-adjusted cross-entropy (Menon et al. 2021)."""

from __future__ import annotations

import warnings
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.losses.base import Loss, positive_counts, tensor_like
from skbalagen.losses.weighted import cross_entropy_loss

if TYPE_CHECKING:
    import torch

__all__ = ["LogitAdjustedLoss", "logit_adjusted_loss"]


def logit_adjusted_loss(
    logits: torch.Tensor, targets: torch.Tensor, priors: torch.Tensor | np.ndarray, *, tau: float = 1.0
) -> torch.Tensor:
    """Return the cross-entropy of ``logits + tau * log(priors)`` of each row.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_classes)
    targets : tensor of int64, of shape (n_rows,)
        Class numbers.
    priors : array-like of shape (n_classes,)
        Class shares, above 0.
    tau : float, default=1.0
        Strength, at least 0; 0 is the cross-entropy.

    Returns
    -------
    tensor of shape (n_rows,)

    References
    ----------
    Menon et al. (2021), "Long-tail learning via logit adjustment", ICLR (logit adjusted softmax cross-entropy).

    Examples
    --------
    >>> import torch
    >>> shares = torch.tensor([10000, 625, 16]) / 10641
    >>> logit_adjusted_loss(torch.tensor([[2.0, 1.0, 0.0]] * 2), torch.tensor([0, 2]), shares)
    tensor([0.0229, 8.4607])
    """
    return cross_entropy_loss(logits + tau * tensor_like(priors, logits).log(), targets)


class LogitAdjustedLoss(Loss):
    """Cross-entropy with the log shares of the classes added to the logits in training.

    The logits themselves then are those of equally frequent classes. Adjust them in training or after the fit,
    never both.

    Parameters
    ----------
    tau : float, default=1.0
        Strength, at least 0; 0 is the cross-entropy.

    Attributes
    ----------
    priors_ : ndarray of shape (n_classes,)
        Class shares, after :meth:`Loss.start`; they sum to 1.

    See Also
    --------
    skbalagen.losses.logit_adjusted_loss : The formula.
    skbalagen.LogitAdjustedClassifier : The adjustment after the fit, of any classifier.

    Notes
    -----
    A warning is issued if all classes have the same number of rows, as after over-sampling: then there is nothing
    to adjust.
    """

    adjusts_logits: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {"tau": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, tau: float = 1.0) -> None:
        self.tau = tau

    def _start(self) -> None:
        counts = positive_counts(self.class_counts_, needed_by="the logit-adjusted loss")
        self.priors_ = counts / counts.sum()
        if self.tau > 0 and np.ptp(counts) == 0:
            warnings.warn(
                f"The logit-adjusted loss is plain cross-entropy here, since every class has {counts[0]:g} rows. "
                'Use it instead of balanced rows, or take loss="cross-entropy".',
                UserWarning,
                stacklevel=2,
            )

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return logit_adjusted_loss(logits, targets, self.priors_, tau=self.tau)
