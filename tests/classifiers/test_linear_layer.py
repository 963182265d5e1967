"""A linear layer before the training and after it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen.classifiers._linear_layer import prior_logits, set_prior_bias, tau_normalized_logits

SPAM = np.array([4827, 747])  # rows of the SMS spam collection


def test_prior_bias_starts_at_the_entropy_of_the_class_shares():
    layer = torch.nn.Linear(3, 2)
    set_prior_bias(layer, prior_logits(SPAM, SPAM.sum(), link="softmax"))
    assert (layer.bias[1] - layer.bias[0]).item() == pytest.approx(-1.865915, abs=1e-6)
    logits = layer(torch.randn(int(SPAM.sum()), 3))
    targets = torch.from_numpy(np.repeat([0, 1], SPAM))
    assert torch.nn.functional.cross_entropy(logits, targets).item() == pytest.approx(0.393949, abs=1e-6)
    layer.bias.data.zero_()
    uniform = torch.nn.functional.cross_entropy(layer(torch.randn(len(targets), 3)), targets)
    assert uniform.item() == pytest.approx(0.693147, abs=1e-6)


def test_prior_bias_of_labels_gives_each_its_share_of_the_rows():
    logits = prior_logits(np.array([50, 20, 5]), 100, link="sigmoid")
    assert 1 / (1 + np.exp(-logits)) == pytest.approx(np.array([0.5, 0.2, 0.05]))


@pytest.mark.parametrize(("counts", "share"), [([0, 10], [0.05, 0.95]), ([10, 10], [0.95, 0.95])])
def test_prior_bias_is_finite_for_labels_of_no_row_or_of_all(counts, share):
    logits = prior_logits(np.array(counts), 10, link="sigmoid")
    assert 1 / (1 + np.exp(-logits)) == pytest.approx(np.array(share))


@pytest.mark.parametrize(("tau", "logits"), [(0.0, (7, 2)), (0.5, (3.130495, 1.414214)), (1.0, (1.4, 1))])
def test_tau_normalized_logits_by_hand(tau, logits):
    weight = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    found = tau_normalized_logits(torch.ones(1, 2), weight, tau)
    assert found[0].tolist() == pytest.approx(logits, abs=1e-6)


def test_tau_normalized_logits_of_a_weight_of_zero_are_zero():
    assert tau_normalized_logits(torch.ones(1, 2), torch.zeros(2, 2), 1.0).tolist() == [[0.0, 0.0]]
