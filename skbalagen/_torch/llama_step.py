"""The newest token of each row through the layers of Llama, in as few operations as they take.

Llama, Mistral and Qwen2 are the same layers (Touvron et al. 2023, section 2.2, with the shared keys of Ainslie et al.
2023). For one token per row on a CPU, what is around the products weighs: here keys are kept transposed, as their
product with the queries reads them, and the queries that share keys are the rows of one small product.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["LlamaStep"]

_KINDS = ("llama", "mistral", "qwen2")


class LlamaStep:
    """What :class:`~skbalagen._torch.token_step.TokenStep` does, for models whose layers are those of Llama.

    Parameters
    ----------
    model : transformers causal language model
        One that :meth:`fits`.
    like, n_rows, n_columns
        As in :class:`~skbalagen._torch.token_step.TokenStep`.

    Attributes
    ----------
    blocks : list of (keys, values)
        Of each layer, of shape (n_rows, n_heads, n_columns, head_dim).
    """

    def __init__(
        self, model: Any, like: Sequence[tuple[torch.Tensor, ...]], n_rows: int, n_columns: int
    ) -> None:
        self._body = model.base_model
        self.blocks = [
            (
                keys.new_zeros(n_rows, keys.shape[1], keys.shape[3], n_columns).transpose(2, 3),
                values.new_zeros(n_rows, values.shape[1], n_columns, values.shape[3]),
            )
            for keys, values in like
        ]

    @staticmethod
    def fits(model: Any) -> bool:
        """Return whether `model` has such layers, unchanged, on a CPU."""
        import torch

        if model.config.model_type not in _KINDS or model.device.type != "cpu":
            return False
        names = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
        parts = [part for layer in model.base_model.layers for part in (layer.self_attn, layer.mlp)]
        products = [part for block in parts for name, part in block.named_children() if name in names]
        return all(type(product) is torch.nn.Linear for product in products)

    def __call__(self, tokens: torch.Tensor, column: torch.Tensor, width: int) -> torch.Tensor:
        """Return the hidden states of the first rows, of shape (n, n_hidden), as TokenStep does."""
        import torch

        hidden = self._body.embed_tokens(tokens)
        cos, sin = (t[0, :, None] for t in self._body.rotary_emb(hidden, column[None]))  # (n, 1, head_dim)
        half = sin.shape[-1] // 2
        turn = cos, torch.cat([-sin[..., :half], sin[..., half:]], dim=-1)
        hidden_columns = torch.arange(width) > column[:, None]
        mask = torch.zeros(hidden_columns.shape).masked_fill_(hidden_columns, -torch.inf)
        mask = mask.repeat_interleave(self.blocks[0][0].shape[1], dim=0)[:, None]  # (n * n_heads, 1, width)
        for layer, block in zip(self._body.layers, self.blocks, strict=True):
            normed = _norm(layer.input_layernorm, hidden)
            hidden = hidden + _attend(layer.self_attn, normed, block, column, turn, mask)
            normed = _norm(layer.post_attention_layernorm, hidden)
            hidden = hidden + layer.mlp.down_proj(
                layer.mlp.act_fn(layer.mlp.gate_proj(normed)).mul_(layer.mlp.up_proj(normed))
            )
        return _norm(self._body.norm, hidden)


def _norm(layer: Any, hidden: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.rms_norm(hidden, hidden.shape[1:], layer.weight, layer.variance_epsilon)


def _attend(
    layer: Any,
    hidden: torch.Tensor,
    block: tuple[torch.Tensor, torch.Tensor],
    column: torch.Tensor,
    turn: tuple[torch.Tensor, torch.Tensor],
    mask: torch.Tensor,
) -> torch.Tensor:
    """Write the keys and values of the tokens into their columns, and return what the tokens attend to.

    `turn` are the cosines of the positions and the sines, those of the first half negative; `mask` is -inf for columns
    that a row has not reached.
    """
    import torch

    n, width = len(hidden), mask.shape[-1]
    keys, values = block
    n_heads, _, head_dim = keys.shape[1:]
    cos, sin = turn

    def rotated(states: torch.Tensor) -> torch.Tensor:
        states = states.view(n, -1, head_dim)
        return torch.addcmul(states * cos, states.roll(head_dim // 2, -1), sin)

    rows = torch.arange(n)
    keys[rows, :, column] = rotated(layer.k_proj(hidden))
    values[rows, :, column] = layer.v_proj(hidden).view(n, n_heads, head_dim)
    # Queries that share keys are neighbours: they become the rows of one product.
    queries = rotated(layer.q_proj(hidden)).view(n * n_heads, -1, head_dim)
    scores = queries @ keys[:n, :, :width].flatten(0, 1).transpose(1, 2)
    shares = torch.add(mask, scores, alpha=layer.scaling).softmax(dim=-1)  # in float32, as the mask
    attended = shares.to(hidden.dtype) @ values[:n, :, :width].flatten(0, 1)
    return layer.o_proj(attended.view(n, -1))
