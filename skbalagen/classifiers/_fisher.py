"""Elastic weight consolidation: hold on to the weights that earlier rows depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["fisher_information", "fisher_penalty"]


def fisher_information(
    parameters: list[torch.nn.Parameter], losses: Iterable[torch.Tensor]
) -> list[torch.Tensor]:
    """Return the mean of the squared gradients of some batches, a diagonal estimate of Fisher's information.

    Parameters
    ----------
    parameters : list of torch.nn.Parameter
    losses : iterable of tensor
        The mean loss of each batch, at least one. It may be lazy, so that one graph is in memory at a time.

    Returns
    -------
    list of tensor
        Of the shapes of the parameters.
    """
    import torch

    totals = [torch.zeros_like(p) for p in parameters]
    n_batches = 0
    for loss in losses:
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        for total, gradient in zip(totals, gradients, strict=True):
            if gradient is not None:
                total += gradient**2
        n_batches += 1
    return [total / n_batches for total in totals]


def fisher_penalty(
    parameters: list[torch.nn.Parameter], fisher: list[torch.Tensor], strength: float
) -> Callable[[], torch.Tensor]:
    """Return the penalty ``strength * sum(F * (w - w*)**2)`` as a function of the weights, w* being those of now.

    Parameters
    ----------
    parameters : list of torch.nn.Parameter
    fisher : list of tensor
        F, of the shapes of the parameters.
    strength : float

    References
    ----------
    Kirkpatrick et al. (2017), "Overcoming catastrophic forgetting in neural networks", PNAS; without its factor
    1/2, as in the code of Jang et al. (2021).
    """
    anchors = [p.detach().clone() for p in parameters]

    def penalty() -> torch.Tensor:
        terms = [(f * (p - a) ** 2).sum() for p, f, a in zip(parameters, fisher, anchors, strict=True)]
        return strength * sum(terms[1:], terms[0])

    return penalty
