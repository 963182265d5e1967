"""The newest token of each row through a causal language model of transformers, each row at a position of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["TokenStep"]


class TokenStep:
    """Feed one token per row to a model, and keep its keys and values.

    Parameters
    ----------
    model : transformers causal language model
    like : sequence of (keys, values)
        Of each layer, of shape (n, n_heads, length, head_dim), to copy shapes, dtypes and devices from.
    n_rows, n_columns : int
        Places for keys and values.

    Attributes
    ----------
    blocks : list of (keys, values)
        Of each layer, of shape (n_rows, n_heads, n_columns, head_dim). A row begins at column 0.
    """

    def __init__(
        self, model: Any, like: Sequence[tuple[torch.Tensor, ...]], n_rows: int, n_columns: int
    ) -> None:
        from transformers.cache_utils import Cache

        self._body = model.base_model
        layer = _row_layer()
        self._layers = [layer(tensors, n_rows, n_columns) for tensors in like]
        self._cache = Cache(layers=self._layers)
        self.blocks = [layer.block for layer in self._layers]

    def __call__(self, tokens: torch.Tensor, column: torch.Tensor, width: int) -> torch.Tensor:
        """Return the hidden states of the first rows, of shape (n, n_hidden).

        Parameters
        ----------
        tokens : tensor of int64, of shape (n,)
        column : tensor of int64, of shape (n,)
            Where each is written, and its position; it attends to this column and those before.
        width : int
            Columns to look at, more than the largest of `column`.
        """
        import torch

        for layer in self._layers:
            layer.column, layer.width = column, width
        seen = torch.arange(width, device=column.device) <= column[:, None]
        return self._body(
            input_ids=tokens[:, None],
            position_ids=column[:, None],
            attention_mask=seen[:, None, None, :],
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state[:, 0]


def _row_layer() -> Any:
    import torch
    from transformers.cache_utils import DynamicLayer

    class RowLayer(DynamicLayer):
        """Keys and values of one layer, in which each row writes a column of its own."""

        def __init__(self, like: tuple[torch.Tensor, torch.Tensor], n_rows: int, n_columns: int) -> None:
            super().__init__()
            self.block = tuple(t.new_zeros(n_rows, t.shape[1], n_columns, t.shape[3]) for t in like)
            self.is_initialized = True
            self.column, self.width = torch.zeros(0, dtype=torch.long), 0

        def update(
            self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
        ) -> tuple[torch.Tensor, ...]:
            n = len(self.column)
            rows = torch.arange(n, device=self.column.device)
            for block, states in zip(self.block, (key_states, value_states), strict=True):
                block[rows, :, self.column] = states[:, :, 0]
            return tuple(block[:n, :, : self.width] for block in self.block)

        def get_seq_length(self) -> int:
            return self.width - 1

    return RowLayer
