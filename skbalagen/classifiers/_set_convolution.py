"""Set convolution as a head (SetConv, Gao et al. 2020)."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.classifiers._head import Head
from skbalagen.classifiers._head_module import mean_by_class

if TYPE_CHECKING:
    import torch

__all__ = ["SetConvolutionHead", "convolve_rows"]


def convolve_rows(
    rows: torch.Tensor, anchors: torch.Tensor, kernel: torch.nn.Module, weight: torch.Tensor
) -> torch.Tensor:
    """Return the set convolution of sets of one row; that of a larger set is the mean over its rows.

    Output o of row x is ``g(x - a)_o * (x . w_o)``, where w_o is the softmax over the inputs of column o of the
    weight.

    Parameters
    ----------
    rows : tensor of shape (..., n_features)
    anchors : tensor of shape (..., n_features)
        The anchor a of each row.
    kernel : torch.nn.Module
        The network g, from n_features to n_outputs.
    weight : tensor of shape (n_features, n_outputs)

    Returns
    -------
    tensor of shape (..., n_outputs)
    """
    return kernel(rows - anchors) * (rows @ weight.softmax(dim=0))


class SetConvolutionHead(Head):
    """Compare each row with one representative per class, both made by a convolution over sets of rows.

    The representative of a class is ``h(mean of g(x - a) * (x . w))`` over its rows, h being a linear layer with
    ReLU; the same is done with a row to classify, a set of one. The logit is the dot product of the two.
    Needs ``freeze_encoder=True``.

    Parameters
    ----------
    n_components : int, default=64
        Outputs of the convolution and of h, at least 1.
    max_rows : int, default=1000
        Rows that the representatives are made of, at least 1. If there are more, each class keeps its share of
        them, and at least one.

    Notes
    -----
    The paper has two classes, and the anchor a is the mean of the smaller one. With more classes, each has an
    anchor of its own, the mean of its rows; this, and the network g with one hidden layer, are not verified
    against the paper. The paper draws sets anew in each step; here they are drawn once, so that a row's loss does
    not depend on its batch.

    References
    ----------
    Gao et al. (2020), "SetConv: A New Approach for Learning from Imbalanced Data", EMNLP.
    """

    name: ClassVar[str] = "set-convolution"
    needs_frozen_encoder: ClassVar[bool] = True
    needs_vectors: ClassVar[bool] = True
    required_link: ClassVar[str | None] = "softmax"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "max_rows": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, n_components: int = 64, max_rows: int = 1000) -> None:
        self.n_components = n_components
        self.max_rows = max_rows

    def start(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Take the anchors and the rows of the sets; arguments as in :meth:`Head.start`."""
        module = self.module_
        means = mean_by_class(vectors, targets, module.n_classes)
        smaller = targets.bincount(minlength=module.n_classes).argmin()
        # (1, n_features) or (n_classes, n_features)
        module.anchors = means[smaller][None] if module.n_classes == 2 else means
        rows = shares_of_rows(targets.cpu().numpy(), self.max_rows, np.random.default_rng(self.seed_))
        module.set_rows, module.set_targets = vectors[rows], targets[rows]
        module.representatives = vectors.new_empty(0)

    def finish(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Compute the representatives once and for all; the rows are those of :meth:`Head.start`."""
        import torch

        with torch.no_grad():
            self.module_.representatives = self._representatives(self.module_)

    def _parts(self, n_features: int, n_classes: int, catch_all: int | None) -> dict[str, Any]:
        import torch
        from torch import nn

        n = self.n_components
        return {
            "weight": nn.Parameter(torch.randn(n_features, n) / n_features**0.5),
            "kernel": nn.Sequential(nn.Linear(n_features, n), nn.ReLU(), nn.Linear(n, n)),
            "output": nn.Linear(n, n),
            "anchors": torch.empty(0),
            "set_rows": torch.empty(0),
            "set_targets": torch.empty(0, dtype=torch.long),
            "representatives": torch.empty(0),
        }

    def _representatives(self, module: Any) -> torch.Tensor:
        """Return the representative of each class, of shape (n_classes, n_components)."""
        anchors = module.anchors.expand(module.n_classes, -1)[module.set_targets]
        each = convolve_rows(module.set_rows, anchors, module.kernel, module.weight)
        return module.output(mean_by_class(each, module.set_targets, module.n_classes)).relu()

    def _logits(self, module: Any, vectors: torch.Tensor) -> torch.Tensor:
        computed = len(module.representatives) > 0
        classes = module.representatives if computed else self._representatives(module)
        each = convolve_rows(vectors[:, None], module.anchors, module.kernel, module.weight)
        return (module.output(each).relu() * classes).sum(dim=2)  # (n_rows, n_classes)


def shares_of_rows(targets: np.ndarray, max_rows: int, rng: np.random.Generator) -> np.ndarray:
    """Return at most about `max_rows` rows, drawn from each class in proportion to its size.

    Parameters
    ----------
    targets : ndarray of int, of shape (n_rows,)
        Class numbers.
    max_rows : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int
        Sorted row numbers, at least one of each class.
    """
    share = min(1.0, max_rows / len(targets))
    kept = []
    for code in np.unique(targets):
        rows = np.flatnonzero(targets == code)
        kept.append(rng.choice(rows, max(1, round(share * len(rows))), replace=False))
    return np.sort(np.concatenate(kept))
