"""Logit-adjusted cross-entropy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from skbalagen.losses import LogitAdjustedLoss, cross_entropy_loss, logit_adjusted_loss
from tests.losses.hand_values import COUNTS, each_close, logits, of_classes

SHARES = COUNTS / COUNTS.sum()


def test_logit_adjusted_loss_has_the_values_worked_out_by_hand():
    expected = [0.022944, 8.460695]
    assert each_close(logit_adjusted_loss(logits(2), torch.tensor([0, 2]), SHARES), expected)
    loss = LogitAdjustedLoss()
    loss.start(COUNTS, COUNTS.sum())
    assert each_close(of_classes(loss, 0, 2), expected)
    assert each_close(loss.priors_, SHARES)


def test_the_same_correction_after_the_fit_has_the_values_worked_out_by_hand():
    assert each_close(logits().numpy() - np.log(SHARES), [[2.062129, 3.834718, 6.499881]])


def test_tau_zero_is_cross_entropy():
    loss = LogitAdjustedLoss(tau=0)
    loss.start(COUNTS, COUNTS.sum())
    targets = torch.tensor([0, 1, 2])
    assert torch.equal(loss(logits(3), targets), cross_entropy_loss(logits(3), targets))


def test_the_constant_of_the_priors_does_not_matter():
    targets = torch.tensor([0, 1, 2])
    counts = logit_adjusted_loss(logits(3), targets, COUNTS)
    assert torch.allclose(counts, logit_adjusted_loss(logits(3), targets, SHARES), atol=1e-12)


def test_its_best_logits_are_those_of_equally_frequent_classes():
    # Rows without features, 9 to 1: cross-entropy learns the shares, the adjusted loss learns nothing.
    targets = torch.tensor([0] * 9 + [1])
    loss = LogitAdjustedLoss()
    loss.start([9, 1], 10)
    z = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    loss(z.expand(10, 2), targets).mean().backward()
    assert torch.allclose(z.grad, torch.zeros(2, dtype=torch.float64), atol=1e-12)


def test_equal_classes_are_warned_of_since_nothing_is_adjusted():
    with pytest.warns(UserWarning, match="plain cross-entropy here, since every class has 5 rows"):
        LogitAdjustedLoss().start([5, 5], 10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LogitAdjustedLoss(tau=0).start([5, 5], 10)
