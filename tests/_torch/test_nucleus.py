"""Tokens drawn from the nucleus: shares, draws by hand, and rows that do not see each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen._torch.nucleus import nucleus_draw


def test_nucleus_draw_inverts_the_distribution_by_hand():
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().repeat(5, 1)
    u = torch.tensor([0.0, 0.49, 0.51, 0.94, 0.999], dtype=torch.float64)
    assert nucleus_draw(logits, u, 1.0, 1.0).tolist() == [0, 0, 1, 2, 3]
    # The nucleus of mass 0.6 is the first two tokens: a draw beyond 0.8 is repeated with its later digits.
    u[3:] = torch.tensor([0.9 + 0.25 / 2**18, 0.9 + 0.25 / 2**18]) // 2**-18 * 2**-18
    u[3] += 0.4 / 2**18
    u[4] += 0.6 / 2**18
    assert nucleus_draw(logits, u, 0.6, 1.0).tolist() == [0, 0, 1, 0, 1]
    # The first token alone has the mass 0.4.
    assert nucleus_draw(logits, u, 0.4, 1.0).tolist() == [0] * 5


@pytest.mark.parametrize(
    ("top_p", "shares"), [(0.6, [5 / 8, 3 / 8, 0, 0]), (0.9, [10 / 19, 6 / 19, 3 / 19, 0])]
)
def test_nucleus_draw_has_the_shares_of_the_nucleus(top_p, shares):
    n = 50_000
    u = torch.from_numpy(np.random.default_rng(0).random(n))
    logits = torch.tensor([0.3, 0.5, 0.05, 0.15]).log().repeat(n, 1)
    drawn = np.bincount(nucleus_draw(logits, u, top_p, 1.0), minlength=4)[[1, 0, 3, 2]] / n
    np.testing.assert_allclose(drawn, shares, atol=4 * 0.5 / n**0.5)
    assert (drawn[np.array(shares) == 0] == 0).all()


def test_nucleus_draw_looks_beyond_the_likeliest_tokens_where_the_nucleus_is_wide():
    n = 1000
    u = torch.linspace(0, 0.999, 400, dtype=torch.float64)
    drawn = nucleus_draw(torch.zeros(400, n), u, 0.9, 1.0)
    assert len(set(drawn.tolist())) > 390  # evenly over 900 tokens or more


def test_nucleus_draw_temperature_sharpens():
    logits = torch.tensor([[2.0, 1.0]])
    share = 1 / (1 + np.exp(-2.0))  # temperature 0.5 doubles the difference
    below, above = torch.tensor([share - 1e-3]), torch.tensor([share + 1e-3])
    assert nucleus_draw(logits, below, 1.0, 0.5).tolist() == [0]
    assert nucleus_draw(logits, above, 1.0, 0.5).tolist() == [1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_nucleus_draw_takes_logits_of_any_dtype_and_draws_of_almost_one(dtype):
    logits = torch.tensor([[0.0, 1.0, 2.0], [5.0, 0.0, -5.0]], dtype=dtype)
    u = torch.tensor([1 - 2**-53, 1 - 2**-53], dtype=torch.float64)
    drawn = nucleus_draw(logits, u, 1.0, 1.0)
    assert drawn.dtype is torch.int64
    assert drawn.tolist() == [2, 2]


def test_nucleus_draw_of_a_row_does_not_depend_on_the_rows_beside_it():
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(size=(40, 30)) * 3).float()
    u = torch.from_numpy(rng.random(40))
    together = nucleus_draw(logits, u, 0.7, 0.9)
    alone = [int(nucleus_draw(logits[i : i + 1], u[i : i + 1], 0.7, 0.9)) for i in range(40)]
    assert together.tolist() == alone


def test_nucleus_draw_never_draws_a_token_without_mass():
    logits = torch.full((200, 5), -torch.inf)
    logits[:, [1, 3]] = 0.0
    u = torch.linspace(0, 1 - 2**-53, 200, dtype=torch.float64)
    drawn = nucleus_draw(logits, u, 0.95, 1.0)
    assert np.bincount(drawn, minlength=5).tolist() == [0, 100, 0, 100, 0]


def _by_sums(logits, u):
    """The token at which the running sum of one row passes `u`."""
    mass = torch.softmax(logits.double(), dim=-1).cumsum(dim=-1)
    return torch.searchsorted(mass, u[:, None], right=True)[:, 0]


@pytest.mark.parametrize("n_vocabulary", [5, 128, 300, 1000])
def test_nucleus_draw_looks_into_the_right_block_of_any_vocabulary(n_vocabulary):
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(size=(200, n_vocabulary)) * 2)
    u = torch.from_numpy(rng.random(200))
    assert torch.equal(nucleus_draw(logits, u, 1.0, 1.0), _by_sums(logits, u))


def test_nucleus_draw_adds_likelier_tokens_of_all_blocks():
    # 0.3 and 0.3 stand in the first and the last of three blocks; 300 tokens share the rest.
    logits = torch.full((1, 302), np.log(0.4 / 300))
    logits[0, [0, 301]] = float(np.log(0.3))
    u = torch.from_numpy(np.random.default_rng(0).random(400))
    drawn = nucleus_draw(logits.repeat(400, 1), u, 0.59, 1.0)
    assert set(drawn.tolist()) == {0, 301}
    assert nucleus_draw(logits.repeat(400, 1), u, 0.61, 1.0).unique().numel() > 50


def test_nucleus_draw_draws_twice_and_then_sorts():
    # Each draw misses the only token of the nucleus of 0.4 at the digits 0.9.
    logits = torch.tensor([0.4, 0.35, 0.25]).log().repeat(2, 1)
    digits = 0.9 // 2**-18 * 2**-18
    u = torch.tensor([digits * (1 + 2**-18) + 2**-37, 0.1], dtype=torch.float64)
    assert nucleus_draw(logits, u, 0.4, 1.0).tolist() == [0, 0]
    assert nucleus_draw(logits, u, 0.7, 1.0).tolist()[1] == 0
