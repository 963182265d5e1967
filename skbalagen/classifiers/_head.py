"""What a head is: it builds the torch module from sentence vectors to logits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sklearn.base import BaseEstimator

from skbalagen._torch.device import torch_seed
from skbalagen._utils.sklearn_compat import fit_context

if TYPE_CHECKING:
    import torch

__all__ = ["Head"]


class Head(BaseEstimator):
    """Base of the heads.

    A head of your own is a subclass with two methods: ``_parts(n_features, n_classes, catch_all)`` returns the
    parameters, modules and buffers by name, and ``_logits(module, vectors)`` computes the logits from them. A head that
    learns from all rows at once has :meth:`start`, :meth:`observe` or :meth:`finish` as well.

    Attributes
    ----------
    name : str
        By which :func:`~skbalagen.classifiers.heads.named_head` knows it. A class attribute.
    supports_bias : bool
        Whether the module has a ``bias`` of one number per class. A class attribute.
    supports_catch_all : bool
        Whether the module treats a catch-all class apart. A class attribute.
    needs_frozen_encoder : bool
        Whether the vectors must not change in training. A class attribute.
    needs_vectors : bool
        Whether :meth:`start`, :meth:`observe` and :meth:`finish` do anything. A class attribute.
    required_link : {"softmax", "sigmoid"} or None
        The only kind of loss that the head works with. A class attribute.
    module_ : torch.nn.Module
        After :meth:`build`.
    """

    name: ClassVar[str]
    supports_bias: ClassVar[bool] = False
    supports_catch_all: ClassVar[bool] = False
    needs_frozen_encoder: ClassVar[bool] = False
    needs_vectors: ClassVar[bool] = False
    required_link: ClassVar[str | None] = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    @fit_context(prefer_skip_nested_validation=True)
    def build(
        self, n_features: int, n_classes: int, *, catch_all: int | None = None, seed: int = 0
    ) -> torch.nn.Module:
        """Build the module, on the CPU.

        Parameters
        ----------
        n_features : int
            Length of the vectors.
        n_classes : int
            At least 2.
        catch_all : int, default=None
            Column of the class of everything else. Its logit is a number that does not look at the row, so that
            it is predicted where no other class scores high.
        seed : int, default=0
            Of the first values.

        Returns
        -------
        torch.nn.Module
            From vectors of shape (n_rows, n_features) to logits of shape (n_rows, n_classes). Kept as `module_`.

        Raises
        ------
        ValueError
            Sizes or parameters out of their range, or a catch-all class that the head does not support.
        """
        from skbalagen.classifiers._head_module import HeadModule

        if n_classes < 2:
            raise ValueError(f"n_classes must be at least 2, got {n_classes}. Add rows of another class.")
        if catch_all is not None and not self.supports_catch_all:
            raise ValueError(
                f"catch_all must be None for head={self.name!r}, which treats no class apart, got {catch_all}. Leave it "
                "out, or choose the linear, the cosine or the prototype head."
            )
        if catch_all is not None and not 0 <= catch_all < n_classes:
            raise ValueError(
                f"catch_all must be a column from 0 to {n_classes - 1}, got {catch_all}. Count from 0."
            )
        with torch_seed(seed):
            parts = self._parts(n_features, n_classes, catch_all)
        self.seed_ = seed
        self.module_: Any = HeadModule(
            self, parts, n_features=n_features, n_classes=n_classes, catch_all=catch_all
        )
        return self.module_

    def reset(self, seed: int) -> None:
        """Give all parameters of `module_` new first values, in place."""
        import torch

        from skbalagen.classifiers._head_module import HeadModule

        sizes = {name: getattr(self.module_, name) for name in ("n_features", "n_classes", "catch_all")}
        with torch_seed(seed), torch.no_grad():
            fresh = HeadModule(self, self._parts(**sizes), **sizes)
            for old, new in zip(self.module_.parameters(), fresh.parameters(), strict=True):
                old.copy_(new)

    def start(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Take what is needed from all training rows, before training.

        Parameters
        ----------
        vectors : tensor of shape (n_rows, n_features)
            On the device of `module_`.
        targets : tensor of int64, of shape (n_rows,), or of float, of shape (n_rows, n_classes)
            Class numbers, or 1 for each label that a row has and 0 for the others.
        """

    def observe(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Take note of the rows of a training step, given as in :meth:`start`."""

    def finish(self, vectors: torch.Tensor, targets: torch.Tensor) -> None:
        """Compute anew what :meth:`start` took, after training, from the same rows in the same order."""

    def _parts(self, n_features: int, n_classes: int, catch_all: int | None) -> dict[str, Any]:
        """Return parameters, modules and (as tensors) buffers by name."""
        raise NotImplementedError

    def _logits(self, module: Any, vectors: torch.Tensor) -> torch.Tensor:
        """Return the logits of each row, of shape (n_rows, n_classes)."""
        raise NotImplementedError
