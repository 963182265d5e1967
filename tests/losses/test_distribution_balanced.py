"""Distribution-balanced loss, worked out by hand step by step."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from skbalagen.losses import (
    DistributionBalancedLoss,
    binary_cross_entropy_loss,
    binary_focal_loss,
    distribution_balanced_loss,
)
from tests.losses.hand_values import LABEL_COUNTS, LABEL_LOGITS, LABELS, N_ROWS, each_close, label_logits


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(z, y, n, n_rows, a=0.1, b=10, c=0.9, k=0.05, lam=2.0, g=2.0):
    """The formula, label by label; returns weights, shifts and terms."""
    z, y, n = np.asarray(z), np.asarray(y), np.asarray(n, dtype=float)
    r = (1 / n) / (y / n).sum()
    w = a + sigmoid(b * (r - c))
    v = k * np.log(n_rows / n - 1)
    terms = []
    for j in range(len(z)):
        if y[j]:
            q = sigmoid(z[j] - v[j])
            terms.append(-w[j] * (1 - q) ** g * np.log(q))
        else:
            q = sigmoid(lam * (z[j] - v[j]))
            terms.append(-w[j] / lam * q**g * np.log(1 - q))
    return w, v, terms


def test_the_steps_have_the_values_worked_out_by_hand():
    weights, shifts, terms = by_hand(LABEL_LOGITS[0], LABELS[0], LABEL_COUNTS, N_ROWS)
    assert each_close(weights, [0.100306, 0.101196, 0.622712])
    assert each_close(shifts, [0, 0.069315, 0.147222])
    assert each_close(terms, [0.002273, 0.000827, 0.098446])


def test_distribution_balanced_loss_has_the_values_worked_out_by_hand():
    terms = distribution_balanced_loss(*label_logits(), LABEL_COUNTS, N_ROWS)
    assert each_close(terms, [[0.002273, 0.000827, 0.098446]])
    loss = DistributionBalancedLoss()
    loss.start(LABEL_COUNTS, N_ROWS)
    assert each_close(loss(*label_logits()), [0.033849])


def test_other_parameters_enter_the_formula():
    parameters = {"a": 0.3, "b": 4.0, "c": 0.5, "k": 0.2, "lam": 3.0, "g": 1.0}
    names = dict(zip(["alpha", "beta", "mu", "kappa", "lam", "gamma"], parameters.values(), strict=True))
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(5, 3)), np.array([[1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1], [1, 0, 1]])
    terms = distribution_balanced_loss(
        torch.from_numpy(z), torch.from_numpy(y.astype(float)), LABEL_COUNTS, N_ROWS, **names
    )
    expected = [by_hand(z[i], y[i], LABEL_COUNTS, N_ROWS, **parameters)[2] for i in range(5)]
    assert terms.numpy() == pytest.approx(np.array(expected), abs=1e-9)


# Weights of 1: 0.5 + sigmoid(0).
PLAIN = partial(
    distribution_balanced_loss,
    class_counts=LABEL_COUNTS,
    n_rows=N_ROWS,
    alpha=0.5,
    beta=0.0,
    kappa=0.0,
    lam=1.0,
)


def test_without_weights_bias_and_tolerance_it_is_the_binary_focal_loss():
    z, y = label_logits()
    assert torch.allclose(PLAIN(z, y, gamma=2.0), binary_focal_loss(z, y, gamma=2.0, alpha=None), atol=1e-12)


def test_without_the_focal_factor_as_well_it_is_binary_cross_entropy():
    z, y = label_logits()
    assert torch.allclose(PLAIN(z, y, gamma=0.0), binary_cross_entropy_loss(z, y), atol=1e-12)


def test_a_row_without_labels_has_the_ratio_one():
    z, y = label_logits()
    none = torch.zeros_like(y)
    w = 0.1 + sigmoid(10 * (1 - 0.9))
    v = 0.05 * np.log(N_ROWS / LABEL_COUNTS - 1)
    q = sigmoid(2 * (z[0].numpy() - v))
    expected = -w / 2 * q**2 * np.log(1 - q)
    assert each_close(distribution_balanced_loss(z, none, LABEL_COUNTS, N_ROWS), [expected])


def test_a_label_of_every_row_gives_finite_values():
    z, y = label_logits()
    z.requires_grad_()
    values = distribution_balanced_loss(z, y, np.array([100, 20, 5]), 100)
    values.sum().backward()
    assert values.isfinite().all()
    assert z.grad.isfinite().all()
    shift = 0.05 * np.log(100 / 99.5 - 1)
    q = sigmoid(1.0 - shift)
    w = 0.1 + sigmoid(10 * (0.01 / (0.01 + 0.2) - 0.9))
    assert values[0, 0].item() == pytest.approx(-w * (1 - q) ** 2 * np.log(q), abs=1e-6)


def test_a_rare_label_of_a_row_weighs_more_than_a_frequent_one_beside_it():
    weights = by_hand(LABEL_LOGITS[0], LABELS[0], LABEL_COUNTS, N_ROWS)[0]
    assert weights[2] > 6 * weights[0]
