"""Squares of token vectors from other rows."""

from __future__ import annotations

import pytest
import torch

from skbalagen._torch.device import torch_seed
from skbalagen.classifiers.token_augmentation import TextCut


def mixed(cut, hidden, lengths=None, rare=None):
    n_rows, n_tokens, _ = hidden.shape
    seen = torch.arange(n_tokens) < torch.tensor(lengths or [n_tokens] * n_rows)[:, None]
    rare = torch.ones(n_rows, dtype=torch.bool) if rare is None else torch.tensor(rare)
    with torch_seed(0):
        return cut.mix(hidden, seen.long(), rare)


def numbered(n_rows, n_tokens, n_features):
    """Row i is all i."""
    return torch.arange(float(n_rows))[:, None, None].expand(n_rows, n_tokens, n_features).clone()


@pytest.mark.parametrize("cut", [TextCut(n_squares=0, probability=1.0), TextCut(probability=0.0)])
def test_no_squares_change_nothing(cut):
    hidden = torch.randn(4, 6, 8)
    assert torch.equal(mixed(cut, hidden), hidden)


def test_a_batch_of_one_row_has_no_partner():
    hidden = torch.randn(1, 6, 8)
    assert torch.equal(mixed(TextCut(probability=1.0), hidden), hidden)


def test_only_rare_rows_change_and_only_by_values_of_the_same_place():
    hidden = torch.randn(5, 10, 16)
    out = mixed(TextCut(probability=1.0), hidden, rare=[True, False, True, False, False])
    assert torch.equal(out[[1, 3, 4]], hidden[[1, 3, 4]])
    for row in (0, 2):
        changed = out[row] != hidden[row]
        assert changed.any()
        others = [r for r in range(5) if r != row]
        assert all(
            any(torch.equal(out[row][changed], hidden[r][changed]) for r in others) for _ in changed[:1]
        )


def test_one_square_has_the_side_that_the_area_gives():
    out = mixed(TextCut(n_squares=1, area=0.05, probability=1.0), numbered(2, 20, 16))
    side = 4  # the root of 0.05 * 20 * 16, exactly
    assert (out[0] == 1).sum().item() == side**2
    tokens, features = (out[0] == 1).nonzero().unbind(1)
    assert (tokens.max() - tokens.min() + 1, features.max() - features.min() + 1) == (side, side)


def test_padding_is_not_touched_and_not_copied():
    hidden = numbered(2, 10, 4)
    hidden[1, 3:] = 99.0  # padding of the shorter row
    out = mixed(TextCut(n_squares=20, area=1.0, probability=1.0), hidden, lengths=[10, 3])
    assert (out[0] != 99.0).all()
    assert torch.equal(out[1, 3:], hidden[1, 3:])
    assert (out[0, 3:] == 0).all()  # clipped to the shorter text


def test_half_of_the_rows_change():
    out = mixed(TextCut(), numbered(400, 10, 4))
    changed = (out != numbered(400, 10, 4)).flatten(1).any(1).float().mean().item()
    assert changed == pytest.approx(0.5, abs=0.1)


def test_gradients_flow_to_the_partner():
    hidden = torch.randn(2, 4, 4, requires_grad=True)
    mixed(TextCut(area=1.0, probability=1.0), hidden, rare=[True, False])[0].sum().backward()
    assert hidden.grad[1].abs().sum() > 0
    assert hidden.grad[0].abs().sum() == 0


@pytest.mark.parametrize(("name", "value"), [("n_squares", -1), ("area", 0.0), ("probability", 1.5)])
def test_parameters_out_of_their_range_are_refused(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of TextCut"):
        TextCut(**{name: value}).check()
