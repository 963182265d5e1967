"""What is kept of one remedy, and how two are compared."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skbalagen.compare.remedies import Remedy
from skbalagen.compare.trial import Trial


class FirstLetter(BaseEstimator):
    """Predicts the first letter of a text, except for texts that hold `wrong`."""

    def __init__(self, wrong=None):
        self.wrong = wrong

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.array(["?" if self.wrong and self.wrong in text else text[0] for text in X])


X = np.array(["a1", "a2", "a3", "a4", "b1", "b2"], dtype=object)
Y = np.array(list("aaaabb"))
EVEN, ODD = np.array([0, 2, 4]), np.array([1, 3, 5])


def trial(wrong=None, **parameters):
    return Trial(Remedy(name="x", **parameters), FirstLetter(wrong))


def test_a_row_counts_as_often_as_it_was_held_out():
    t = trial(wrong="1")
    for train, test in [(ODD, EVEN), (EVEN, ODD), (ODD, EVEN)]:
        t.run(X, Y, train, test)
    assert t.scores.tolist() == [2, 1, 2, 1, 2, 1]
    assert t.right.tolist() == [0, 1, 2, 1, 0, 1]
    assert t.score(Y)[0] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert len(t.seconds) == 3


def test_the_lead_is_paired_on_the_rows_that_both_were_scored_on():
    one, other = trial(), trial(wrong="1")
    one.run(X, Y, ODD, EVEN)
    one.run(X, Y, EVEN, ODD)
    other.run(X, Y, ODD, EVEN)  # rows 0, 2 and 4; wrong on 0 and 4
    lead, error = one.lead_over(other, Y)
    assert lead == pytest.approx((1 / 2 + 1) / 2)
    # Within class a the leads are 1 and 0, in b there is one row: s2 = 0.5, (1/2 + 1) / 4.
    assert error == pytest.approx((0.5 * 1.5 / 4) ** 0.5)
    assert one.lead_over(one, Y)[0] == 0


def test_a_trial_that_never_ran_has_no_score():
    t = trial()
    assert not t.tried
    assert np.isnan(t.score(Y)).all()


def test_time_for_one_more_fit_and_the_refit_must_be_left():
    t = trial()
    assert t.fits_into(time.monotonic() + 1)
    t.seconds = [10.0, 30.0]
    assert t.fits_into(time.monotonic() + 61)
    assert not t.fits_into(time.monotonic() + 59)


def test_the_first_reason_for_giving_up_is_kept():
    t = trial()
    t.give_up("time")
    t.give_up("other")
    assert t.note == "time"


def test_a_remedy_that_is_left_out_has_no_score_and_keeps_its_error():
    t = trial()
    t.run(X, Y, ODD, EVEN)
    error = ImportError("no nlpaug here")
    t.leave_out(error)
    assert not t.tried
    assert t.error is error
    assert t.note == "no nlpaug here"


def test_only_remedies_with_a_generator_are_costly():
    assert [trial(generator=g).costly for g in (None, "eda", "causal-lm")] == [False, True, True]


def test_recall_by_size_is_the_mean_over_classes():
    y = np.array(["a"] * 3 + ["b"] * 2 + ["c"] * 6)
    texts = np.array([f"{c}{i}" for i, c in enumerate(y)], dtype=object)
    t = trial(wrong="b")
    t.run(texts, y, np.arange(11), np.arange(11))
    assert t.recall_by_size(y) == {"1 to 5 rows": 0.5, "6 to 20 rows": 1.0}
