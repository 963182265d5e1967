"""What every head keeps: shapes, seeds, gradients, pickles, and where it starts anew."""

from __future__ import annotations

import copy
import pickle
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.base import clone

from skbalagen.classifiers import _head_module
from skbalagen.classifiers._head import Head
from skbalagen.classifiers.heads import HEAD_NAMES, named_head

N_FEATURES, N_CLASSES = 6, 3


def data(head, n=24, seed=0):
    """Vectors and targets of the kind that the head takes: 12, 8 and 4 rows of the classes."""
    rng = np.random.default_rng(seed)
    codes = np.repeat([0, 1, 2], [12, 8, 4])
    vectors = torch.from_numpy(rng.normal(size=(n, N_FEATURES)) + 2 * np.eye(N_FEATURES)[codes]).float()
    targets = torch.from_numpy(codes)
    if head.required_link == "sigmoid":
        targets = torch.eye(N_CLASSES)[targets]
    return vectors, targets


def built(name, **keywords):
    head = named_head(name)
    head.build(N_FEATURES, N_CLASSES, **keywords)
    head.start(*data(head))
    return head


def loss_of(head, vectors, targets):
    logits = head.module_(vectors)
    if head.required_link == "sigmoid":
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)
    return torch.nn.functional.cross_entropy(logits, targets)


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_vectors_become_logits(name):
    head = built(name)
    logits = head.module_(data(head)[0])
    assert logits.shape == (24, N_CLASSES)
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_a_row_does_not_depend_on_the_others(name):
    head = built(name)
    vectors, _ = data(head)
    assert torch.allclose(head.module_(vectors)[:5], head.module_(vectors[:5]), atol=1e-5)


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_the_seed_decides_and_the_global_state_is_left_alone(name):
    before = torch.random.get_rng_state()
    parameters = [
        torch.cat([p.flatten() for p in built(name, seed=seed).module_.parameters()]) for seed in (0, 0, 1)
    ]
    assert torch.equal(parameters[0], parameters[1])
    assert not torch.equal(parameters[0], parameters[2])
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_a_head_learns_its_rows(name):
    head = built(name)
    vectors, targets = data(head)
    optimizer = torch.optim.Adam(head.module_.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        loss_of(head, vectors, targets).backward()
        optimizer.step()
        head.observe(vectors, targets)
    head.finish(vectors, targets)
    with torch.no_grad():
        logits = head.module_(vectors)
    if head.required_link == "sigmoid":
        assert ((logits >= 0) == (targets > 0)).float().mean() > 0.95
    else:
        assert (logits.argmax(dim=1) == targets).float().mean() > 0.9


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_the_gradient_is_that_of_finite_differences(name):
    head = built(name)
    head.module_.double()
    rows = data(head)[0][:4].double().requires_grad_()
    assert torch.autograd.gradcheck(head.module_, rows)


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_reset_gives_the_same_parameters_new_values(name):
    head = built(name, seed=0)
    module, places = head.module_, [id(p) for p in head.module_.parameters()]
    before = torch.cat([p.detach().flatten() for p in module.parameters()])
    head.reset(1)
    assert head.module_ is module
    assert [id(p) for p in module.parameters()] == places
    after = torch.cat([p.detach().flatten() for p in module.parameters()])
    assert not torch.equal(before, after)
    head.reset(0)
    assert torch.equal(before, torch.cat([p.detach().flatten() for p in module.parameters()]))


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_a_head_survives_pickle_and_deepcopy(name):
    head = built(name)
    vectors, _ = data(head)
    expected = head.module_(vectors)
    for other in (pickle.loads(pickle.dumps(head)), copy.deepcopy(head)):
        assert other.module_ is not head.module_
        assert torch.equal(other.module_(vectors), expected)


def test_a_pickled_head_is_read_where_none_was_built(monkeypatch):
    pickled = pickle.dumps(built("linear").module_)
    made = _head_module._head_module_class
    monkeypatch.setattr(_head_module, "_head_module_class", cache(made.__wrapped__))  # as in a new process
    read = pickle.loads(pickled)
    assert type(read) is _head_module.HeadModule is not made()


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_a_clone_has_no_module(name):
    assert not hasattr(clone(built(name)), "module_")


@pytest.mark.parametrize("name", HEAD_NAMES)
def test_vectors_of_half_precision_are_computed_in_single(name):
    head = built(name)
    vectors = data(head)[0].bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = head.module_(vectors)
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, head.module_(vectors.float()), atol=1e-6)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_the_logit_of_the_catch_all_class_is_fixed_at_zero(name):
    head = built(name, catch_all=1)
    vectors, _ = data(head)
    logits = head.module_(vectors)
    assert (logits[:, 1] == 0).all()
    assert torch.equal(logits[:, [0, 2]], built(name).module_(vectors)[:, [0, 2]])
    logits.sum().backward()
    assert (head.module_.weight.grad[1] == 0).all()


@pytest.mark.parametrize("name", ["set-convolution", "siamese"])
def test_heads_without_a_catch_all_class_refuse_one(name):
    with pytest.raises(ValueError, match=f"catch_all must be None for head='{name}'.*got 1"):
        built(name, catch_all=1)


@pytest.mark.parametrize("catch_all", [-1, 3])
def test_the_catch_all_class_must_be_a_column(catch_all):
    with pytest.raises(ValueError, match=f"catch_all must be a column from 0 to 2, got {catch_all}"):
        built("linear", catch_all=catch_all)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="n_classes must be at least 2, got 1"):
        named_head("linear").build(4, 1)


def test_a_head_of_your_own_needs_its_parts():
    class Nothing(Head):
        name = "nothing"

    with pytest.raises(NotImplementedError):
        Nothing().build(4, 2)


def test_a_head_of_your_own_is_two_methods():
    class Scaled(Head):
        name = "scaled"

        def _parts(self, n_features, n_classes, catch_all):
            return {"weight": torch.nn.Parameter(torch.ones(n_classes, n_features)), "two": torch.tensor(2.0)}

        def _logits(self, module, vectors):
            return module.two * vectors @ module.weight.T

    module = Scaled().build(2, 3)
    assert module(torch.ones(1, 2)).tolist() == [[4.0, 4.0, 4.0]]
    assert [name for name, _ in module.named_parameters()] == ["weight"]
    assert [name for name, _ in module.named_buffers()] == ["two"]
