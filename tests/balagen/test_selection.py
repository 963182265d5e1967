"""Selection and voting by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.balagen.selection import distinct, is_accepted, required_votes, select
from tests.fakes import Sure


def test_required_votes():
    assert [required_votes(v, 4) for v in ("any", "majority", "all", 2)] == [1, 3, 4, 2]
    assert required_votes("all", 0) == 0
    with pytest.raises(ValueError, match=r"between 1 and the number of labelers \(3\), got 4"):
        required_votes(4, 3)


def test_distinct_folds_case_and_spacing():
    texts = ["New one", "old ONE", None, "new  one", "  ", "another"]
    assert distinct(texts, {"old one"}).tolist() == [True, False, False, False, False, True]


def test_select_takes_the_first_accepted_of_each_class():
    labels = list("aabbab")
    accepted = np.array([False, True, True, True, True, True])
    assert select(labels, accepted, {"a": 1, "b": 2}).tolist() == [1, 2, 3]
    assert select(labels, accepted, {"b": 1}).tolist() == [2]
    assert select(labels, accepted, {}).tolist() == []


def test_soft_voting_follows_the_mean_probability_not_the_number_of_votes():
    ensemble = LabelerEnsemble(estimators=[Sure(0.95), Sure(0.4), Sure(0.4)]).fit(["a", "b"], ["a", "b"])
    votes, confidence, likeliest = ensemble.judge(["x", "x"], ["a", "b"])
    assert votes.sum(axis=1).tolist() == [1, 2]
    assert confidence == pytest.approx([1.75 / 3, 1.25 / 3])
    assert is_accepted(votes, likeliest, "soft").tolist() == [True, False]
    assert is_accepted(votes, likeliest, "majority").tolist() == [False, True]
    assert is_accepted(votes, likeliest, "any").all()
    assert not is_accepted(votes, likeliest, 3).any()
    assert is_accepted(np.zeros((2, 0), dtype=bool), np.ones(2, dtype=bool), "majority").all()  # no labelers
