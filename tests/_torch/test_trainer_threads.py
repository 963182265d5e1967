"""Fine-tuning with several threads: the same weights, bit for bit, for any number of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen._torch.device import torch_seed
from skbalagen._torch.trainer import fine_tune

LENGTHS = np.array([3, 9, 4, 4, 12, 5, 7, 2, 6, 8, 3, 10])


def learned(n_threads, *, dropout=0.0, **options):
    """Fit a small network on twelve rows; return its weights, the history and the states of the epochs."""
    with torch_seed(0):
        model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(dropout), torch.nn.Linear(8, 1))
        X = torch.randn(12, 4)
    states = []
    history = fine_tune(
        model,
        lambda rows: ((model(X[rows]) - X[rows, :1]) ** 2).mean(),
        LENGTHS,
        draws=lambda rng: np.arange(12),
        epochs=3,
        batch_size=6,
        learning_rate=0.01,
        tokens_at_once=16,
        n_threads=n_threads,
        rng=np.random.default_rng(0),
        on_epoch_end=states.append,
        **options,
    )
    return [p.detach().clone() for p in model.parameters()], history, states


def equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_weights_are_the_same_for_any_number_of_threads(dropout):
    weights, history, _ = learned(1, dropout=dropout)
    for n_threads in (2, 4):
        others, other_history, _ = learned(n_threads, dropout=dropout)
        assert equal(others, weights)
        assert other_history == history
    # All of torch's threads, and parts that are cut otherwise: equal but for rounding.
    if not dropout:
        assert learned(None)[1].train_loss == pytest.approx(history.train_loss, rel=1e-6)


def test_an_interrupted_run_goes_on_with_another_number_of_threads():
    weights, history, states = learned(2, dropout=0.4)
    resumed, resumed_history, _ = learned(3, dropout=0.4, resume=states[0])
    assert equal(resumed, weights)
    assert resumed_history == history
