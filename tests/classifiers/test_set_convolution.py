"""Set convolution by hand, its sets and its representatives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen.classifiers._set_convolution import convolve_rows, shares_of_rows
from skbalagen.classifiers.heads import SetConvolutionHead

ANCHOR = torch.tensor([1.0, 0.0])
SET = torch.tensor([[2.0, 1.0], [0.0, 1.0]])
LN3 = torch.tensor([[np.log(3.0), 0.0], [0.0, 0.0]], dtype=torch.float32)


def started(n=60, n_classes=2, **parameters):
    rng = np.random.default_rng(0)
    sizes = [40, 20] if n_classes == 2 else [30, 20, 10]
    targets = torch.from_numpy(np.repeat(np.arange(n_classes), sizes))
    vectors = torch.from_numpy(rng.normal(size=(n, 4))).float() + 3 * torch.eye(4)[targets]
    head = SetConvolutionHead(n_components=8, **parameters)
    head.build(4, n_classes)
    head.start(vectors, targets)
    return head, vectors, targets


@pytest.mark.parametrize(("weight", "expected"), [(torch.ones(2, 2), [0.5, 1.0]), (LN3, [0.75, 1.0])])
def test_the_convolution_has_the_values_worked_out_by_hand(weight, expected):
    each = convolve_rows(SET, ANCHOR, torch.nn.Identity(), weight)
    assert torch.allclose(each.mean(dim=0), torch.tensor(expected), atol=1e-6)


def test_the_weights_of_each_output_sum_to_one_over_the_inputs():
    # The kernel is 1, so that output o is the weighted mean of the inputs.
    def ones(rows):
        return torch.ones(len(rows), 3)

    out = convolve_rows(torch.full((1, 2), 5.0), ANCHOR, ones, torch.randn(2, 3))
    assert torch.allclose(out, torch.full((1, 3), 5.0))


def test_two_classes_share_the_mean_of_the_smaller_as_anchor():
    head, vectors, targets = started()
    assert torch.allclose(head.module_.anchors, vectors[targets == 1].mean(dim=0, keepdim=True), atol=1e-6)


def test_more_classes_have_an_anchor_each():
    head, vectors, targets = started(n_classes=3)
    assert head.module_.anchors.shape == (3, 4)
    assert torch.allclose(head.module_.anchors[2], vectors[targets == 2].mean(dim=0), atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_logit_is_the_dot_product_of_the_row_and_the_class(n_classes):
    head, vectors, targets = started(n_classes=n_classes)
    module = head.module_
    logits = module(vectors)
    for j in range(n_classes):
        anchor = module.anchors[0 if n_classes == 2 else j]

        def embedded(rows, anchor=anchor):
            mean = convolve_rows(rows, anchor, module.kernel, module.weight).mean(dim=0)
            return module.output(mean).relu()

        assert logits[5, j].item() == pytest.approx(
            (embedded(vectors[5:6]) @ embedded(vectors[targets == j])).item(), abs=1e-4
        )


def test_representatives_are_computed_anew_until_the_end_of_training():
    head, vectors, targets = started()
    module = head.module_
    before = module(vectors)
    with torch.no_grad():
        module.output.weight.mul_(2.0)
    during = module(vectors)
    assert not torch.allclose(before, during)
    head.finish(vectors, targets)
    assert torch.allclose(module(vectors), during, atol=1e-5)
    assert not module.representatives.requires_grad
    kept = module.representatives.clone()
    with torch.no_grad():
        module.output.weight.mul_(2.0)
    module(vectors)
    assert torch.equal(module.representatives, kept)
    head.start(vectors, targets)  # another training
    assert len(module.representatives) == 0


def test_the_rows_of_the_sets_keep_the_class_shares():
    head, _, _ = started(max_rows=15)
    assert head.module_.set_targets.bincount().tolist() == [10, 5]
    assert head.module_.set_rows.shape == (15, 4)


def test_every_class_keeps_a_row():
    targets = np.repeat([0, 1], [999, 1])
    rows = shares_of_rows(targets, 10, np.random.default_rng(0))
    assert np.bincount(targets[rows]).tolist() == [10, 1]
    assert len(shares_of_rows(targets, 5000, np.random.default_rng(0))) == 1000


def test_the_head_needs_a_frozen_encoder_and_one_label_per_row():
    assert SetConvolutionHead.needs_frozen_encoder
    assert SetConvolutionHead.required_link == "softmax"


@pytest.mark.parametrize("parameter", [{"n_components": 0}, {"max_rows": 0}])
def test_parameters_out_of_range_are_refused(parameter):
    with pytest.raises(ValueError, match="parameter of SetConvolutionHead"):
        SetConvolutionHead(**parameter).build(2, 2)
