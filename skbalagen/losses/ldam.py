"""Label-distribution-aware margins (Cao et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.losses.base import Loss, positive_counts, tensor_like
from skbalagen.losses.multilabel import binary_cross_entropy_loss
from skbalagen.losses.weighted import cross_entropy_loss

if TYPE_CHECKING:
    import torch

__all__ = ["BinaryLDAMLoss", "LDAMLoss", "binary_ldam_loss", "ldam_loss", "ldam_margins"]


def ldam_margins(counts: Sequence[float] | np.ndarray, *, max_margin: float = 0.5) -> np.ndarray:
    """Return margins proportional to ``n**(-1/4)``, the largest of which is `max_margin`.

    Parameters
    ----------
    counts : array-like of shape (n_classes,)
        Rows n of each class, above 0.
    max_margin : float, default=0.5
        Margin of the rarest class.

    Returns
    -------
    ndarray of shape (n_classes,)

    Examples
    --------
    >>> ldam_margins([10000, 625, 16]).round(6).tolist()
    [0.1, 0.2, 0.5]
    """
    rarity = positive_counts(np.asarray(counts, dtype=float), needed_by="LDAM") ** -0.25
    return max_margin * rarity / rarity.max()


def ldam_loss(
    cosines: torch.Tensor,
    targets: torch.Tensor,
    margins: torch.Tensor | np.ndarray,
    *,
    scale: float = 30.0,
) -> torch.Tensor:
    """Return the cross-entropy of ``scale * (cosine - margin)``, the margin taken off the right class only.

    Parameters
    ----------
    cosines : tensor of shape (n_rows, n_classes)
        Cosines of a row's vector and the weights of each class, not scaled.
    targets : tensor of int64, of shape (n_rows,)
        Class numbers.
    margins : array-like of shape (n_classes,)
        See :func:`ldam_margins`; 0 is the cross-entropy of the scaled cosines.
    scale : float, default=30.0
        Above 0.

    Returns
    -------
    tensor of shape (n_rows,)

    References
    ----------
    Cao et al. (2019), "Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss", NeurIPS,
    section 3.2; the scale and the normalised margins are those of the authors' code.

    Examples
    --------
    >>> import torch
    >>> ldam_loss(torch.tensor([[0.5, 0.2, -0.1]]), torch.tensor([2]), ldam_margins([10000, 625, 16]))
    tensor([33.0001])
    """
    gold = targets[:, None]
    margin = tensor_like(margins, cosines)[targets][:, None]
    return cross_entropy_loss(scale * cosines.scatter_add(1, gold, -margin), targets)


def binary_ldam_loss(
    cosines: torch.Tensor,
    targets: torch.Tensor,
    margins: torch.Tensor | np.ndarray,
    *,
    scale: float = 30.0,
) -> torch.Tensor:
    """Return the binary cross-entropy of ``scale * (cosine - margin)``, margins taken off the labels of the row.

    Parameters
    ----------
    cosines : tensor of shape (n_rows, n_labels)
        Cosines of a row's vector and the weights of each label, not scaled.
    targets : tensor of float, of shape (n_rows, n_labels)
        1 for each label that a row has, 0 for the others.
    margins : array-like of shape (n_labels,)
        See :func:`ldam_margins`; 0 is the binary cross-entropy of the scaled cosines.
    scale : float, default=30.0
        Above 0.

    Returns
    -------
    tensor of shape (n_rows, n_labels)

    Notes
    -----
    Cao et al. (2019) have one label per row. That each label is a problem of its own with a margin of its own is the
    plain extension; we know of no published form.

    Examples
    --------
    >>> import torch
    >>> margins = ldam_margins([10000, 625, 16])
    >>> binary_ldam_loss(torch.tensor([[0.5, 0.2, -0.1]]), torch.tensor([[1.0, 0.0, 1.0]]), margins)
    tensor([[6.1442e-06, 6.0025e+00, 1.8000e+01]])
    """
    margin = tensor_like(margins, cosines) * targets
    return binary_cross_entropy_loss(scale * (cosines - margin), targets)


class LDAMLoss(Loss):
    """Margins that are wider for rarer classes. Needs ``head="cosine"``.

    Parameters
    ----------
    max_margin : float, default=0.5
        Margin of the rarest class, as a cosine, at least 0; 0 is the cross-entropy.
    scale : float, default=30.0
        Scale of the logits, which must be that of the cosine head; above 0.

    Attributes
    ----------
    margins_ : ndarray of shape (n_classes,)
        After :meth:`Loss.start`.

    See Also
    --------
    skbalagen.losses.ldam_loss : The formula.

    Notes
    -----
    The authors defer class weights to the last fifth of the training ("drw" among the stages of
    :class:`skbalagen.TransformerClassifier`).
    """

    required_head: ClassVar[str | None] = "cosine"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "max_margin": [Interval(Real, 0, None, closed="left")],
        "scale": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, max_margin: float = 0.5, scale: float = 30.0) -> None:
        self.max_margin = max_margin
        self.scale = scale

    def _start(self) -> None:
        self.margins_ = ldam_margins(self.class_counts_, max_margin=self.max_margin)

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        # The head has already scaled the cosines.
        return ldam_loss(logits / self.scale, targets, self.margins_, scale=self.scale)


class BinaryLDAMLoss(LDAMLoss):
    """Margins that are wider for rarer labels, for any number of labels per row. Needs ``head="cosine"``.

    Parameters
    ----------
    max_margin : float, default=0.5
        Margin of the rarest label, as a cosine, at least 0; 0 is the binary cross-entropy.
    scale : float, default=30.0
        Scale of the logits, which must be that of the cosine head; above 0.

    See Also
    --------
    skbalagen.losses.binary_ldam_loss : The formula.
    """

    link: ClassVar[str] = "sigmoid"

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return binary_ldam_loss(logits / self.scale, targets, self.margins_, scale=self.scale)
