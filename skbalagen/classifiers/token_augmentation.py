"""TextCut: squares of the hidden states of rare rows are taken from other rows (Jiang et al. 2021)."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

from sklearn.base import BaseEstimator

from skbalagen._utils.sklearn_compat import Interval

if TYPE_CHECKING:
    import torch

__all__ = ["TextCut"]


class TextCut(BaseEstimator):
    """Replace squares in the token vectors of rare rows by those of another row, in training only.

    A square covers some neighbouring tokens and some neighbouring features, at the same place in both rows. The
    row keeps its label.

    Parameters
    ----------
    n_squares : int, default=4
        Squares per row, at least 0; 0 changes nothing.
    area : float, default=0.05
        Area of a square as a fraction of a row's tokens times its features, in (0, 1]. The side, which is as
        many tokens as features, is clipped to the shorter of the two texts.
    probability : float, default=0.5
        That a row of a rare class is changed in a training step, in [0, 1].

    See Also
    --------
    skbalagen.TransformerClassifier : Takes it as `augment`, for the classes that are smaller than the mean.

    Notes
    -----
    Written from the abstract of the paper: its own choice of rows, partners and labels could not be checked. The
    partner comes from the part of the batch that is in memory at the same time.

    References
    ----------
    Jiang et al. (2021), "TextCut: A Multi-region Replacement Data Augmentation Approach for Text Imbalance
    Classification", ICONIP.

    Examples
    --------
    >>> import torch
    >>> hidden = torch.arange(32.0).reshape(2, 4, 4)  # two texts of four tokens, with four features each
    >>> seen = torch.ones(2, 4)
    >>> cut = TextCut(n_squares=1, area=1.0, probability=1.0)
    >>> bool((cut.mix(hidden, seen, torch.tensor([True, False]))[0] == hidden[1]).all())
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_squares": [Interval(Integral, 0, None, closed="left")],
        "area": [Interval(Real, 0, 1, closed="right")],
        "probability": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, n_squares: int = 4, area: float = 0.05, probability: float = 0.5) -> None:
        self.n_squares = n_squares
        self.area = area
        self.probability = probability

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of its range."""
        self._validate_params()

    def mix(self, hidden: torch.Tensor, seen: torch.Tensor, rare: torch.Tensor) -> torch.Tensor:
        """Return the token vectors of a batch with squares from other rows.

        Parameters
        ----------
        hidden : tensor of shape (n_rows, n_tokens, n_features)
        seen : tensor of shape (n_rows, n_tokens)
            1 for tokens, 0 for the padding, which is not touched.
        rare : tensor of bool, of shape (n_rows,)
            The rows that may be changed.

        Returns
        -------
        tensor of shape (n_rows, n_tokens, n_features)
        """
        import torch

        n_rows, _, n_features = hidden.shape
        if n_rows < 2 or not self.n_squares:
            return hidden
        lengths = seen.sum(dim=1).int().tolist()
        changed = (torch.rand(n_rows) < self.probability) & rare.cpu()
        mixed = hidden.clone()
        for row in changed.nonzero()[:, 0].tolist():
            partner = (row + 1 + _below(n_rows - 1)) % n_rows
            shorter = min(lengths[row], lengths[partner])
            side = math.ceil(math.sqrt(self.area * lengths[row] * n_features))
            n_tokens, width = min(side, shorter), min(side, n_features)
            for _ in range(self.n_squares):
                token, feature = _below(shorter - n_tokens + 1), _below(n_features - width + 1)
                square = (slice(token, token + n_tokens), slice(feature, feature + width))
                mixed[row][square] = hidden[partner][square]
        return mixed


def _below(n: int) -> int:
    """Return a whole number from 0 to n - 1, from torch's random state."""
    import torch

    return int(torch.randint(n, ()))
