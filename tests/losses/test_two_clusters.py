"""A task that plain training fails: overlapping clusters of 950 and 50 rows, whose rare rows it mostly misses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen.classifiers.row_samplers import named_sampler
from skbalagen.losses import class_weights, named_loss

COUNTS = np.array([950, 50])
CODES = np.repeat([0, 1], COUNTS)


def clusters(sizes, seed):
    """Rows around (0, 1) and (2, 1), with deviation 1 along the first axis."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=sum(sizes)) + 2 * np.repeat([0, 1], sizes)
    return torch.from_numpy(np.column_stack([x, np.ones(len(x))])).float()


def recalls(loss_name="cross-entropy", weights=None, sampler=None):
    """Train a linear layer, and return the recall of both classes on 2000 rows each."""
    X, targets = clusters(COUNTS, seed=0), torch.from_numpy(CODES)
    if sampler is not None:
        rows = named_sampler(sampler).draw(CODES, 0, 1, n=1000, rng=np.random.default_rng(0))
        X, targets = X[rows], targets[rows]
    loss = named_loss(loss_name)
    loss.start(COUNTS, 1000, class_weight=weights)
    W = torch.zeros(2, 2, requires_grad=True)
    optimizer = torch.optim.Adam([W], lr=0.05)
    for _ in range(250):
        optimizer.zero_grad()
        loss(X @ W, targets).mean().backward()
        optimizer.step()
    found = (clusters([2000, 2000], seed=1) @ W.detach()).argmax(dim=1).reshape(2, 2000)
    return (found == torch.tensor([[0], [1]])).float().mean(dim=1).tolist()


def test_plain_training_misses_most_rare_rows():
    frequent, rare = recalls()
    assert frequent > 0.98
    assert rare < 0.45


@pytest.mark.parametrize(
    "remedy",
    [
        {"loss_name": "logit-adjusted"},
        {"weights": class_weights("balanced", [0, 1], COUNTS)},
        {"weights": class_weights("effective-number", [0, 1], COUNTS)},
        {"sampler": "class-aware"},
        {"loss_name": "focal", "weights": class_weights("balanced", [0, 1], COUNTS)},
        {"loss_name": "dice", "weights": class_weights("balanced", [0, 1], COUNTS)},
    ],
    ids=["logit-adjusted", "balanced", "effective-number", "class-aware", "weighted focal", "weighted dice"],
)
def test_a_remedy_finds_both_classes_alike(remedy):
    # The best border for equally frequent classes is in the middle, where both recalls are 0.84.
    frequent, rare = recalls(**remedy)
    assert frequent == pytest.approx(0.84, abs=0.08)
    assert rare == pytest.approx(0.84, abs=0.08)


def test_square_root_sampling_lies_between():
    assert recalls()[1] + 0.1 < recalls(sampler="square-root")[1] < recalls(sampler="class-aware")[1]


def test_focal_loss_alone_keeps_the_decisions():
    # It is a proper choice of the likelier class: what is hard counts more, not what is rare.
    assert recalls("focal")[1] == pytest.approx(recalls()[1], abs=0.1)
