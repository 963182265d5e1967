"""Focal loss of one label per row."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from skbalagen.losses import FocalLoss, cross_entropy_loss, focal_loss
from tests.losses.hand_values import COUNTS, each_close, logits, of_classes


@pytest.mark.parametrize(("gamma", "expected"), [(1, [0.136450, 2.190848]), (2, [0.045678, 1.993605])])
def test_focal_loss_has_the_values_worked_out_by_hand(gamma, expected):
    assert each_close(of_classes(partial(focal_loss, gamma=gamma), 0, 2), expected)
    loss = FocalLoss(gamma=gamma)
    loss.start(COUNTS, COUNTS.sum())
    assert each_close(of_classes(loss, 0, 2), expected)


def test_gamma_zero_is_cross_entropy():
    targets = torch.tensor([0, 1, 2])
    assert torch.equal(focal_loss(logits(3), targets, gamma=0), cross_entropy_loss(logits(3), targets))


def test_class_weights_do_not_change_p():
    loss = FocalLoss(gamma=2)
    loss.start(COUNTS, COUNTS.sum(), class_weight=[1, 1, 10])
    # From p of the weighted cross-entropy, (1 - p)**2 would be nearly 1.
    assert each_close(np.divide(of_classes(loss, 2), 10), [1.993605])


@pytest.mark.parametrize("gamma", [0.5, 1, 2])
def test_the_gradient_of_a_sure_row_is_finite(gamma):
    z = torch.tensor([[200.0, 0.0]], requires_grad=True)
    focal_loss(z, torch.tensor([0]), gamma=gamma).sum().backward()
    assert z.grad.isfinite().all()
