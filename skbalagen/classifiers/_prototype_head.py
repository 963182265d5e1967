"""Nearest class centroid as a head (ProtoBERT, Tänzer et al. 2022)."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

from skbalagen._utils.sklearn_compat import Interval
from skbalagen.classifiers._head import Head
from skbalagen.classifiers._head_module import mean_by_class

if TYPE_CHECKING:
    import torch

__all__ = ["PrototypeHead"]


class PrototypeHead(Head):
    """Minus the squared distance to the centroid of each class: ``logit_j = -|f(x) - c_j|**2``.

    f is a linear layer without bias that starts as a rotation. The centroids are no parameters: they begin as
    the class means, follow the rows of each training step, and are the exact means of all rows at the end.

    Parameters
    ----------
    n_components : int or None, default=None
        Length of f(x), at least 1; None is that of x.
    rate : float, default=0.1
        How far the centroid of a class moves to the mean of its rows in a training step, in [0, 1].
    catch_all_logit : float, default=-4.0
        First value of the logit of the catch-all class, which is a learned number: a row belongs to it if it
        is far from all centroids.

    References
    ----------
    Tänzer, Ruder, Rei (2022), "Memorisation versus Generalisation in Pre-trained Language Models", ACL, section 6
    (ProtoBERT). The paper forms centroids within episodes; that would make a row's loss depend on its batch. The
    rotation as a start is our choice.
    """

    name: ClassVar[str] = "prototype"
    supports_catch_all: ClassVar[bool] = True
    needs_vectors: ClassVar[bool] = True
    required_link: ClassVar[str | None] = "softmax"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "rate": [Interval(Real, 0, 1, closed="both")],
        "catch_all_logit": [Real],
    }

    def __init__(
        self, n_components: int | None = None, rate: float = 0.1, catch_all_logit: float = -4.0
    ) -> None:
        self.n_components = n_components
        self.rate = rate
        self.catch_all_logit = catch_all_logit

    def start(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Set the centroids to the class means; arguments as in :meth:`Head.start`."""
        module = self.module_
        module.centroids = mean_by_class(self._projected(vectors), targets, module.n_classes)

    finish = start

    def observe(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Move the centroids of the classes that occur; arguments as in :meth:`Head.start`."""
        module = self.module_
        means = mean_by_class(self._projected(vectors), targets, module.n_classes)
        seen = targets.bincount(minlength=module.n_classes) > 0
        moved = (1 - self.rate) * module.centroids + self.rate * means
        module.centroids = moved.where(seen[:, None], module.centroids)

    def _projected(self, vectors: torch.Tensor) -> torch.Tensor:
        import torch

        with torch.no_grad():
            return self.module_.projection(vectors.to(self.module_.projection.weight.dtype))

    def _parts(self, n_features: int, n_classes: int, catch_all: int | None) -> dict[str, Any]:
        import torch

        n_components = self.n_components or n_features
        projection = torch.nn.Linear(n_features, n_components, bias=False)
        torch.nn.init.orthogonal_(projection.weight)
        parts = {"projection": projection, "centroids": torch.zeros(n_classes, n_components)}
        if catch_all is not None:
            parts["catch_all_logit"] = torch.nn.Parameter(torch.tensor(float(self.catch_all_logit)))
        return parts

    def _logits(self, module: Any, vectors: torch.Tensor) -> torch.Tensor:
        f = module.projection(vectors)
        squared = (f**2).sum(dim=1, keepdim=True) + (module.centroids**2).sum(dim=1)
        logits = -(squared - 2 * f @ module.centroids.T)
        if module.catch_all is None:
            return logits
        apart = module.catch_all_logit.expand(len(logits), 1)
        return logits.scatter(1, apart.new_full((len(logits), 1), module.catch_all).long(), apart)
