"""Siamese head: the similarity by hand, rare labels, and their support rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen.classifiers._siamese import label_similarity
from skbalagen.classifiers.heads import SiameseHead

# Labels in 30, 12, 4 and 2 of 40 rows.
LABELS = torch.zeros(40, 4)
LABELS[:30, 0] = LABELS[20:32, 1] = LABELS[30:34, 2] = LABELS[38:, 3] = 1
VECTORS = torch.from_numpy(np.random.default_rng(0).normal(size=(40, 6))).float() + 2 * torch.eye(4, 6)[
    LABELS.flip(1).argmax(dim=1)
].flip(1)


def started(seed=0, **parameters):
    head = SiameseHead(n_components=8, **parameters)
    head.build(6, 4, seed=seed)
    head.start(VECTORS, LABELS)
    return head


def test_the_similarity_has_the_value_worked_out_by_hand():
    u1, u2 = torch.tensor([2.0, -1.0]).sigmoid(), torch.tensor([0.0, 1.0]).sigmoid()
    label = torch.tensor([0.6, -0.4]) / 3**0.5
    similarity = label_similarity(u1, u2, label, torch.tensor([-4.0, 1.0]), 1.0).sigmoid()
    assert similarity.item() == pytest.approx(0.615940, abs=1e-6)


def test_the_similarity_of_a_row_and_itself_is_that_of_the_bias():
    u = torch.tensor([0.3, 0.8])
    assert label_similarity(u, u, torch.ones(2), torch.tensor([-4.0, 1.0]), 1.5).item() == 1.5


def test_the_rarest_labels_are_the_tail():
    assert started().tail_.tolist() == [2, 3]
    assert started(tail_fraction=0.25).tail_.tolist() == [3]
    assert started(tail_fraction=1.0).tail_.tolist() == [0, 1, 2, 3]
    assert started(tail_fraction=0.01).tail_.tolist() == [3]


def test_support_rows_have_the_label_and_are_at_most_five():
    module = started(tail_fraction=0.75).module_
    assert module.support_labels.bincount().tolist() == [5, 4, 2]
    rows = {tuple(row.tolist()) for row in VECTORS[LABELS[:, 1] == 1]}
    assert all(tuple(row.tolist()) in rows for row in module.support_rows[:5])


def test_the_seed_chooses_the_support_rows():
    supports = [started(seed, tail_fraction=0.75).module_.support_rows for seed in (0, 0, 1)]
    assert torch.equal(supports[0], supports[1])
    assert not torch.equal(supports[0], supports[2])


def test_frequent_labels_have_the_linear_layer_and_rare_ones_the_similarity():
    head = started()
    module = head.module_
    logits = module(VECTORS)
    assert torch.equal(logits[:, :2], module.linear(VECTORS)[:, :2])
    mean = module.projection(module.support_rows[module.support_labels == 1]).sigmoid().mean(dim=0)
    by_hand = label_similarity(
        module.projection(VECTORS[7]).sigmoid(),
        mean,
        module.label_vectors[3] / 2,
        module.similarity.weight[0],
        module.similarity.bias[0],
    )
    assert logits[7, 3].item() == pytest.approx(by_hand.item(), abs=1e-6)


def test_finish_takes_the_vectors_of_the_same_rows_anew():
    head = started()
    before = head.module_.support_rows.clone()
    head.finish(VECTORS + 1, LABELS)
    assert torch.allclose(head.module_.support_rows, before + 1)


def test_one_label_per_row_is_refused():
    head = SiameseHead()
    head.build(6, 2)
    with pytest.raises(
        ValueError, match=r"needs several labels per row, .*got one label per row \(shape \(3,\)\)"
    ):
        head.start(VECTORS[:3], torch.tensor([0, 1, 1]))


def test_a_label_without_rows_is_refused():
    head = SiameseHead()
    head.build(6, 4)
    labels = LABELS.clone()
    labels[:, 2] = 0
    with pytest.raises(ValueError, match="needs a row of each label, got none of label 2"):
        head.start(VECTORS, labels)


@pytest.mark.parametrize("parameter", [{"tail_fraction": 0}, {"n_supports": 0}, {"n_components": 0}])
def test_parameters_out_of_range_are_refused(parameter):
    with pytest.raises(ValueError, match="parameter of SiameseHead"):
        SiameseHead(**parameter).build(6, 4)
