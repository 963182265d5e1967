"""Losses for imbalanced classes: estimators for TransformerClassifier, and plain functions on tensors."""

from collections.abc import Callable

from skbalagen.losses.base import Loss
from skbalagen.losses.dice import DiceLoss, dice_loss
from skbalagen.losses.distribution_balanced import DistributionBalancedLoss, distribution_balanced_loss
from skbalagen.losses.focal import FocalLoss, focal_loss
from skbalagen.losses.ldam import BinaryLDAMLoss, LDAMLoss, binary_ldam_loss, ldam_loss, ldam_margins
from skbalagen.losses.logit_adjusted import LogitAdjustedLoss, logit_adjusted_loss
from skbalagen.losses.multilabel import (
    BinaryCrossEntropyLoss,
    BinaryFocalLoss,
    binary_cross_entropy_loss,
    binary_focal_loss,
)
from skbalagen.losses.ranking import RankingLoss, ranking_loss
from skbalagen.losses.weighted import (
    CrossEntropyLoss,
    class_weights,
    cross_entropy_loss,
    effective_number_weights,
)

__all__ = [
    "LOSS_NAMES",
    "BinaryCrossEntropyLoss",
    "BinaryFocalLoss",
    "BinaryLDAMLoss",
    "CrossEntropyLoss",
    "DiceLoss",
    "DistributionBalancedLoss",
    "FocalLoss",
    "LDAMLoss",
    "LogitAdjustedLoss",
    "Loss",
    "RankingLoss",
    "binary_cross_entropy_loss",
    "binary_focal_loss",
    "binary_ldam_loss",
    "class_weights",
    "cross_entropy_loss",
    "dice_loss",
    "distribution_balanced_loss",
    "effective_number_weights",
    "focal_loss",
    "ldam_loss",
    "ldam_margins",
    "logit_adjusted_loss",
    "named_loss",
    "ranking_loss",
]

_LOSSES: dict[str, Callable[[], Loss]] = {
    "cross-entropy": CrossEntropyLoss,
    "focal": FocalLoss,
    "dice": DiceLoss,
    "self-adjusting-dice": lambda: DiceLoss(alpha=0.01),
    "ldam": LDAMLoss,
    "ranking": RankingLoss,
    "logit-adjusted": LogitAdjustedLoss,
    "binary-cross-entropy": BinaryCrossEntropyLoss,
    "binary-focal": BinaryFocalLoss,
    "binary-ldam": BinaryLDAMLoss,
    "distribution-balanced": DistributionBalancedLoss,
}
LOSS_NAMES = tuple(_LOSSES)


def named_loss(name: str) -> Loss:
    """Return a new loss with its default parameters.

    Parameters
    ----------
    name : str
        One of `LOSS_NAMES`.

    Raises
    ------
    ValueError
        Another name.

    Examples
    --------
    >>> named_loss("focal")
    FocalLoss()
    """
    if name not in _LOSSES:
        raise ValueError(
            f"loss must be a Loss or one of {list(LOSS_NAMES)}, got {name!r}. Choose one of them."
        )
    return _LOSSES[name]()
