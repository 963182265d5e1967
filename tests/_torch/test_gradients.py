"""Gradients of the parts of a batch: the same sum, bit for bit, for any number of threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from skbalagen._torch.device import torch_seed
from skbalagen._torch.gradients import GradientSum

PARTS = np.array_split(np.arange(23), 5)


class Work:
    """A small network, with its loss on some rows; `where` is the threads that computed it."""

    def __init__(self, dropout=0.0):
        with torch_seed(0):
            self.model = torch.nn.Sequential(
                torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Dropout(dropout), torch.nn.Linear(16, 1)
            )
            self.X = torch.randn(23, 8)
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.trained = [*self.model.parameters(), self.unused]
        self.where, self.threads = [], []

    def loss(self, rows):
        self.where.append(threading.get_ident())
        self.threads.append(torch.get_num_threads())
        return ((self.model(self.X[rows]) - self.X[rows, :1]) ** 2).sum()

    def gradients(self, n_threads, n_batches=3):
        """Return the sums of the losses of some batches, and the gradients after each."""
        losses, gradients = [], []
        with torch_seed(1), GradientSum(self.trained, n_threads) as gradient_sum:
            for _ in range(n_batches):
                losses.append(gradient_sum.add(self.loss, PARTS))
                gradients.append([None if p.grad is None else p.grad.clone() for p in self.trained])
        return losses, gradients


def equal(one, other):
    return all(
        (a is None and b is None) or torch.equal(a, b)
        for batch, same in zip(one, other, strict=True)
        for a, b in zip(batch, same, strict=True)
    )


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_sum_is_the_same_for_any_number_of_threads(dropout):
    expected = Work(dropout).gradients(1)
    for n_threads in (2, 3, 9):
        losses, gradients = Work(dropout).gradients(n_threads)
        assert losses == expected[0]
        assert equal(gradients, expected[1])
    assert len(set(expected[0])) == (1 if dropout == 0 else 3)


def test_the_sum_over_parts_is_the_gradient_of_the_whole():
    work = Work()
    (loss,), (gradients,) = work.gradients(2, n_batches=1)
    whole = work.loss(np.arange(23))
    assert loss == pytest.approx(whole.item(), rel=1e-6)
    work.model.zero_grad()
    whole.backward()
    for mine, parameter in zip(gradients, work.model.parameters(), strict=False):
        torch.testing.assert_close(mine, parameter.grad, rtol=1e-5, atol=1e-5)
    assert gradients[-1] is None


def test_gradients_are_added_to_those_that_are_there():
    work = Work()
    _, (first, second) = work.gradients(2, n_batches=2)
    torch.testing.assert_close(second[0], 2 * first[0])


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_losses_are_computed_in_threads_whether_they_draw_or_not(dropout):
    work = Work(dropout)
    work.gradients(2)
    assert len(work.where) == 15
    assert threading.get_ident() not in work.where


def test_each_part_drops_out_units_of_its_own():
    work = Work(dropout=0.5)
    parts = [np.arange(4)] * 6
    losses = []

    def noted(rows):
        loss = work.loss(rows)
        losses.append(loss.item())
        return loss

    with torch_seed(1), GradientSum(work.trained, 1) as gradient_sum:
        gradient_sum.add(noted, parts)
        gradient_sum.add(noted, parts)
    assert len(set(losses)) == 12


def test_a_loss_that_draws_later_than_in_the_first_part_is_seen():
    def losses(n_threads):
        work, found = Work(), []

        def late(rows):
            return work.loss(rows) * torch.rand(()) if rows[0] >= 10 else work.loss(rows)

        with torch_seed(1), GradientSum(work.trained, n_threads) as gradient_sum:
            found.extend(gradient_sum.add(late, PARTS) for _ in range(3))
        return found

    assert losses(1) == losses(3)
    assert len(set(losses(1))) == 3


def test_each_part_has_one_thread_of_torch_and_none_leaves_torch_alone():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        counts = {}
        for n_threads in (None, 1, 2):
            work = Work()
            work.gradients(n_threads)
            counts[n_threads] = set(work.threads)
        assert counts == {None: {3}, 1: {1}, 2: {1}}
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_one_tensor_for_two_parameters_is_not_counted_twice():
    a, b = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    with GradientSum([a, b], 2) as gradient_sum:
        gradient_sum.add(lambda rows: ((a + b) * float(len(rows))).sum(), [np.arange(2), np.arange(3)])
    assert a.grad.tolist() == b.grad.tolist() == [5.0, 5.0]


def test_a_gradient_that_is_one_number_in_memory_can_be_added_to():
    weight = torch.nn.Parameter(torch.zeros(3, 2))
    with GradientSum([weight], 2) as gradient_sum:
        gradient_sum.add(
            lambda rows: weight.sum() * float(len(rows)), [np.arange(2), np.arange(3), np.arange(4)]
        )
    assert weight.grad.tolist() == [[9.0, 9.0]] * 3


@pytest.mark.parametrize("n_threads", [1, 2])
def test_errors_of_a_part_come_through_and_torch_is_as_before(n_threads):
    before = torch.get_num_threads()

    def failing(rows):
        raise FloatingPointError(f"rows {rows.tolist()}")

    with pytest.raises(FloatingPointError, match=r"rows \[0, 1"), GradientSum([], n_threads) as gradient_sum:
        gradient_sum.add(failing, PARTS)
    assert torch.get_num_threads() == before
