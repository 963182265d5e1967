"""Linear and cosine heads by hand."""

from __future__ import annotations

import torch

from skbalagen._torch.device import torch_seed
from skbalagen.classifiers.heads import CosineHead, LinearHead


def test_the_linear_head_is_a_linear_layer_of_the_same_seed():
    module = LinearHead().build(5, 3, seed=7)
    with torch_seed(7):
        layer = torch.nn.Linear(5, 3)
    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(module(x), layer(x))
    assert torch.equal(module.bias, layer.bias)
    assert LinearHead.supports_bias


def test_the_cosine_head_has_the_values_worked_out_by_hand():
    head = CosineHead()
    module = head.build(2, 2)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    assert torch.allclose(module(torch.tensor([[3.0, 4.0]])), torch.tensor([[18.0, 24.0]]), atol=1e-5)
    head.scale = 10.0
    assert torch.allclose(module(torch.tensor([[3.0, 4.0]])), torch.tensor([[6.0, 8.0]]), atol=1e-5)


def test_cosines_do_not_depend_on_lengths():
    module = CosineHead().build(4, 3)
    x = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(module(x), module(7 * x), atol=1e-4)
    assert (module(x).abs() <= 30).all()
    assert not hasattr(module, "bias")


def test_a_vector_of_zeros_has_the_logit_zero():
    assert CosineHead().build(4, 3)(torch.zeros(1, 4)).tolist() == [[0.0, 0.0, 0.0]]


def test_the_weights_of_the_catch_all_class_are_zero_and_stay_so():
    for head in (LinearHead(), CosineHead()):
        module = head.build(4, 3, catch_all=2)
        optimizer = torch.optim.AdamW(module.parameters(), lr=0.1, weight_decay=0.1)
        torch.nn.functional.cross_entropy(module(torch.eye(4)), torch.tensor([0, 1, 2, 2])).backward()
        optimizer.step()
        assert (module.weight[2] == 0).all()
        assert (module.weight[:2] != 0).any()


def test_class_shares_as_a_bias_give_the_class_shares_with_a_catch_all_class_too():
    shares = torch.tensor([0.7, 0.2, 0.1])
    for catch_all in (None, 1):
        module = LinearHead().build(4, 3, catch_all=catch_all)
        with torch.no_grad():
            module.weight.zero_()
            module.bias.copy_(shares.log())
        assert torch.allclose(module(torch.ones(1, 4)).softmax(dim=1), shares[None], atol=1e-6)
