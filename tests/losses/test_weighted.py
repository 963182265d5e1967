"""Cross-entropy and class weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen.losses import CrossEntropyLoss, class_weights, cross_entropy_loss, effective_number_weights
from tests.losses.hand_values import COUNTS, P, each_close, logits, of_classes


def test_cross_entropy_has_the_values_worked_out_by_hand():
    assert each_close(logits().softmax(dim=1), [P])
    assert each_close(of_classes(cross_entropy_loss, 0, 2), [0.407606, 2.407606])


def test_balanced_weights_have_the_values_worked_out_by_hand():
    assert each_close(class_weights("balanced", range(3), COUNTS), [0.354700, 5.675200, 221.6875])


def test_effective_number_weights_have_the_values_worked_out_by_hand():
    by_hand = [0.007374, 0.076937, 2.915689]
    assert each_close(effective_number_weights(COUNTS), by_hand)
    assert each_close(class_weights("effective-number", range(3), COUNTS), by_hand)


def test_effective_numbers_lie_between_uniform_and_inverse():
    assert effective_number_weights(COUNTS, beta=0).tolist() == [1, 1, 1]
    inverse = 1 / COUNTS / (1 / COUNTS).mean()
    assert effective_number_weights(COUNTS, beta=1 - 1e-9) == pytest.approx(inverse, rel=1e-4)


def test_weighted_cross_entropy_is_the_weight_times_the_value():
    loss = CrossEntropyLoss()
    loss.start(COUNTS, COUNTS.sum(), class_weight=class_weights("balanced", range(3), COUNTS))
    assert of_classes(loss, 0, 2) == pytest.approx([0.354700 * 0.407606, 221.6875 * 2.407606], rel=1e-6)


def test_the_mean_is_over_rows_and_not_over_weights():
    loss = CrossEntropyLoss()
    loss.start([3, 1], 4, class_weight=[1.0, 3.0])
    z, y = torch.zeros(1, 2), torch.tensor([1])
    # torch divides by the sum of the weights: a batch of rare rows alone would count as any other.
    torchs = torch.nn.functional.cross_entropy(z, y, weight=torch.tensor([1.0, 3.0]))
    assert loss(z, y).mean().item() == pytest.approx(3 * torchs.item())


def test_balanced_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_class_weight

    y = np.repeat(["a", "b", "c"], [7, 2, 1])
    sklearns = compute_class_weight("balanced", classes=np.unique(y), y=y)
    assert class_weights("balanced", ["a", "b", "c"], [7, 2, 1]) == pytest.approx(sklearns)


def test_weights_of_equal_classes_are_one():
    for name in ("balanced", "effective-number", None):
        assert class_weights(name, ["a", "b"], [5, 5]) == pytest.approx([1, 1])


def test_a_dict_weights_the_classes_that_it_names():
    assert class_weights({"b": 2.5}, np.array(["a", "b"]), [5, 5]).tolist() == [1, 2.5]
    assert class_weights({1: 3}, np.array([0, 1]), [5, 5]).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("class_weight", "counts", "message"),
    [
        (
            "balance",
            [5, 5],
            "class_weight must be 'balanced', 'effective-number', a dict or None, got 'balance'",
        ),
        ({"c": 2}, [5, 5], r"class_weight must name classes of y, got 'c', which is not among \['a', 'b'\]"),
        ({"b": -2}, [5, 5], "class_weight must be finite and at least 0, got -2 for class 'b'"),
        ("balanced", [5, 0], 'class_weight="balanced" needs rows of every class, got none of class 1'),
        (
            "effective-number",
            [0, 5],
            "effective-number weighting needs rows of every class, got none of class 0",
        ),
    ],
)
def test_weights_that_make_no_sense_are_refused(class_weight, counts, message):
    with pytest.raises(ValueError, match=message):
        class_weights(class_weight, ["a", "b"], counts)


@pytest.mark.parametrize("beta", [-0.1, 1, 2])
def test_beta_out_of_range_is_refused(beta):
    with pytest.raises(ValueError, match=r"beta must be in \[0, 1\), got"):
        effective_number_weights(COUNTS, beta=beta)
