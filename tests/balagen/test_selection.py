"""Selection and voting by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import BalaGenResampler
from skbalagen.balagen.labelers import LabelerEnsemble, agreement_matrix, pairwise_agreement
from skbalagen.balagen.selection import distinct, is_accepted, required_votes, select
from tests.fakes import FirstWordLabeler, NumberedGenerator


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


def test_ensemble_votes_and_confidence():
    X, y = ["a one", "b two"], ["a", "b"]
    ensemble = LabelerEnsemble(estimators=[FirstWordLabeler(), FirstWordLabeler(veto="odd")]).fit(X, y)
    votes, confidence, likeliest = ensemble.judge(["a odd", "a even", "b even"], ["a", "a", "a"])
    assert votes.tolist() == [[True, False], [True, True], [False, False]]
    assert confidence.tolist() == [0.5, 1, 0]  # neither member gives probabilities: a vote is 1 or 0
    assert likeliest.tolist() == [True, True, False]  # as likely as the other is enough
    assert ensemble.predict(["b odd"]).tolist() == ["a"]  # one vote each: the first class
    assert ensemble.predict_proba(["b odd"]).tolist() == [[0.5, 0.5]]


class Sure(FirstWordLabeler):
    """Gives the first class a fixed probability."""

    def __init__(self, proba=0.5):
        self.proba = proba

    def predict_proba(self, X):
        return np.array([[self.proba, 1 - self.proba]] * len(X))


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


def test_ensemble_confidence_is_the_mean_probability_of_the_wanted_class():
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    X, y = ["red wine", "white wine", "blue sky", "grey sky"], ["drink", "drink", "air", "air"]
    members = [make_pipeline(CountVectorizer(), c) for c in (MultinomialNB(), LogisticRegression())]
    ensemble = LabelerEnsemble(estimators=members).fit(X, y)
    texts = ["red sky", "white wine"]
    by_hand = np.mean([m.fit(X, y).predict_proba(texts)[[0, 1], [1, 0]] for m in members], axis=0)
    assert ensemble.confidence(texts, ["drink", "air"]) == pytest.approx(by_hand)


def test_weights_count_in_the_mean_but_not_in_the_votes():
    members = [Sure(0.4), Sure(0.8)]
    assert (
        LabelerEnsemble(estimators=members, weights=[3, 1]).fit(["a", "b"], ["a", "b"]).predict(["x"]) == "a"
    )
    ensemble = LabelerEnsemble(estimators=members, weights=[4, 1]).fit(["a", "b"], ["a", "b"])
    votes, confidence, likeliest = ensemble.judge(["x", "x"], ["a", "b"])
    assert ensemble.weights_ == pytest.approx([0.8, 0.2])
    assert confidence == pytest.approx([0.48, 0.52])
    assert likeliest.tolist() == [False, True]
    assert votes.tolist() == [[False, True], [True, False]]
    assert ensemble.predict_proba(["x"])[0] == pytest.approx([0.48, 0.52])
    guess, *judged = ensemble.assign(["x"])
    assert (guess.tolist(), judged[1].tolist()) == (["b"], pytest.approx([0.52]))
    assert LabelerEnsemble().member_weights() == pytest.approx([1 / 6, 1 / 6, 4 / 6])


@pytest.mark.parametrize("weights", [[1], [1, -1], [0, 0], [1, np.nan], [1, np.inf]])
def test_impossible_weights_are_refused(weights):
    ensemble = LabelerEnsemble(estimators=[Sure(), Sure()], weights=weights)
    with pytest.raises(ValueError, match="weights must hold one number >= 0 for each of the 2 labelers"):
        ensemble.fit(["a", "b"], ["a", "b"])


def test_the_resampler_keeps_the_weights(corpus):
    labelers = LabelerEnsemble(estimators=[FirstWordLabeler(), FirstWordLabeler()], weights=[1, 3])
    resampler = BalaGenResampler(
        generator=NumberedGenerator(), beta_low=50, labelers=labelers, random_state=0
    )
    resampler.fit_resample(*corpus)
    assert resampler.labelers_.weights_ == pytest.approx([0.25, 0.75])


def test_ensemble_refuses_what_is_no_classifier():
    with pytest.raises(TypeError, match="labelers must be scikit-learn classifiers on raw text, got 'svm'"):
        LabelerEnsemble(estimators=["svm"]).fit(["a", "b"], [0, 1])


def test_agreement():
    votes = np.array([[True, True, False], [False, False, False]])
    assert agreement_matrix(votes).tolist() == [[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1]]
    assert pairwise_agreement(votes) == pytest.approx(2 / 3)
    assert np.isnan(pairwise_agreement(votes[:, :1]))
