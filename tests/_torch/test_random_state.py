"""Random states of pieces of work: the same draws whatever other threads draw, and torch's own state as before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch

from skbalagen._torch.device import torch_seed
from skbalagen._torch.random_state import own_random_state

DRAWS = {
    "dropout": lambda: torch.nn.functional.dropout(torch.ones(4, 64), 0.5),
    "rand": lambda: torch.rand(9),
    "rand_like": lambda: torch.rand_like(torch.ones(9)),
    "randint": lambda: torch.randint(100, (9,)),
    "bernoulli_": lambda: torch.empty(9).bernoulli_(0.5),
    "attention": lambda: torch.nn.functional.scaled_dot_product_attention(
        *torch.arange(48.0).view(3, 1, 2, 4, 2) / 48, dropout_p=0.5
    ),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_draws_are_those_of_torch_with_the_seed_and_leave_its_state_alone(draw):
    with torch_seed(7):
        expected = [draw(), draw()]
    with torch_seed(0):
        before = torch.get_rng_state()
        with own_random_state(7) as own:
            drawn = [draw(), draw()]
        assert own.drew
        assert torch.equal(torch.get_rng_state(), before)
    for one, other in zip(drawn, expected, strict=True):
        assert torch.equal(one, other)


def test_threads_at_once_draw_what_each_draws_alone():
    def drawn(seed, meet):
        found = []
        with own_random_state(seed):
            for _ in range(20):
                meet()
                found.append(torch.nn.functional.dropout(torch.ones(500), 0.5))
        return torch.stack(found)

    alone = [drawn(seed, lambda: None) for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(drawn, range(3), [Barrier(3, timeout=30).wait] * 3))
    assert not torch.equal(alone[0], alone[1])
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one, other)


def test_a_loss_without_draws_is_found_out():
    layer = torch.nn.Linear(3, 3)
    with own_random_state(0) as own:
        out = torch.nn.functional.dropout(layer(torch.ones(2, 3)), 0.5, training=False).sum()
    out.backward()
    assert not own.drew
    assert layer.weight.grad is not None


def test_an_error_inside_leaves_the_state_as_before():
    with torch_seed(0):
        before = torch.get_rng_state()
        with pytest.raises(RuntimeError), own_random_state(1):
            torch.empty(3).bernoulli_(2.0)
        assert torch.equal(torch.get_rng_state(), before)
