"""The training loop and the adapters on small models."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from skbalagen._torch.batches import length_buckets
from skbalagen._torch.device import compute_dtype, resolve_device, torch_seed
from skbalagen._torch.lora import add_adapters, merge_adapters
from skbalagen._torch.token_loss import token_loss
from skbalagen._torch.trainer import fine_tune


def _regression(validation=None, **kwargs):
    """Fit y = 2 x by gradient descent; return the model and the history."""
    with torch_seed(0):
        model = torch.nn.Linear(1, 1)
    x = torch.linspace(-1, 1, 40)[:, None]

    def loss(rows):
        return ((model(x[rows]).float() - 2 * x[rows]) ** 2).mean()

    options = {"epochs": 30, "batch_size": 8, "learning_rate": 0.1, "weight_decay": 0.0}
    history = fine_tune(
        model,
        loss,
        np.ones(40),
        draws=lambda rng: np.arange(40),
        validation=validation(model) if validation else None,
        rng=np.random.default_rng(0),
        **(options | kwargs),
    )
    return model, history


def test_fine_tune_learns():
    model, history = _regression()
    assert model.weight.item() == pytest.approx(2, abs=0.05)
    assert history.train_loss[-1] < 0.01 * history.train_loss[0]
    assert (history.n_steps, history.best_epoch, history.stopped) == (150, 30, "epochs")
    assert not model.training


def test_fine_tune_stops_early_and_restores_the_best_weights():
    seen = []

    def validation(model):
        losses = iter([3.0, 1.0, 2.0, 4.0, 0.0])

        def measure():
            seen.append(model.weight.item())
            return next(losses)

        return measure

    model, history = _regression(validation, patience=2)
    assert history.validation_loss == [3.0, 1.0, 2.0, 4.0]
    assert (history.stopped, history.best_epoch) == ("early_stopping", 2)
    assert model.weight.item() == seen[1]


def test_fine_tune_is_a_function_of_its_seed():
    a, b = (_regression(epochs=2)[0].weight.item() for _ in range(2))
    assert a == b


def test_length_buckets_hold_each_row_once_and_like_lengths_together():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 50, size=100)
    batches = length_buckets(np.arange(100), lengths, 10, rng)
    assert sorted(np.concatenate(batches).tolist()) == list(range(100))
    spread = np.mean([np.ptp(lengths[batch]) for batch in batches])
    shuffled = np.mean([np.ptp(part) for part in np.array_split(rng.permutation(lengths), 10)])
    assert spread < shuffled / 3


def test_torch_seed_leaves_the_global_state_alone():
    before = torch.get_rng_state()
    with torch_seed(5):
        first = torch.rand(3)
    with torch_seed(5):
        assert torch.equal(first, torch.rand(3))
    assert torch.equal(before, torch.get_rng_state())


def test_device_and_dtype():
    assert resolve_device("cpu") == torch.device("cpu")
    assert compute_dtype(torch.device("cpu")) in (torch.float32, torch.bfloat16)


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


@pytest.mark.parametrize("chunk", [3, 100])
def test_token_loss_equals_cross_entropy_and_its_gradient(chunk):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(11, 6, generator=generator, requires_grad=True)
    targets = torch.randint(17, (11,), generator=generator)
    head = torch.nn.Linear(6, 17, bias=False)
    torch.nn.init.normal_(head.weight, generator=generator)
    expected = torch.nn.functional.cross_entropy(head(hidden), targets)
    (gradient,) = torch.autograd.grad(3 * expected, hidden)
    head.requires_grad_(False)
    loss = token_loss(hidden, head, targets, chunk=chunk)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(3 * loss, hidden)[0], gradient)


def test_parts_of_a_batch_learn_what_the_whole_batch_does():
    lengths = np.array([3, 1, 2, 5, 4, 1])
    items = [torch.arange(float(n)) + i for i, n in enumerate(lengths)]
    sizes = []

    def learned(tokens_at_once):
        model = torch.nn.Linear(1, 1, bias=False)
        model.weight.data.fill_(0.5)

        def loss(rows):
            sizes.append(len(rows) * lengths[rows].max())
            return ((model.weight * torch.cat([items[r] for r in rows]) - 1) ** 2).mean()

        options = {"epochs": 2, "batch_size": 6, "learning_rate": 0.1, "rng": np.random.default_rng(0)}
        history = fine_tune(
            model,
            loss,
            lengths,
            draws=lambda rng: np.arange(6),
            counts=lengths,
            tokens_at_once=tokens_at_once,
            **options,
        )
        return model.weight.item(), history.train_loss

    whole, whole_loss = learned(1000)
    assert sizes == [30, 30]
    sizes.clear()
    parts, parts_loss = learned(8)
    assert len(sizes) > 4
    assert max(sizes) <= 8
    assert parts == pytest.approx(whole, abs=1e-6)
    assert parts_loss == pytest.approx(whole_loss, abs=1e-6)
