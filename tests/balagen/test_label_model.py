"""Dawid and Skene's model: one round by hand, known classes, and votes that a count gets wrong."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skbalagen.balagen.label_model import DawidSkene

VOTES = np.array([[0, 0, 1], [0, 0, 0], [1, 1, 1], [1, 0, 1]])


@pytest.mark.filterwarnings("ignore:The label model changed:sklearn.exceptions.ConvergenceWarning")
def test_one_round_by_hand():
    model = DawidSkene(n_classes=2, smoothing=1e-12, max_iter=1).fit(VOTES)
    # Shares of the votes for class 0: 2/3, 1, 0, 1/3; two rows of each class in sum.
    assert model.class_prior_ == pytest.approx([0.5, 0.5], abs=1e-6)
    by_hand = [
        [[5 / 6, 1 / 6], [1 / 6, 5 / 6]],  # says 0 of rows 0 and 1: (2/3 + 1) / 2, (1/3 + 0) / 2
        [[1, 0], [1 / 2, 1 / 2]],  # says 0 of rows 0, 1 and 3: 2 / 2, (1/3 + 0 + 2/3) / 2
        [[1 / 2, 1 / 2], [0, 1]],  # says 0 of row 1
    ]
    assert model.confusion_ == pytest.approx(np.array(by_hand), abs=1e-6)
    # Row 0, votes 0 0 1: 5/6 * 1 * 1/2 against 1/6 * 1/2 * 1. Row 3, votes 1 0 1: 1/6 * 1 * 1/2 against 5/6 * 1/2 * 1.
    proba = model.predict_proba(VOTES)
    assert proba[:, 0] == pytest.approx([5 / 6, 1, 0, 1 / 6], abs=1e-6)
    assert proba.sum(axis=1) == pytest.approx(np.ones(4))
    assert model.n_iter_ == 1


def test_known_classes_are_counted_once():
    model = DawidSkene(n_classes=2, smoothing=1.0).fit(VOTES, [0, 0, 1, 1])
    assert model.n_iter_ == 0
    # Each count of two rows, with half a vote for either class.
    assert model.confusion_[0].tolist() == pytest.approx(np.array([[2.5 / 3, 0.5 / 3], [0.5 / 3, 2.5 / 3]]))
    assert model.confusion_[1].tolist() == pytest.approx(np.array([[2.5 / 3, 0.5 / 3], [1.5 / 3, 1.5 / 3]]))
    # Votes 1 0 1 with the prior (.8, .2): .8 * 1/6 * 5/6 * 1/2 against .2 * 5/6 * 1/2 * 5/6.
    proba = model.predict_proba(np.array([[1, 0, 1]]), np.array([0.8, 0.2]))
    against = np.array([0.8 / 6 * 5 / 6 / 2, 0.2 * 5 / 6 / 2 * 5 / 6])
    assert proba[0] == pytest.approx(against / against.sum(), abs=1e-6)


def simulated(accuracies, n=400, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    wrong = (y[:, None] + rng.integers(1, 3, size=(n, len(accuracies)))) % 3
    right = rng.random((n, len(accuracies))) < accuracies
    return np.where(right, y[:, None], wrong), y


def test_accuracies_are_learned_without_the_true_classes():
    accuracies = [0.95, 0.6, 0.5, 0.5]
    votes, y = simulated(accuracies)
    model = DawidSkene(n_classes=3, max_iter=500).fit(votes)
    learned = model.confusion_[:, range(3), range(3)].mean(axis=1)
    assert learned == pytest.approx(accuracies, abs=0.1)
    counted = np.eye(3)[votes].sum(axis=1).argmax(axis=1)
    assert (model.predict_proba(votes).argmax(axis=1) == y).mean() > (counted == y).mean() + 0.1


def test_class_numbers_do_not_matter():
    votes, y = simulated([0.9, 0.6])
    swap = np.array([2, 0, 1])
    first = DawidSkene(n_classes=3).fit(votes, y).predict_proba(votes)
    second = DawidSkene(n_classes=3).fit(swap[votes], swap[y]).predict_proba(swap[votes])
    assert second[:, swap] == pytest.approx(first)


def test_a_class_without_rows_says_nothing_of_labelers():
    model = DawidSkene(n_classes=3).fit(VOTES, [0, 0, 1, 1])
    assert model.confusion_[:, 2] == pytest.approx(np.full((3, 3), 1 / 3))
    assert model.predict_proba(VOTES)[:, 2].tolist() == [0, 0, 0, 0]
    # With an even prior, three votes for it win: others hardly ever say it.
    assert model.predict_proba(np.array([[2, 2, 2]]), np.full(3, 1 / 3)).argmax() == 2


def test_rounds_that_do_not_settle_are_warned_of():
    votes, _ = simulated([0.9, 0.6, 0.5])
    with pytest.warns(
        ConvergenceWarning, match=r"in the last of 2 rounds, expected at most 1e-06. Raise max_iter"
    ):
        DawidSkene(n_classes=3, max_iter=2).fit(votes)
