"""Adapters: nothing at first, exact when merged, and only they are trained."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from skbalagen._torch.device import torch_seed
from skbalagen._torch.lora import add_adapters, merge_adapters


def test_adapters_change_nothing_at_first_and_merge_exactly(tiny_gpt2):
    model = AutoModelForCausalLM.from_pretrained(tiny_gpt2).eval()
    ids = torch.tensor([[1, 2, 3, 4]])
    with torch.no_grad():
        before = model(ids).logits
        add_adapters(model, rank=3, seed=0)
        assert torch.equal(model(ids).logits, before)
        trained = {name for name, p in model.named_parameters() if p.requires_grad}
        assert trained
        assert all(name.endswith(("up", "down")) for name in trained)
        for name, parameter in model.named_parameters():
            if name.endswith("up"):
                parameter.normal_()
        changed = model(ids).logits
        merge_adapters(model)
        merged = model(ids).logits
    assert not torch.allclose(changed, before)
    assert torch.allclose(changed, merged, atol=1e-5)
    assert {n for n, _ in model.named_parameters()} == {
        n for n, _ in AutoModelForCausalLM.from_pretrained(tiny_gpt2).named_parameters()
    }


@pytest.fixture
def llama():
    """Return a small model with plain linear layers and an output projection of its own."""
    config = LlamaConfig(
        vocab_size=24, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, tie_word_embeddings=False, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    with torch_seed(0):
        return LlamaForCausalLM(config).eval()


def test_an_adapter_computes_what_its_matrices_say(llama):
    layer = llama.base_model.layers[0].mlp.up_proj
    x = torch.linspace(-1, 1, 3 * 16).view(3, 16)
    with torch.no_grad():
        plain = layer(x)
        add_adapters(llama, rank=2, seed=0, scale=0.5)
        adapter = llama.base_model.layers[0].mlp.up_proj
        assert adapter.down.shape == (2, 16)
        assert adapter.up.shape == (20, 2)
        assert adapter.down.dtype == adapter.up.dtype == torch.float32
        adapter.up.copy_(torch.linspace(0, 1, 40).view(20, 2))
        expected = plain + 0.5 * (x @ adapter.down.T) @ adapter.up.T
        torch.testing.assert_close(adapter(x), expected)
        weight = layer.weight.clone()
        delta = 0.5 * adapter.up @ adapter.down
        merge_adapters(llama)
    assert llama.base_model.layers[0].mlp.up_proj is layer
    torch.testing.assert_close(layer.weight, weight + delta)


def test_every_linear_layer_of_the_body_gets_an_adapter_and_the_head_none(llama):
    n_linear = sum(isinstance(m, torch.nn.Linear) for m in llama.base_model.modules())
    add_adapters(llama, rank=1, seed=0)
    adapters = [m for m in llama.modules() if hasattr(m, "merged")]
    assert len(adapters) == n_linear == 2 * 7
    assert isinstance(llama.lm_head, torch.nn.Linear)
    assert not llama.lm_head.weight.requires_grad


def test_adapters_are_a_function_of_their_seed_and_leave_the_global_state_alone(tiny_gpt2):
    def first_values(seed):
        model = AutoModelForCausalLM.from_pretrained(tiny_gpt2)
        add_adapters(model, rank=2, seed=seed)
        return torch.cat([p.flatten() for n, p in model.named_parameters() if n.endswith("down")])

    before = torch.get_rng_state()
    a, b, c = map(first_values, (0, 0, 1))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert torch.equal(before, torch.get_rng_state())


def test_gradients_reach_the_adapters_only(llama):
    add_adapters(llama, rank=2, seed=0)
    ids = torch.tensor([[1, 2, 3, 4]])
    llama(ids, labels=ids).loss.backward()
    for name, parameter in llama.named_parameters():
        assert (parameter.grad is not None) == name.endswith(("up", "down"))


def test_merging_without_adapters_changes_nothing(llama):
    before = {name: p.clone() for name, p in llama.named_parameters()}
    merge_adapters(llama)
    assert all(torch.equal(p, before[name]) for name, p in llama.named_parameters())


def test_merging_keeps_the_dtype_of_frozen_weights(llama):
    llama.to(torch.bfloat16)
    add_adapters(llama, rank=2, seed=0)
    merge_adapters(llama)
    assert {p.dtype for p in llama.parameters()} == {torch.bfloat16}
