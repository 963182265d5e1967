"""What every loss keeps: rows do not mix, classes have no order, weights, checks, and numbers that stay finite."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone

from skbalagen.losses import LOSS_NAMES, CrossEntropyLoss, LDAMLoss, Loss, named_loss
from skbalagen.losses.base import positive_counts, tensor_like

COUNTS = np.array([40.0, 25.0, 9.0, 3.0])
N_ROWS = 77


def started(name, counts=COUNTS, **keywords):
    loss = named_loss(name)
    loss.start(counts, N_ROWS, **keywords)
    return loss


def batch(loss, n=12, n_classes=4, seed=0):
    """Random logits and targets of the kind that the loss takes, in double precision."""
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(0, 2, (n, n_classes)))
    if loss.link == "softmax":
        return logits, torch.from_numpy(rng.integers(n_classes, size=n))
    return logits, torch.from_numpy((rng.random((n, n_classes)) < 0.4).astype(float))


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_each_row_has_a_value_of_its_own(name):
    loss = started(name, class_weight=[1, 2, 3, 4])
    logits, targets = batch(loss)
    whole = loss(logits, targets)
    assert whole.shape == (12,)
    parts = torch.cat([loss(logits[rows], targets[rows]) for rows in np.array_split(np.arange(12), 5)])
    assert torch.allclose(whole, parts, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_the_gradient_is_that_of_finite_differences(name):
    loss = started(name, class_weight=[1, 2, 3, 4])
    logits, targets = batch(loss)
    assert torch.autograd.gradcheck(lambda z: loss(z, targets), logits.requires_grad_())


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_a_step_along_the_gradient_lowers_the_loss(name):
    loss = started(name)
    logits, targets = batch(loss)
    logits.requires_grad_()
    before = loss(logits, targets).mean()
    before.backward()
    assert loss(logits - 0.01 * logits.grad, targets).mean() < before


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_the_order_of_the_classes_changes_nothing(name):
    new = np.array([2, 0, 3, 1])  # the class that each column holds afterwards
    loss = started(name, class_weight=[1, 2, 3, 4])
    logits, targets = batch(loss)
    moved = started(name, COUNTS[new], class_weight=np.array([1, 2, 3, 4])[new])
    renamed = torch.from_numpy(np.argsort(new))[targets] if loss.link == "softmax" else targets[:, new]
    assert torch.allclose(loss(logits, targets), moved(logits[:, new], renamed), rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [1e2, 1e4, 1e8])
@pytest.mark.parametrize("name", LOSS_NAMES)
def test_extreme_logits_give_finite_values_and_gradients(name, size):
    loss = started(name)
    logits = (size * torch.eye(4)).repeat(4, 1).requires_grad_()
    codes = torch.arange(4).repeat_interleave(4)
    targets = codes if loss.link == "softmax" else torch.eye(4)[codes]
    values = loss(logits, targets)
    values.sum().backward()
    assert values.isfinite().all()
    assert (values >= 0).all()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_half_precision_is_computed_in_single(name):
    loss = started(name)
    logits, targets = batch(loss)
    half = loss(logits.bfloat16(), targets if loss.link == "softmax" else targets.float())
    assert half.dtype == torch.float32


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_start_works_on_a_clone_and_leaves_the_parameters(name):
    loss = named_loss(name)
    started_clone = clone(loss)
    started_clone.start(COUNTS, N_ROWS)
    assert started_clone.get_params() == loss.get_params()
    assert not hasattr(loss, "class_counts_")


def test_class_weights_multiply_the_rows_of_their_class():
    loss, plain = started("cross-entropy", class_weight=[1, 2, 3, 4]), started("cross-entropy")
    logits, targets = batch(plain)
    assert torch.allclose(loss(logits, targets), plain(logits, targets) * (1 + targets), atol=1e-12)


def test_class_weights_multiply_the_labels_that_a_row_has():
    loss = started("binary-cross-entropy", class_weight=[1, 2, 3, 4])
    logits, targets = batch(loss)
    torchs = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor([1.0, 2, 3, 4]), reduction="none")
    assert torch.allclose(loss(logits, targets), torchs(logits, targets).mean(dim=1), atol=1e-12)


def test_start_keeps_what_it_was_given():
    loss = started("cross-entropy", catch_all=2)
    assert loss.class_counts_.tolist() == COUNTS.tolist()
    assert (loss.n_rows_, loss.catch_all_, loss.class_weight_) == (77.0, 2, None)


def test_starting_again_forgets_the_weights():
    loss = started("cross-entropy", class_weight=[1, 2, 3, 4])
    loss.start(COUNTS, N_ROWS)
    assert loss.class_weight_ is None


@pytest.mark.parametrize(
    ("counts", "keywords", "message"),
    [
        ([5], {}, "at least two classes, got 1"),
        ([[5, 2]], {}, r"class_counts must have the shape \(n_classes,\), got \(1, 2\)"),
        ([5, -1], {}, "class_counts must be finite and at least 0, got -1 for class 1"),
        ([5, np.nan], {}, "class_counts must be finite and at least 0, got nan for class 1"),
        ([5, 8], {}, "class_counts must be at most n_rows, got 8 rows of class 1 among 7 rows"),
        ([5, 2], {"class_weight": [1]}, "class_weight must have one weight per class, 2 of them, got 1"),
        ([5, 2], {"class_weight": [1, -2]}, "class_weight must be finite and at least 0, got -2 for class 1"),
    ],
)
def test_start_checks_what_it_is_given(counts, keywords, message):
    with pytest.raises(ValueError, match=message):
        CrossEntropyLoss().start(counts, 7, **keywords)


@pytest.mark.parametrize("name", ["ldam", "logit-adjusted", "distribution-balanced"])
def test_losses_that_divide_by_the_counts_need_rows_of_every_class(name):
    with pytest.raises(ValueError, match="needs rows of every class, got none of class 1"):
        started(name, counts=[5, 0, 2])


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("focal", {"gamma": -1}),
        ("dice", {"smoothing": 0}),
        ("dice", {"alpha": -0.1}),
        ("ldam", {"max_margin": -0.5}),
        ("ldam", {"scale": 0}),
        ("ranking", {"gamma": 0}),
        ("logit-adjusted", {"tau": -1}),
        ("binary-focal", {"alpha": 1}),
        ("binary-ldam", {"scale": 0}),
        ("distribution-balanced", {"lam": 0}),
    ],
)
def test_parameters_out_of_range_are_refused_at_the_start(name, parameter):
    loss = named_loss(name).set_params(**parameter)
    with pytest.raises(ValueError, match=f"The '{next(iter(parameter))}' parameter of"):
        loss.start(COUNTS, N_ROWS)


def test_another_name_is_refused_with_the_names_that_there_are():
    with pytest.raises(
        ValueError, match=r"loss must be a Loss or one of \['cross-entropy', 'focal'.*got 'hinge'"
    ):
        named_loss("hinge")


def test_names_give_new_losses_of_the_right_kind():
    assert named_loss("focal") is not named_loss("focal")
    assert named_loss("self-adjusting-dice").alpha == 0.01
    assert {name for name in LOSS_NAMES if named_loss(name).link == "sigmoid"} == {
        "binary-cross-entropy",
        "binary-focal",
        "binary-ldam",
        "distribution-balanced",
    }
    assert [name for name in LOSS_NAMES if named_loss(name).required_head] == ["ldam", "binary-ldam"]
    assert [name for name in LOSS_NAMES if named_loss(name).adjusts_logits] == ["logit-adjusted"]


def test_a_loss_of_your_own_needs_its_terms():
    loss = Loss()
    loss.start(COUNTS, N_ROWS)
    with pytest.raises(NotImplementedError):
        loss(*batch(loss))


def test_positive_counts_returns_the_counts():
    assert positive_counts(COUNTS, needed_by="it") is COUNTS


def test_tensors_take_the_dtype_of_the_other():
    assert tensor_like(np.array([1, 2]), torch.zeros(1, dtype=torch.float64)).dtype == torch.float64


def test_losses_can_be_searched_over():
    assert LDAMLoss(max_margin=0.3).get_params() == {"max_margin": 0.3, "scale": 30.0}
