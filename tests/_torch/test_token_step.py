"""One token per row through a model of transformers: as if each row were alone and read anew."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, DynamicCache, Qwen3Config, Qwen3ForCausalLM

from skbalagen._torch.token_step import TokenStep

ROWS = [[1, 2, 3, 4], [5], [6, 7, 8, 9, 10, 11]]


def qwen3():
    """Rotated positions and shared keys, unlike GPT-2; norms of the heads, unlike Llama."""
    config = Qwen3Config(
        vocab_size=24,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Qwen3ForCausalLM(config).eval()


@pytest.fixture(scope="module", params=["gpt2", "qwen3"])
def model(request, tiny_gpt2):
    return qwen3() if request.param == "qwen3" else AutoModelForCausalLM.from_pretrained(tiny_gpt2).eval()


def like(model):
    cache = DynamicCache()
    model.base_model(input_ids=torch.tensor([[1]]), past_key_values=cache, use_cache=True)
    return [(layer.keys, layer.values) for layer in cache.layers]


def fed(step, rows):
    """Feed rows token by token; the short ones repeat their last token at its place. Return the last states."""
    for i in range(max(map(len, rows))):
        column = torch.tensor([min(i, len(row) - 1) for row in rows])
        tokens = torch.tensor([row[c] for row, c in zip(rows, column.tolist(), strict=True)])
        states = step(tokens, column, int(column.max()) + 1)
    return states


@torch.inference_mode()
def test_token_step_equals_reading_the_whole_row(model):
    states = fed(TokenStep(model, like(model), 3, 8), ROWS)
    for state, row in zip(states, ROWS, strict=True):
        whole = model.base_model(input_ids=torch.tensor([row])).last_hidden_state[0, -1]
        torch.testing.assert_close(state, whole, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_token_step_does_not_see_columns_that_a_row_has_not_reached(model):
    step = TokenStep(model, like(model), 4, 8)
    clean = fed(step, ROWS)
    for block in step.blocks:
        for kept in block:
            kept[1, :, 1:] = 99.0
            kept[3] = 99.0
    again = step(torch.tensor([4, 5, 11]), torch.tensor([3, 0, 5]), 8)
    torch.testing.assert_close(again, clean, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_token_step_keeps_what_a_row_was_fed_at_its_column(model):
    step = TokenStep(model, like(model), 3, 8)
    fed(step, ROWS)
    assert len(step.blocks) == 2
    for keys, values in step.blocks:
        for kept in (keys, values):
            assert kept.shape[0] == 3
            assert kept.shape[2] == 8
            for row, tokens in enumerate(ROWS):
                written = kept[row].abs().sum(dim=(0, 2)) > 0
                assert written.tolist() == [c < len(tokens) for c in range(8)]
