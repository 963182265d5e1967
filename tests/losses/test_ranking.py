"""Ranking loss and its catch-all class."""

from __future__ import annotations

from functools import partial
from math import exp, log1p

import torch

from skbalagen.losses import RankingLoss, ranking_loss
from tests.losses.hand_values import COUNTS, each_close, logits, of_classes


def test_ranking_loss_has_the_values_worked_out_by_hand():
    assert each_close(of_classes(ranking_loss, 0, 2), [4.361849, 10.013431])


def test_ranking_loss_with_a_catch_all_class_has_the_values_worked_out_by_hand():
    assert each_close(of_classes(partial(ranking_loss, catch_all=0), 0, 2), [3.048587, 8.055303])
    loss = RankingLoss()
    loss.start(COUNTS, COUNTS.sum(), catch_all=0)
    assert each_close(of_classes(loss, 0, 2), [3.048587, 8.055303])


def test_the_best_wrong_class_is_pushed_down():
    # The survey's Table 1 has the other sign, by which a higher score of the wrong class would cost less.
    low = torch.tensor([[1.0, -1.0, -2.0]])
    high = torch.tensor([[1.0, 3.0, -2.0]])
    gold = torch.tensor([0])
    assert ranking_loss(high, gold) > ranking_loss(low, gold)
    z = low.clone().requires_grad_()
    ranking_loss(z, gold).sum().backward()
    assert z.grad[0, 1] > 0  # a step against the gradient lowers the score
    assert z.grad[0, 0] < 0
    assert z.grad[0, 2] == 0  # neither right nor the best wrong one


def test_the_score_of_the_catch_all_class_is_not_read():
    z = logits(3).requires_grad_()
    values = ranking_loss(z, torch.tensor([0, 1, 2]), catch_all=0)
    values.sum().backward()
    assert (z.grad[:, 0] == 0).all()
    moved = z.detach().clone()
    moved[:, 0] = 100.0
    assert torch.equal(ranking_loss(moved, torch.tensor([0, 1, 2]), catch_all=0), values)


def test_rows_of_the_catch_all_class_push_all_scores_below_zero():
    z = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([z], lr=1.0)
    for _ in range(50):
        optimizer.zero_grad()
        ranking_loss(z, torch.tensor([0]), catch_all=0).sum().backward()
        optimizer.step()
    assert (z[0, 1:] < -0.5).all()
    assert z[0, 0] == 0


def test_two_classes_one_of_them_the_catch_all_leave_no_wrong_class():
    z = torch.tensor([[5.0, 1.0]], requires_grad=True)
    value = ranking_loss(z, torch.tensor([1]), catch_all=0)
    value.sum().backward()
    assert each_close(value.detach(), [log1p(exp(2 * (2.5 - 1.0)))])
    assert z.grad.isfinite().all()


def test_margins_and_sharpness_are_parameters():
    loss = RankingLoss(gamma=1.0, positive_margin=1.0, negative_margin=0.0)
    loss.start(COUNTS, COUNTS.sum())
    assert each_close(of_classes(loss, 0), [log1p(exp(1 - 2)) + log1p(exp(1))])
