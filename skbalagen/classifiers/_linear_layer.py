"""What is done to a linear layer before the training and after it: bias initialisation and tau-normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

__all__ = ["prior_logits", "set_prior_bias", "tau_normalized_logits"]


def prior_logits(counts: np.ndarray, n_rows: float, *, link: str) -> np.ndarray:
    """Return the logits of a model that knows the class sizes and nothing else.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Rows of each class.
    n_rows : float
        All rows.
    link : {"softmax", "sigmoid"}

    Returns
    -------
    ndarray of shape (n_classes,)
        ``log(pi)`` or ``log(pi / (1 - pi))``. Half a row stands for none, and for all.

    Examples
    --------
    >>> float(np.diff(prior_logits(np.array([4827, 747]), 5574, link="softmax"))[0].round(6))
    -1.865915
    """
    shares = np.clip(counts, 0.5, n_rows - 0.5 if link == "sigmoid" else None) / n_rows
    return np.log(shares) - (np.log1p(-shares) if link == "sigmoid" else 0.0)


def set_prior_bias(layer: Any, logits: np.ndarray) -> None:
    """Set the bias of a layer to `logits` and its weight to 0, so that training starts from the class shares."""
    import torch

    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(torch.from_numpy(logits))


def tau_normalized_logits(vectors: torch.Tensor, weight: torch.Tensor, tau: float) -> torch.Tensor:
    """Return ``x . w_j / |w_j|**tau``, without a bias.

    Parameters
    ----------
    vectors : tensor of shape (n_rows, n_features)
    weight : tensor of shape (n_classes, n_features)
    tau : float
        1 makes all weight vectors equally long; frequent classes tend to have the longer ones.

    Returns
    -------
    tensor of shape (n_rows, n_classes)

    References
    ----------
    Kang et al. (2020), "Decoupling Representation and Classifier for Long-Tailed Recognition", ICLR, section 4.3.

    Examples
    --------
    >>> import torch
    >>> weight = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    >>> tau_normalized_logits(torch.tensor([[1.0, 1.0]]), weight, 0.5)
    tensor([[3.1305, 1.4142]])
    """
    lengths = weight.norm(dim=1).clamp(min=1e-12)
    return vectors @ (weight / lengths[:, None] ** tau).T
