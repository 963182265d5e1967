"""Dice loss and its self-adjusting form."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen.losses import DiceLoss, dice_loss, named_loss
from tests.losses.hand_values import COUNTS, P, each_close, of_classes


def gold_term(p, alpha, smoothing=1.0):
    """The term of the right class, by hand."""
    q = (1 - p) ** alpha * p
    return 1 - (2 * q + smoothing) / (q**2 + 1 + smoothing)


def test_dice_loss_has_the_values_worked_out_by_hand():
    assert each_close(of_classes(dice_loss, 0, 2), [0.110428, 0.775640])


def test_dice_loss_is_the_sum_over_the_classes():
    others = [1 - 1 / (p**2 + 1) for p in P[1:]]
    assert of_classes(dice_loss, 0)[0] == pytest.approx(gold_term(P[0], 0) + sum(others), abs=1e-5)


def test_self_adjusting_dice_has_the_values_worked_out_by_hand():
    loss = named_loss("self-adjusting-dice")
    loss.start(COUNTS, COUNTS.sum())
    assert each_close(of_classes(loss, 0, 2), [0.112309, 0.770786])


def test_the_formula_of_four_numbers_has_the_value_worked_out_by_hand():
    def by_hand(p, alpha):
        q = (1 - p) ** alpha * p
        return gold_term(p[0], alpha) + (1 - 1 / (q[1:] ** 2 + 1)).sum()

    p = np.array([0.9, 0.03, 0.03, 0.03])  # they sum to 0.99, so no softmax gives them
    assert each_close(by_hand(p, 0.01), 0.007930)
    p /= p.sum()
    values = dice_loss(torch.from_numpy(p).log()[None], torch.tensor([0]), alpha=0.01)
    assert each_close(values, [by_hand(p, 0.01)])


def test_alpha_zero_is_the_plain_dice_loss():
    plain, adjusting = DiceLoss(), DiceLoss(alpha=0.0)
    for loss in (plain, adjusting):
        loss.start(COUNTS, COUNTS.sum())
    assert of_classes(plain, 0, 1, 2) == of_classes(adjusting, 0, 1, 2) == of_classes(dice_loss, 0, 1, 2)


@pytest.mark.parametrize(("alpha", "best"), [(1.0, 0.5), (0.01, 0.990099)])
def test_the_exponent_of_the_paper_is_best_at_one_half_and_that_of_its_scripts_nearly_at_one(alpha, best):
    p = np.linspace(0.0001, 0.9999, 9999)
    values = [gold_term(x, alpha) for x in p]
    assert p[np.argmin(values)] == pytest.approx(best, abs=1e-4)
    # The gold term is 1 - q's dice: its minimum is the maximum of q = (1 - p)**alpha * p, at 1 / (1 + alpha).
    assert 1 / (1 + alpha) == pytest.approx(best, abs=1e-6)


def test_the_loss_of_the_exponent_one_pulls_sure_rows_back():
    z = torch.tensor([[3.0, 0.0]], dtype=torch.float64, requires_grad=True)
    for alpha, grows in ((0.01, True), (1.0, False)):
        gradient = torch.autograd.grad(dice_loss(z, torch.tensor([0]), alpha=alpha).sum(), z)[0]
        assert (gradient[0, 0] < 0).item() is grows


def test_the_loss_of_a_row_does_not_depend_on_the_others():
    z = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    y = torch.tensor([0, 1, 2, 0, 1, 2])
    assert torch.allclose(dice_loss(z, y)[:2], dice_loss(z[:2], y[:2]))
