"""Log probabilities of the softmax, and of everything else."""

from __future__ import annotations

import pytest
import torch

from skbalagen.losses._log_space import log_probabilities


def test_both_are_the_logs_of_the_softmax():
    logits = torch.tensor([[2.0, 1.0, 0.0], [-3.0, 5.0, 0.5]], dtype=torch.float64)
    log_p, log_rest = log_probabilities(logits)
    p = logits.softmax(dim=1)
    assert torch.allclose(log_p, p.log(), atol=1e-12)
    assert torch.allclose(log_rest, (1 - p).log(), atol=1e-12)


def test_nothing_is_lost_where_p_is_nearly_one():
    _, log_rest = log_probabilities(torch.tensor([[50.0, 0.0]]))  # 1 - p is 0 in single precision
    assert log_rest[0].tolist() == pytest.approx([-50.0, 0.0], abs=1e-5)


def test_equal_logits_share_the_probability():
    _, log_rest = log_probabilities(torch.zeros(1, 2, dtype=torch.float64))
    assert log_rest.exp()[0].tolist() == pytest.approx([0.5, 0.5])


def test_gradients_are_exact_for_sure_and_for_equal_classes():
    logits = torch.tensor([[40.0, 0.0, 1.0], [1.0, 1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    # Ties have two right choices of the likeliest class, and both have the same derivative.
    assert torch.autograd.gradcheck(log_probabilities, logits)
