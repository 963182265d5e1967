"""The penalty on changes of weights that earlier rows depend on."""

from __future__ import annotations

import pytest
import torch

from skbalagen.classifiers._fisher import fisher_information, fisher_penalty


def parameter(*values):
    return torch.nn.Parameter(torch.tensor(values))


def test_fisher_information_is_the_mean_of_squared_batch_gradients():
    w = parameter(1.0, 2.0)
    fisher = fisher_information([w], ((w * torch.tensor(x)).sum() for x in ([1.0, 0.0], [3.0, 2.0])))
    assert fisher[0].tolist() == [5.0, 2.0]  # (1 + 9) / 2 and (0 + 4) / 2
    assert w.grad is None


def test_fisher_information_of_a_weight_that_no_loss_reads_is_zero():
    w, unread = parameter(1.0), parameter(1.0)
    assert fisher_information([w, unread], [2 * w.sum()])[1].tolist() == [0.0]


def test_fisher_penalty_by_hand():
    w = parameter(1.0, 2.0)
    penalty = fisher_penalty([w], [torch.tensor([0.01, 0.002])], 1000.0)
    assert penalty().item() == 0.0
    w.data += torch.tensor([0.1, -0.2])
    value = penalty()
    assert value.item() == pytest.approx(0.18, abs=1e-6)
    value.backward()
    assert w.grad.tolist() == pytest.approx([2.0, -0.8], abs=1e-5)  # 2 * strength * F * change


def test_fisher_penalty_of_strength_zero_is_zero():
    w = parameter(1.0)
    penalty = fisher_penalty([w], [torch.tensor([3.0])], 0.0)
    w.data += 1
    assert penalty().item() == 0.0
