"""The layers of Llama, token by token: the states that transformers computes."""

from __future__ import annotations

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from skbalagen._torch.llama_step import LlamaStep
from skbalagen._torch.lora import add_adapters, merge_adapters
from skbalagen._torch.token_step import TokenStep

SIZES = {
    "vocab_size": 24,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
SCALED = {"rope_type": "llama3", "rope_theta": 500.0, "factor": 4.0, "low_freq_factor": 1.0} | {
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZES)),
    "llama, biases": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True)),
    "llama, heads of their own": lambda: LlamaForCausalLM(LlamaConfig(**SIZES | {"num_key_value_heads": 4})),
    "llama, scaled positions": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, rope_parameters=SCALED)),
    "mistral, wide heads": lambda: MistralForCausalLM(MistralConfig(**SIZES, head_dim=16)),
    "qwen2, biases": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZES)),
}
LENGTHS = torch.tensor([3, 0, 6, 1])


def seeded(build):
    """A model all of whose weights, those of norms and biases too, are random."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build().eval().requires_grad_(False)
        for name, parameter in model.named_parameters():
            if "norm" in name or "bias" in name:
                parameter.add_(torch.randn_like(parameter) * 0.5)
        return model


@pytest.fixture(params=list(MODELS))
def model(request):
    return seeded(MODELS[request.param])


def steps(model, n_rows=4, n_columns=16):
    """Both kinds of step, whose rows hold the same random keys and values."""
    config = model.config
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    rng = torch.Generator().manual_seed(1)
    shape = (n_rows, config.num_key_value_heads, n_columns, head_dim)
    like = [tuple(torch.randn(shape, generator=rng).to(model.dtype) for _ in range(2)) for _ in range(2)]
    made = [kind(model, like, n_rows, n_columns) for kind in (LlamaStep, TokenStep)]
    for step in made:
        for block, values in zip(step.blocks, like, strict=True):
            for kept, value in zip(block, values, strict=True):
                kept[:] = value
    return made


@torch.inference_mode()
def test_llama_step_equals_the_layers_of_transformers(model):
    llama, plain = steps(model)
    tokens, column = torch.tensor([5, 6, 7, 8]), LENGTHS
    for width in (8, 16):
        torch.testing.assert_close(
            llama(tokens, column, width), plain(tokens, column, width), atol=1e-5, rtol=1e-4
        )
        tokens, column = tokens + 1, column + 1
    for written, expected in zip(llama.blocks, plain.blocks, strict=True):
        for kept, value in zip(written, expected, strict=True):
            torch.testing.assert_close(kept, value, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_llama_step_reads_the_first_rows_only(model):
    llama, plain = steps(model)
    states = llama(torch.tensor([5, 6]), LENGTHS[:2], 16)
    torch.testing.assert_close(states, plain(torch.tensor([5, 6]), LENGTHS[:2], 16), atol=1e-5, rtol=1e-4)
    untouched = steps(model)[0]
    for block, before in zip(llama.blocks, untouched.blocks, strict=True):
        assert all(torch.equal(kept[2:], old[2:]) for kept, old in zip(block, before, strict=True))


@torch.inference_mode()
def test_llama_step_in_half_the_digits_differs_by_rounding():
    model = seeded(MODELS["qwen2, biases"]).to(torch.bfloat16)
    states = [step(torch.tensor([5, 6, 7, 8]), LENGTHS, 16) for step in steps(model)]
    assert states[0].dtype is torch.bfloat16
    assert (states[0] - states[1]).float().norm() < 0.02 * states[1].float().norm()


def test_fits_models_with_these_layers(model):
    assert LlamaStep.fits(model)


def test_fits_no_other_layers_and_none_that_were_replaced(tiny_gpt2):
    assert not LlamaStep.fits(AutoModelForCausalLM.from_pretrained(tiny_gpt2))
    assert not LlamaStep.fits(seeded(lambda: Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=8))))
    adapted = seeded(MODELS["llama"])
    add_adapters(adapted, rank=2, seed=0)
    assert not LlamaStep.fits(adapted)
    merge_adapters(adapted)
    assert LlamaStep.fits(adapted)
    assert not LlamaStep.fits(seeded(MODELS["llama"]).to("meta"))
