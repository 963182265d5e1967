"""The sampling engine against the obvious loop, token by token."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from skbalagen._torch.decoding import sample_tokens
from skbalagen._torch.nucleus import nucleus_draw


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def model(request, tiny_gpt2):
    if request.param == "gpt2":
        return AutoModelForCausalLM.from_pretrained(tiny_gpt2).eval()
    config = LlamaConfig(
        vocab_size=24,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LlamaForCausalLM(config).eval()


def _one_by_one(model, prompt, draws, end_token, top_p, temperature):
    """Run the whole sequence anew for every token."""
    tokens = list(prompt)
    for u in draws:
        with torch.inference_mode():
            logits = model(torch.tensor([tokens])).logits[:, -1]
        token = int(nucleus_draw(logits, torch.tensor([u]), top_p, temperature))
        if token == end_token:
            return tokens[len(prompt) :]
        tokens.append(token)
    return None


PROMPTS = [[1, 2, 3], [4], [5, 6, 7, 8, 9, 10]]


def _jobs(n, max_tokens, seed=0):
    rng = np.random.default_rng(seed)
    return [(int(rng.integers(len(PROMPTS))), rng.random(max_tokens)) for _ in range(n)]


@pytest.mark.parametrize("batch_size", [1, 5, 20])
@pytest.mark.parametrize(("top_p", "temperature"), [(1.0, 1.0), (0.8, 0.5)])
def test_sample_tokens_equals_the_obvious_loop(model, batch_size, top_p, temperature):
    jobs = _jobs(16, 8)
    options = {"end_token": 0, "top_p": top_p, "temperature": temperature}
    sampled = sample_tokens(model, PROMPTS, jobs, batch_size=batch_size, **options)
    expected = [_one_by_one(model, PROMPTS[p], u, **options) for p, u in jobs]
    assert sampled == expected
    assert any(tokens is None for tokens in expected)
    assert any(tokens for tokens in expected)


def test_sample_tokens_survives_many_moves_of_its_window(model):
    # 60 texts through 3 places: the columns are moved back to the left again and again.
    jobs = _jobs(60, 5, seed=1)
    options = {"end_token": 0, "top_p": 1.0, "temperature": 0.7}
    sampled = sample_tokens(model, PROMPTS, jobs, batch_size=3, **options)
    assert sampled == [_one_by_one(model, PROMPTS[p], u, **options) for p, u in jobs]


def test_sample_tokens_of_nothing(model):
    assert sample_tokens(model, PROMPTS, [], end_token=0, top_p=1, temperature=1, batch_size=4) == []


def test_sample_tokens_does_not_depend_on_the_order_of_the_jobs(model):
    jobs = _jobs(20, 6, seed=2)
    options = {"end_token": 0, "top_p": 0.9, "temperature": 1.0, "batch_size": 4}
    sampled = sample_tokens(model, PROMPTS, jobs, **options)
    assert sample_tokens(model, PROMPTS, jobs[::-1], **options) == sampled[::-1]


def test_sample_tokens_stops_at_its_last_draw_or_its_end_token(model):
    jobs = _jobs(40, 3, seed=3)
    sampled = sample_tokens(model, PROMPTS, jobs, end_token=0, top_p=1.0, temperature=1.0, batch_size=8)
    lengths = {len(tokens) for tokens in sampled if tokens is not None}
    assert lengths <= {0, 1, 2}
    assert not any(0 in tokens for tokens in sampled if tokens)


def test_sample_tokens_keeps_the_stop_token_that_ends_a_text(model):
    jobs, options = _jobs(40, 6, seed=3), {"end_token": 0, "top_p": 1.0, "temperature": 1.0, "batch_size": 8}
    free = sample_tokens(model, PROMPTS, jobs, **options)
    stopped = sample_tokens(model, PROMPTS, jobs, stop_tokens=[3, 4], **options)
    assert any(tokens and tokens[-1] in (3, 4) for tokens in stopped)
    for whole, tokens in zip(free, stopped, strict=True):
        if tokens is None:
            assert whole is None
        elif not tokens or tokens[-1] not in (3, 4):
            assert tokens == whole
        else:
            assert {3, 4}.isdisjoint(tokens[:-1])
            assert whole is None or whole[: len(tokens)] == tokens


def test_sample_tokens_leaves_no_gradients_and_no_mode_behind(model):
    sample_tokens(model, PROMPTS, _jobs(3, 4), end_token=0, top_p=1.0, temperature=1.0, batch_size=2)
    assert not model.training
    assert torch.is_grad_enabled()
    assert all(parameter.grad is None for parameter in model.parameters())
