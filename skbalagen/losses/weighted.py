"""Cross-entropy, and the weights of classes in any loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen.losses.base import Loss, positive_counts

if TYPE_CHECKING:
    import torch

__all__ = ["CrossEntropyLoss", "class_weights", "cross_entropy_loss", "effective_number_weights"]


def cross_entropy_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return ``-log p_y`` of each row.

    Parameters
    ----------
    logits : tensor of shape (n_rows, n_classes)
    targets : tensor of int64, of shape (n_rows,)
        Class numbers y.

    Returns
    -------
    tensor of shape (n_rows,)

    Examples
    --------
    >>> import torch
    >>> cross_entropy_loss(torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([2]))
    tensor([2.4076])
    """
    import torch

    return torch.nn.functional.cross_entropy(logits, targets, reduction="none")


class CrossEntropyLoss(Loss):
    """Cross-entropy. With class weights it is the weighted cross-entropy (WCE).

    See Also
    --------
    skbalagen.losses.cross_entropy_loss : The formula.
    skbalagen.losses.class_weights : Weights by name.

    Notes
    -----
    The weighted rows are averaged over their number, not over the sum of the weights as in
    ``torch.nn.CrossEntropyLoss(weight=...)``: a batch of rare rows then counts more than one of frequent rows.
    """

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return cross_entropy_loss(logits, targets)


def effective_number_weights(counts: Sequence[float] | np.ndarray, *, beta: float = 0.9999) -> np.ndarray:
    """Return weights that are inverse to the effective number of rows, ``(1 - beta**n) / (1 - beta)``.

    Parameters
    ----------
    counts : array-like of shape (n_classes,)
        Rows n of each class, above 0.
    beta : float, default=0.9999
        In [0, 1). 0 weights all classes alike; near 1 the weights are inverse to the counts.

    Returns
    -------
    ndarray of shape (n_classes,)
        Their mean is 1.

    Raises
    ------
    ValueError
        A class without rows, or `beta` out of its range.

    References
    ----------
    Cui et al. (2019), "Class-Balanced Loss Based on Effective Number of Samples", CVPR, section 3.

    Examples
    --------
    >>> effective_number_weights([10000, 625, 16]).round(6).tolist()
    [0.007374, 0.076937, 2.915689]
    """
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be in [0, 1), got {beta!r}. The paper's values are 0.9 to 0.9999.")
    counts = positive_counts(np.asarray(counts, dtype=float), needed_by="effective-number weighting")
    weights = (1 - beta) / (1 - beta**counts)
    return weights / weights.mean()


def class_weights(
    class_weight: Mapping[Any, float] | str | None,
    classes: Sequence[Any] | np.ndarray,
    counts: Sequence[float] | np.ndarray,
) -> np.ndarray:
    """Return the weight of each class.

    Parameters
    ----------
    class_weight : {"balanced", "effective-number"}, dict or None
        "balanced" is ``sum(counts) / (n_classes * counts)``, as in scikit-learn; "effective-number" is
        :func:`effective_number_weights`; a dict has weights by class, and 1 for those that it does not name;
        None is 1 for all.
    classes : array-like of shape (n_classes,)
    counts : array-like of shape (n_classes,)
        Rows of each class.

    Returns
    -------
    ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        Another string, a class without rows, or a dict with a class that is not there or a weight below 0.

    Examples
    --------
    >>> class_weights("balanced", ["a", "b"], [30, 10]).round(3).tolist()
    [0.667, 2.0]
    >>> class_weights({"b": 5}, ["a", "b"], [30, 10]).tolist()
    [1.0, 5.0]
    """
    counts = np.asarray(counts, dtype=float)
    names = np.asarray(classes).tolist()
    if class_weight is None:
        return np.ones(len(counts))
    if isinstance(class_weight, Mapping):
        return _named_weights(class_weight, names)
    if class_weight == "balanced":
        return counts.sum() / (len(counts) * positive_counts(counts, needed_by='class_weight="balanced"'))
    if class_weight == "effective-number":
        return effective_number_weights(counts)
    raise ValueError(
        f"class_weight must be 'balanced', 'effective-number', a dict or None, got {class_weight!r}. Choose one of them."
    )


def _named_weights(class_weight: Mapping[Any, float], names: list[Any]) -> np.ndarray:
    unknown = [label for label in class_weight if label not in names]
    if unknown:
        raise ValueError(
            f"class_weight must name classes of y, got {unknown[0]!r}, which is not among {names}. Remove it."
        )
    weights = np.array([float(class_weight.get(name, 1)) for name in names])
    wrong = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if len(wrong):
        raise ValueError(
            f"class_weight must be finite and at least 0, got {weights[wrong[0]]:g} for class {names[wrong[0]]!r}. "
            "Correct it."
        )
    return weights
