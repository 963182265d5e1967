"""The invertible network."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen._torch.device import torch_seed
from skbalagen.over_sampling._flow import CouplingFlow
from skbalagen.over_sampling._networks import as_tensor


@pytest.fixture
def flow_of():
    def make(n_features):
        with torch_seed(0):
            return CouplingFlow(n_features, width=8)

    return make


@pytest.mark.parametrize("n_features", [1, 2, 3, 8])
def test_inverse_undoes_the_flow(flow_of, n_features):
    flow = flow_of(n_features)
    x = as_tensor(np.random.default_rng(0).normal(size=(20, n_features)))
    s, _ = flow.forward(x)
    assert flow.inverse(s).detach().numpy() == pytest.approx(x.numpy(), abs=1e-4)
    assert (n_features == 1) == bool((s == x).all())


def test_log_volume_is_that_of_the_jacobian(flow_of):
    import torch

    flow = flow_of(3)
    x = as_tensor(np.array([[0.3, -1.0, 2.0]]))
    jacobian = torch.autograd.functional.jacobian(lambda row: flow.forward(row[None])[0][0], x[0])
    by_hand = float(torch.linalg.slogdet(jacobian).logabsdet)
    assert flow.forward(x)[1].item() == pytest.approx(by_hand, abs=1e-5)


def test_all_weights_are_trained(flow_of):
    # Six layers of two linear maps, each with weights and biases.
    assert len(list(flow_of(4).parameters())) == 24
    assert list(flow_of(1).parameters()) == []
