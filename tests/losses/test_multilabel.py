"""Binary cross-entropy and binary focal loss."""

from __future__ import annotations

import pytest
import torch

from skbalagen.losses import (
    BinaryCrossEntropyLoss,
    BinaryFocalLoss,
    binary_cross_entropy_loss,
    binary_focal_loss,
    class_weights,
)
from skbalagen.losses.multilabel import focal_terms
from tests.losses.hand_values import LABEL_COUNTS, N_ROWS, each_close, label_logits


def started(loss, **keywords):
    loss.start(LABEL_COUNTS, N_ROWS, **keywords)
    return loss


def test_binary_cross_entropy_has_the_values_worked_out_by_hand():
    terms = [0.313262, 0.474077, 0.598139]
    assert each_close(binary_cross_entropy_loss(*label_logits()), [terms])
    assert each_close(started(BinaryCrossEntropyLoss())(*label_logits()), [0.461826])


def test_weights_of_positives_have_the_values_worked_out_by_hand():
    weights = class_weights("balanced", range(3), LABEL_COUNTS)
    assert each_close(weights, [0.5, 1.25, 5])
    loss = started(BinaryCrossEntropyLoss(), class_weight=weights)
    assert each_close(3 * loss(*label_logits()), [3.621402])
    # Weighting both sides of a label would have given 3.739921.
    both = binary_cross_entropy_loss(*label_logits())[0].numpy() @ weights
    assert each_close(both, 3.739921)


def test_binary_focal_loss_has_the_values_worked_out_by_hand():
    z, y = torch.ones(1, 2, dtype=torch.float64), torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    assert each_close(binary_focal_loss(z, y), [[0.005665, 0.526401]])


def test_gamma_zero_without_alpha_is_binary_cross_entropy():
    z, y = label_logits()
    assert torch.allclose(
        binary_focal_loss(z, y, gamma=0, alpha=None), binary_cross_entropy_loss(z, y), rtol=0, atol=1e-12
    )
    focal = started(BinaryFocalLoss(gamma=0, alpha=None), class_weight=[1, 2, 3])
    plain = started(BinaryCrossEntropyLoss(), class_weight=[1, 2, 3])
    assert torch.allclose(focal(z, y), plain(z, y), atol=1e-12)


def test_alpha_of_one_half_halves_both_sides():
    z, y = label_logits()
    assert torch.allclose(2 * binary_focal_loss(z, y, alpha=0.5), binary_focal_loss(z, y, alpha=None))


def test_the_loss_of_a_row_is_the_mean_over_its_labels():
    z, y = label_logits()
    assert torch.allclose(started(BinaryFocalLoss())(z, y), binary_focal_loss(z, y).mean(dim=1))


def test_focal_terms_are_those_of_the_formula():
    margins = torch.linspace(-5, 5, 11, dtype=torch.float64)
    p = margins.sigmoid()
    assert torch.allclose(focal_terms(margins, 2.0), -((1 - p) ** 2) * p.log(), atol=1e-12)


@pytest.mark.parametrize("alpha", [0, 1, -0.5])
def test_alpha_out_of_range_is_refused(alpha):
    with pytest.raises(ValueError, match="The 'alpha' parameter of BinaryFocalLoss"):
        started(BinaryFocalLoss(alpha=alpha))
