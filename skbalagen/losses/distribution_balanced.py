"""Distribution-balanced loss of several labels per row (Wu et al. 2020, Huang et al. 2021)."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.losses.base import Loss, positive_counts, tensor_like
from skbalagen.losses.multilabel import focal_terms

if TYPE_CHECKING:
    import torch

__all__ = ["DistributionBalancedLoss", "distribution_balanced_loss"]


def distribution_balanced_loss(
    logits: torch.Tensor,
    targets: torch.Tensor,
    class_counts: torch.Tensor | np.ndarray,
    n_rows: float,
    *,
    alpha: float = 0.1,
    beta: float = 10.0,
    mu: float = 0.9,
    kappa: float = 0.05,
    lam: float = 2.0,
    gamma: float = 2.0,
) -> torch.Tensor:
    """Return the distribution-balanced loss of each row and label.

    Three ideas in one formula, for label j with n_j of the N rows:

    - *re-balanced weights*: ``r_j = (1 / n_j) / sum(1 / n_i over the labels i of the row)`` is the chance that a
      row is drawn for label j among all its labels, if labels were drawn first. A row without labels has r = 1.
      The weight is ``w_j = alpha + sigmoid(beta (r_j - mu))``;
    - *bias*: the logit is shifted, ``u_j = logit_j - kappa log(N / n_j - 1)``;
    - *negative tolerance*: a label that the row does not have is damped by lam.

    A label that the row has costs ``-w (1 - q)**gamma log q`` with ``q = sigmoid(u)``; another one costs
    ``-w / lam q**gamma log(1 - q)`` with ``q = sigmoid(lam u)``.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_labels)
    targets : tensor of float, of shape (n_rows, n_labels)
        1 for each label that a row has, 0 for the others.
    class_counts : array-like of shape (n_labels,)
        Rows n of each label in the training set, above 0.
    n_rows : float
        Rows N of the training set.
    alpha, beta, mu : float, default=0.1, 10.0, 0.9
        Of the weights: their floor, the steepness and the middle.
    kappa : float, default=0.05
        Strength of the bias, at least 0.
    lam : float, default=2.0
        Tolerance of labels that a row does not have, above 0; 1 is none.
    gamma : float, default=2.0
        Of the focal loss, at least 0.

    Returns
    -------
    tensor of shape (n_rows, n_labels)

    Notes
    -----
    With kappa=0, lam=1 and weights of 1 (alpha=0.5, beta=0) it is the binary focal loss without its alpha; with
    gamma=0 as well, the binary cross-entropy. For a label of all rows, N / n - 1 is taken at n = N - 1/2. Written
    from the formulas of the papers, not from their code.

    References
    ----------
    Wu et al. (2020), "Distribution-Balanced Loss for Multi-Label Classification in Long-Tailed Datasets", ECCV.
    Huang et al. (2021), "Balancing Methods for Multi-label Text Classification with Long-Tailed Class
    Distribution", EMNLP, section 3, whose defaults these are.

    Examples
    --------
    >>> import torch
    >>> logits, targets = torch.tensor([[1.0, -0.5, 0.2]]), torch.tensor([[1.0, 0.0, 1.0]])
    >>> distribution_balanced_loss(logits, targets, torch.tensor([50, 20, 5]), 100)
    tensor([[0.0023, 0.0008, 0.0984]])
    """
    import torch

    counts = tensor_like(class_counts, logits)
    rarity = 1 / counts
    drawn = (targets * rarity).sum(dim=1, keepdim=True)  # (n_rows, 1)
    r = torch.where(drawn > 0, rarity / drawn.clamp(min=rarity.min() / 2), 1.0)
    weights = alpha + torch.sigmoid(beta * (r - mu))
    shifted = logits - kappa * (n_rows / counts.clamp(max=n_rows - 0.5) - 1).log()
    present = targets > 0.5
    terms = focal_terms(torch.where(present, shifted, -lam * shifted), gamma)
    return weights * terms.where(present, terms / lam)


class DistributionBalancedLoss(Loss):
    """Loss for several labels per row that allows for rows drawn for one label bringing their others along.

    Parameters
    ----------
    alpha, beta, mu : float, default=0.1, 10.0, 0.9
        Of the weights: their floor (at least 0), the steepness (at least 0) and the middle.
    kappa : float, default=0.05
        Strength of the bias by label frequency, at least 0.
    lam : float, default=2.0
        Tolerance of labels that a row does not have, above 0; 1 is none.
    gamma : float, default=2.0
        Of the focal loss, at least 0.

    See Also
    --------
    skbalagen.losses.distribution_balanced_loss : The formula.

    Notes
    -----
    It is meant for rows that are drawn label by label (``sampler="class-aware"``).
    """

    link: ClassVar[str] = "sigmoid"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alpha": [Interval(Real, 0, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "mu": [Real],
        "kappa": [Interval(Real, 0, None, closed="left")],
        "lam": [Interval(Real, 0, None, closed="neither")],
        "gamma": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        alpha: float = 0.1,
        beta: float = 10.0,
        mu: float = 0.9,
        kappa: float = 0.05,
        lam: float = 2.0,
        gamma: float = 2.0,
    ) -> None:
        self.alpha = alpha
        self.beta = beta
        self.mu = mu
        self.kappa = kappa
        self.lam = lam
        self.gamma = gamma

    def _start(self) -> None:
        positive_counts(self.class_counts_, needed_by="the distribution-balanced loss")

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return distribution_balanced_loss(
            logits, targets, self.class_counts_, self.n_rows_, **self.get_params()
        )
