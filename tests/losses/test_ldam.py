"""Label-distribution-aware margins."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from skbalagen.losses import (
    BinaryLDAMLoss,
    LDAMLoss,
    binary_cross_entropy_loss,
    binary_ldam_loss,
    cross_entropy_loss,
    ldam_loss,
    ldam_margins,
)
from tests.losses.hand_values import COUNTS, each_close

COSINES = torch.tensor([[0.5, 0.2, -0.1]] * 2, dtype=torch.float64)
TARGETS = torch.tensor([2, 0])


def test_margins_have_the_values_worked_out_by_hand():
    assert each_close(ldam_margins(COUNTS), [0.1, 0.2, 0.5])


def test_the_largest_margin_is_that_of_the_rarest_class():
    margins = ldam_margins([7, 90, 3000], max_margin=0.3)
    assert margins.max() == margins[0] == 0.3
    assert margins / margins[0] == pytest.approx((np.array([7, 90, 3000]) / 7) ** -0.25)


def test_ldam_loss_has_the_values_worked_out_by_hand():
    assert each_close(ldam_loss(COSINES, TARGETS, ldam_margins(COUNTS)), [33.000123, 0.002476])


def test_margins_of_zero_are_cross_entropy_of_the_scaled_cosines():
    no_margin = ldam_loss(COSINES, TARGETS, np.zeros(3))
    assert each_close(no_margin[:1], [18.000123])
    assert torch.equal(no_margin, cross_entropy_loss(30 * COSINES, TARGETS))


def test_the_loss_takes_the_scaled_cosines_of_the_head_and_scales_them_once():
    loss = LDAMLoss(scale=30)
    loss.start(COUNTS, COUNTS.sum())
    assert each_close(loss.margins_, [0.1, 0.2, 0.5])
    assert each_close(loss(30 * COSINES, TARGETS), [33.000123, 0.002476])


def test_the_loss_without_margin_is_cross_entropy():
    loss = LDAMLoss(max_margin=0)
    loss.start(COUNTS, COUNTS.sum())
    assert torch.allclose(loss(30 * COSINES, TARGETS), cross_entropy_loss(30 * COSINES, TARGETS), atol=1e-12)
    assert loss.required_head == "cosine"


def test_the_margin_is_taken_off_the_right_class_only():
    margins = np.array([0.0, 0.0, 0.4])
    assert torch.equal(
        ldam_loss(COSINES[1:], TARGETS[1:], margins), ldam_loss(COSINES[1:], TARGETS[1:], np.zeros(3))
    )


SEVERAL = torch.tensor([[1.0, 0.0, 1.0]] * 2, dtype=torch.float64)


def test_binary_ldam_loss_takes_the_margin_off_each_label_of_the_row():
    # -log sigma(30 (.5 - .1)), -log(1 - sigma(30 * .2)), -log sigma(30 (-.1 - .5))
    by_hand = [math.log1p(math.exp(-12)), math.log1p(math.exp(6)), math.log1p(math.exp(18))]
    assert each_close(binary_ldam_loss(COSINES[:1], SEVERAL[:1], ldam_margins(COUNTS)), [by_hand])


def test_binary_ldam_loss_without_margins_is_binary_cross_entropy_of_the_scaled_cosines():
    assert torch.equal(
        binary_ldam_loss(COSINES, SEVERAL, np.zeros(3)), binary_cross_entropy_loss(30 * COSINES, SEVERAL)
    )


def test_the_binary_loss_takes_the_scaled_cosines_of_the_head():
    loss = BinaryLDAMLoss()
    loss.start(COUNTS, COUNTS.sum())
    assert loss.link == "sigmoid"
    expected = binary_ldam_loss(COSINES, SEVERAL, ldam_margins(COUNTS)).mean(dim=1)
    assert torch.allclose(loss(30 * COSINES, SEVERAL), expected, atol=1e-12)
