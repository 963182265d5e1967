"""Similarity to a few rows for rare labels (HSCNN, Yang et al. 2020)."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.classifiers._head import Head
from skbalagen.classifiers._head_module import mean_by_class

if TYPE_CHECKING:
    import torch

__all__ = ["SiameseHead", "label_similarity"]


def label_similarity(
    u1: torch.Tensor,
    u2: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | float,
) -> torch.Tensor:
    """Return the logit of the similarity of two rows with regard to a label, ``v . (|u1 - u2| * relu(l)) + b``.

    Parameters
    ----------
    u1, u2 : tensor of shape (..., n_components)
        The two rows, each ``sigmoid(W x)``.
    labels : tensor of shape (..., n_components)
        The label's vector l, ``Q e_j / sqrt(n_labels)``.
    weight : tensor of shape (n_components,)
        v.
    bias : tensor of shape () or float
        b.

    Returns
    -------
    tensor of shape (...)
        Its sigmoid is the similarity.
    """
    return ((u1 - u2).abs() * labels.relu()) @ weight + bias


class SiameseHead(Head):
    """A linear layer for frequent labels, and the similarity to a few rows for rare ones. For several labels.

    A rare label is given if the similarity of the row to the mean of the label's support rows is at least 0.5.

    Parameters
    ----------
    tail_fraction : float, default=0.5
        Fraction of the labels, the rarest, that are treated as rare; in (0, 1].
    n_supports : int, default=5
        Support rows per rare label, at least 1; a label with fewer rows has fewer.
    n_components : int, default=64
        Length of the compared vectors, at least 1.

    Attributes
    ----------
    tail_ : ndarray of int
        Columns of the rare labels, after :meth:`Head.start`.

    Notes
    -----
    The paper's rows come from a convolutional network; here they are the encoder's vectors. The paper trains on
    pairs of rows; here each row is compared with the mean of the support rows, as it is when predicting, so that
    a row's loss does not depend on its batch.

    References
    ----------
    Yang et al. (2020), "HSCNN: A Hybrid-Siamese Convolutional Neural Network for Extremely Imbalanced Multi-label
    Text Classification", EMNLP.
    """

    name: ClassVar[str] = "siamese"
    needs_vectors: ClassVar[bool] = True
    required_link: ClassVar[str | None] = "sigmoid"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "tail_fraction": [Interval(Real, 0, 1, closed="right")],
        "n_supports": [Interval(Integral, 1, None, closed="left")],
        "n_components": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, tail_fraction: float = 0.5, n_supports: int = 5, n_components: int = 64) -> None:
        self.tail_fraction = tail_fraction
        self.n_supports = n_supports
        self.n_components = n_components

    def start(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Choose the rare labels and their support rows; arguments as in :meth:`Head.start`."""
        import torch

        if targets.ndim != 2:
            raise ValueError(
                f"head='siamese' needs several labels per row, an indicator matrix, got one label per row "
                f"(shape {tuple(targets.shape)}). Choose another head."
            )
        present = targets.cpu().numpy() > 0
        counts = present.sum(axis=0)
        if not counts.all():
            raise ValueError(
                f"head='siamese' needs a row of each label, got none of label {int(counts.argmin())}. Leave the label "
                "out, or add rows."
            )
        n_tail = max(1, round(self.tail_fraction * len(counts)))
        self.tail_ = np.sort(np.argsort(counts, kind="stable")[:n_tail])
        rng = np.random.default_rng(self.seed_)
        self._supports = [
            rng.permutation(np.flatnonzero(present[:, label]))[: self.n_supports] for label in self.tail_
        ]
        self.module_.tail = torch.from_numpy(self.tail_).to(vectors.device)
        self.finish(vectors, targets)

    def finish(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Take the support rows' vectors anew; arguments as in :meth:`Head.finish`."""
        import torch

        rows = torch.from_numpy(np.concatenate(self._supports)).to(vectors.device)
        of_label = np.repeat(np.arange(len(self.tail_)), [len(rows) for rows in self._supports])
        module = self.module_
        module.support_rows = vectors.detach()[rows]
        module.support_labels = torch.from_numpy(of_label).to(vectors.device)

    def _parts(self, n_features: int, n_classes: int, catch_all: int | None) -> dict[str, Any]:
        import torch
        from torch import nn

        return {
            "linear": nn.Linear(n_features, n_classes),
            "projection": nn.Linear(n_features, self.n_components, bias=False),
            "label_vectors": nn.Parameter(torch.randn(n_classes, self.n_components)),  # Q, one row per label
            "similarity": nn.Linear(self.n_components, 1),
            "tail": torch.empty(0, dtype=torch.long),
            "support_rows": torch.empty(0),
            "support_labels": torch.empty(0, dtype=torch.long),
        }

    def _logits(self, module: Any, vectors: torch.Tensor) -> torch.Tensor:
        supports = module.projection(module.support_rows).sigmoid()
        u = module.projection(vectors).sigmoid()
        similarity = label_similarity(
            u[:, None],
            mean_by_class(supports, module.support_labels, len(module.tail)),
            module.label_vectors[module.tail] / module.n_classes**0.5,
            module.similarity.weight[0],
            module.similarity.bias[0],
        )  # (n_rows, n_tail)
        return module.linear(vectors).index_copy(1, module.tail, similarity)
