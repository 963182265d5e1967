"""The small networks of the samplers that train one."""

from __future__ import annotations

import numpy as np

from skbalagen.over_sampling._networks import as_tensor, mlp, one_hot, row_batches


def test_mlp_has_relu_between_layers_and_none_at_the_end():
    net = mlp(3, 5, 2)
    assert [type(layer).__name__ for layer in net] == ["Linear", "ReLU", "Linear"]
    assert net(as_tensor(np.zeros((4, 3)))).shape == (4, 2)
    assert [type(layer).__name__ for layer in mlp(3, 2)] == ["Linear"]


def test_one_hot_has_a_single_one_in_each_row():
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_batches_hold_every_row_once():
    batches = list(row_batches(10, 4, np.random.default_rng(0)))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(int(row) for batch in batches for row in batch) == list(range(10))
    assert [b.tolist() for b in batches] == [b.tolist() for b in row_batches(10, 4, np.random.default_rng(0))]
