"""What a loss is: logits and targets in, one value per row out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from skbalagen._utils.sklearn_compat import fit_context

if TYPE_CHECKING:
    import torch

__all__ = ["Loss", "positive_counts", "tensor_like"]


class Loss(BaseEstimator):
    """Base of the losses: knows the class counts and applies the class weights.

    A loss of your own is a subclass with the method ``_terms(logits, targets)``. It must not mix rows, since a
    batch is split into parts whose gradients add up. What it needs to know of the whole training set it takes
    from `class_counts_` and `n_rows_`.

    Attributes
    ----------
    link : {"softmax", "sigmoid"}
        "softmax" for one label per row, "sigmoid" for any number of labels per row. A class attribute.
    required_head : str or None
        Name of the only head that the loss works with. A class attribute.
    adjusts_logits : bool
        Whether training already corrects for the class shares, so that nothing must do so afterwards. A class
        attribute.
    class_counts_ : ndarray of float, of shape (n_classes,)
        Rows of each class, after :meth:`start`.
    n_rows_ : float
        Rows of the training set, after :meth:`start`.
    class_weight_ : ndarray of float, of shape (n_classes,), or None
        After :meth:`start`.
    catch_all_ : int or None
        Column of the catch-all class, after :meth:`start`.

    See Also
    --------
    skbalagen.losses.named_loss : The losses by name.

    Examples
    --------
    >>> import torch
    >>> from skbalagen.losses import Loss
    >>> class SquaredError(Loss):
    ...     def _terms(self, logits, targets):
    ...         return (1 - logits.softmax(dim=1).gather(1, targets[:, None])[:, 0]) ** 2
    >>> loss = SquaredError()
    >>> loss.start([2, 2], 4, class_weight=[1, 10])
    >>> loss(torch.zeros(2, 2), torch.tensor([0, 1]))
    tensor([0.2500, 2.5000])
    """

    link: ClassVar[str] = "softmax"
    required_head: ClassVar[str | None] = None
    adjusts_logits: ClassVar[bool] = False

    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    @fit_context(prefer_skip_nested_validation=True)
    def start(
        self,
        class_counts: Any,
        n_rows: float,
        *,
        class_weight: Any = None,
        catch_all: int | None = None,
    ) -> None:
        """Get ready for a training.

        Parameters
        ----------
        class_counts : array-like of shape (n_classes,)
            Rows of each class, before any class weights; a row that occurs several times counts as often.
        n_rows : float
            Rows of the training set. With several labels per row, less than the sum of the counts.
        class_weight : array-like of shape (n_classes,), default=None
            Factor of the rows of each class; with several labels per row, of the terms of the labels that a
            row has. None is 1 for all.
        catch_all : int, default=None
            Column of the class of everything else, for losses that treat it apart.

        Raises
        ------
        ValueError
            Fewer than two classes, counts that are negative or more than `n_rows`, weights of another shape or
            below 0, or a parameter out of its range.
        """
        self.class_counts_ = _per_class("class_counts", class_counts)
        self.n_rows_ = float(n_rows)
        if len(self.class_counts_) < 2:
            raise ValueError(
                f"class_counts must have one count for each of at least two classes, got {len(self.class_counts_)}. "
                "Add rows of another class."
            )
        if (self.class_counts_ > self.n_rows_ * (1 + 1e-9)).any():
            most = int(self.class_counts_.argmax())
            raise ValueError(
                f"class_counts must be at most n_rows, got {self.class_counts_[most]:g} rows of class {most} among "
                f"{n_rows} rows. Count both in the same rows."
            )
        self.class_weight_ = None if class_weight is None else _per_class("class_weight", class_weight)
        if self.class_weight_ is not None and len(self.class_weight_) != len(self.class_counts_):
            raise ValueError(
                f"class_weight must have one weight per class, {len(self.class_counts_)} of them, got "
                f"{len(self.class_weight_)}. Give the classes in the order of class_counts."
            )
        self.catch_all_ = catch_all
        self._start()

    def __call__(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss of each row, class weights included.

        Parameters
        ----------
        logits : tensor of shape (n_rows, n_classes)
            Half precision is computed in float32.
        targets : tensor of int64, of shape (n_rows,), or of float, of shape (n_rows, n_classes)
            Class numbers; with the link "sigmoid", 1 for each label that a row has and 0 for the others.

        Returns
        -------
        tensor of shape (n_rows,)
            In nats; with the link "sigmoid", the mean over the labels.
        """
        terms = self._terms(logits.float() if logits.itemsize < 4 else logits, targets)
        weights = None if self.class_weight_ is None else tensor_like(self.class_weight_, terms)
        if terms.ndim == 1:
            return terms if weights is None else terms * weights[targets]
        if weights is not None:
            terms = terms * (1 + (weights - 1) * targets)
        return terms.mean(dim=1)

    def _start(self) -> None:
        """Derive what the loss needs from the counts."""

    def _terms(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss of each row, of shape (n_rows,), or of each row and label, (n_rows, n_classes)."""
        raise NotImplementedError


def _per_class(name: str, values: Any) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have the shape (n_classes,), got {values.shape}. Give one number per class."
        )
    wrong = np.flatnonzero(~np.isfinite(values) | (values < 0))
    if len(wrong):
        raise ValueError(
            f"{name} must be finite and at least 0, got {values[wrong[0]]:g} for class {wrong[0]}. Correct it."
        )
    return values


def positive_counts(counts: np.ndarray, *, needed_by: str) -> np.ndarray:
    """Return the counts if each class has rows.

    Parameters
    ----------
    counts : ndarray of float, of shape (n_classes,)
    needed_by : str
        What divides by the counts, for the message.

    Raises
    ------
    ValueError
        A class without rows.
    """
    empty = np.flatnonzero(counts <= 0)
    if len(empty):
        raise ValueError(
            f"{needed_by} needs rows of every class, got none of class {empty[0]}. Leave the class out, or add rows."
        )
    return counts


def tensor_like(values: Any, other: torch.Tensor) -> torch.Tensor:
    """Return values as a tensor of the dtype and on the device of another."""
    import torch

    return torch.as_tensor(values, dtype=other.dtype, device=other.device)
