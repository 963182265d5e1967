"""Pairwise ranking loss with a catch-all class (dos Santos et al. 2015, Adel et al. 2017)."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.losses.base import Loss

if TYPE_CHECKING:
    import torch

__all__ = ["RankingLoss", "ranking_loss"]


def ranking_loss(
    scores: torch.Tensor,
    targets: torch.Tensor,
    *,
    catch_all: int | None = None,
    gamma: float = 2.0,
    positive_margin: float = 2.5,
    negative_margin: float = 0.5,
) -> torch.Tensor:
    """Return the ranking loss of each row.

    With c the best-scored wrong class other than the catch-all class, it is
    ``log(1 + exp(gamma * (positive_margin - s_y))) + log(1 + exp(gamma * (negative_margin + s_c)))``. The first
    term is left out for rows of the catch-all class.

    Parameters
    ----------
    scores : tensor of shape (n_rows, n_classes)
        That of the catch-all class is not read.
    targets : tensor of int64, of shape (n_rows,)
        Class numbers y.
    catch_all : int, default=None
        Column of the class of everything else, which has no pattern of its own to learn.
    gamma : float, default=2.0
        Sharpness, above 0.
    positive_margin : float, default=2.5
        Score that the right class is to exceed.
    negative_margin : float, default=0.5
        The best wrong class is to score below minus this.

    Returns
    -------
    tensor of shape (n_rows,)

    Notes
    -----
    The survey of Henning et al. (2023, Table 1) prints ``negative_margin - s_c``, which would reward a high score
    of the wrong class. The papers and the survey's own text have the sign used here.

    References
    ----------
    dos Santos et al. (2015), "Classifying Relations by Ranking with Convolutional Neural Networks", ACL,
    section 3. Adel and Schütze (2017), "Global Normalization of Convolutional Neural Networks for Joint Entity
    and Relation Classification", EMNLP.

    Examples
    --------
    >>> import torch
    >>> ranking_loss(torch.tensor([[2.0, 1.0, 0.0]] * 2), torch.tensor([0, 2]), catch_all=0)
    tensor([3.0486, 8.0553])
    """
    import torch
    from torch.nn.functional import softplus

    gold = targets[:, None]
    wrong = scores.scatter(1, gold, -torch.inf)
    if catch_all is not None:
        wrong = wrong.index_fill(1, torch.tensor([catch_all], device=scores.device), -torch.inf)
    down = softplus(gamma * (negative_margin + wrong.amax(dim=1)))
    up = softplus(gamma * (positive_margin - scores.gather(1, gold)[:, 0]))
    return down + (up if catch_all is None else up.masked_fill(targets == catch_all, 0.0))


class RankingLoss(Loss):
    """Ranking loss: the right class scores high, the best wrong one low, and a catch-all class is what remains.

    With a catch-all class, its score is fixed at 0 by the head. It is predicted where all others score below 0.

    Parameters
    ----------
    gamma : float, default=2.0
        Sharpness, above 0.
    positive_margin : float, default=2.5
        Score that the right class is to exceed, at least 0.
    negative_margin : float, default=0.5
        The best wrong class is to score below minus this, at least 0.

    See Also
    --------
    skbalagen.losses.ranking_loss : The formula.

    Notes
    -----
    The scores are ranks, not log probabilities: the probabilities of a model trained with them are not calibrated.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "gamma": [Interval(Real, 0, None, closed="neither")],
        "positive_margin": [Interval(Real, 0, None, closed="left")],
        "negative_margin": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self, gamma: float = 2.0, positive_margin: float = 2.5, negative_margin: float = 0.5
    ) -> None:
        self.gamma = gamma
        self.positive_margin = positive_margin
        self.negative_margin = negative_margin

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return ranking_loss(
            logits,
            targets,
            catch_all=self.catch_all_,
            gamma=self.gamma,
            positive_margin=self.positive_margin,
            negative_margin=self.negative_margin,
        )
