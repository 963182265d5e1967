"""Prototype head: distances by hand, how centroids move, and the catch-all class."""

from __future__ import annotations

import pytest
import torch

from skbalagen.classifiers.heads import PrototypeHead

ROWS = torch.tensor([[0.0, 0.0], [2.0, 0.0], [6.0, 6.0]])
CODES = torch.tensor([0, 0, 1])


def identity(head, n_classes=2, **keywords):
    """Build with f(x) = x."""
    module = head.build(2, n_classes, **keywords)
    with torch.no_grad():
        module.projection.weight.copy_(torch.eye(2))
    return module


def test_the_logits_have_the_values_worked_out_by_hand():
    module = identity(PrototypeHead(), 3, catch_all=0)
    module.centroids = torch.tensor([[9.0, 9.0], [0.0, 0.0], [3.0, 1.0]])
    logits = module(torch.tensor([[1.0, 1.0]]))
    assert torch.allclose(logits, torch.tensor([[-4.0, -2.0, -4.0]]), atol=1e-6)
    p = torch.tensor([[0.106507, 0.786986, 0.106507]])
    assert torch.allclose(logits.softmax(dim=1), p, atol=1e-6)


def test_the_logit_of_the_catch_all_class_is_learned():
    module = identity(PrototypeHead(catch_all_logit=-3.0), 3, catch_all=2)
    logits = module(ROWS)
    assert (logits[:, 2] == -3).all()
    logits[:, 2].sum().backward()
    assert module.catch_all_logit.grad.item() == 3


def test_without_a_catch_all_class_there_is_no_such_number():
    assert [name for name, _ in PrototypeHead().build(2, 2).named_parameters()] == ["projection.weight"]


def test_the_projection_starts_as_a_rotation():
    module = PrototypeHead().build(5, 2)
    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(
        torch.cdist(module.projection(x), module.projection(x)), torch.cdist(x, x), atol=1e-4
    )
    assert PrototypeHead(n_components=3).build(5, 2).projection(x).shape == (4, 3)


def test_centroids_begin_as_class_means_and_end_as_exact_ones():
    head = PrototypeHead()
    module = identity(head)
    head.start(ROWS, CODES)
    assert module.centroids.tolist() == [[1.0, 0.0], [6.0, 6.0]]
    head.observe(ROWS + 10, CODES)
    assert module.centroids.tolist() != [[1.0, 0.0], [6.0, 6.0]]
    head.finish(ROWS, CODES)
    assert module.centroids.tolist() == [[1.0, 0.0], [6.0, 6.0]]


def test_centroids_move_by_the_rate_where_a_class_occurs():
    head = PrototypeHead(rate=0.1)
    module = identity(head)
    head.start(ROWS, CODES)
    head.observe(torch.tensor([[11.0, 0.0], [11.0, 20.0]]), torch.tensor([0, 0]))
    # (1, 0) moves a tenth of the way to (11, 10); class 1 does not occur.
    assert torch.allclose(module.centroids, torch.tensor([[2.0, 1.0], [6.0, 6.0]]))


@pytest.mark.parametrize(("rate", "expected"), [(0.0, [1.0, 0.0]), (1.0, [11.0, 10.0])])
def test_rates_of_zero_and_one(rate, expected):
    head = PrototypeHead(rate=rate)
    module = identity(head)
    head.start(ROWS, CODES)
    head.observe(torch.tensor([[11.0, 10.0]]), torch.tensor([0]))
    assert module.centroids[0].tolist() == expected


def test_centroids_take_no_gradient():
    head = PrototypeHead()
    module = head.build(2, 2)
    head.start(ROWS, CODES)
    assert not module.centroids.requires_grad
    assert [name for name, _ in module.named_buffers()] == ["centroids"]


def test_the_projection_follows_the_gradient():
    head = PrototypeHead()
    module = head.build(2, 2)
    head.start(ROWS, CODES)
    torch.nn.functional.cross_entropy(module(ROWS), CODES).backward()
    assert module.projection.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("parameter", [{"rate": 1.5}, {"n_components": 0}, {"catch_all_logit": "low"}])
def test_parameters_out_of_range_are_refused(parameter):
    with pytest.raises(ValueError, match="parameter of PrototypeHead"):
        PrototypeHead(**parameter).build(2, 2)
