"""The ensemble of weak labelers: votes, weights, voting rules and parallel fits."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from joblib import parallel_config

from skbalagen import BalaGenResampler, LabelerEnsemble
from skbalagen.balagen.labelers import NoLabelers, agreement_matrix, pairwise_agreement
from tests.fakes import FirstWordLabeler, NumberedGenerator, Sure, make_resampler


def test_ensemble_votes_and_confidence():
    X, y = ["a one", "b two"], ["a", "b"]
    ensemble = LabelerEnsemble(estimators=[FirstWordLabeler(), FirstWordLabeler(veto="odd")]).fit(X, y)
    votes, confidence, likeliest = ensemble.judge(["a odd", "a even", "b even"], ["a", "a", "a"])
    assert votes.tolist() == [[True, False], [True, True], [False, False]]
    assert confidence.tolist() == [0.5, 1, 0]  # neither member gives probabilities: a vote is 1 or 0
    assert likeliest.tolist() == [True, True, False]  # as likely as the other is enough
    assert ensemble.predict(["b odd"]).tolist() == ["a"]  # one vote each: the first class
    assert ensemble.predict_proba(["b odd"]).tolist() == [[0.5, 0.5]]


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


class Counting(FirstWordLabeler):
    """Notes how many members are being fitted at one time."""

    running: list[int] = []  # noqa: RUF012 - shared by the clones
    most: list[int] = []  # noqa: RUF012

    def fit(self, X, y):
        self.running.append(1)
        time.sleep(0.2)
        self.most.append(len(self.running))
        self.running.pop()
        return super().fit(X, y)


@pytest.mark.parametrize(("n_jobs", "at_once"), [(None, 1), (2, 2)])
def test_n_jobs_of_the_ensemble_is_heeded(corpus, n_jobs, at_once):
    Counting.most.clear()
    ensemble = LabelerEnsemble(estimators=[Counting(), Counting()], n_jobs=n_jobs)
    make_resampler(labelers=ensemble).fit_resample(*corpus)
    assert max(Counting.most) == at_once


class InProcess(FirstWordLabeler):
    """Notes in which process it learned."""

    def fit(self, X, y):
        self.process_ = os.getpid()
        return super().fit(X, y)


def test_members_stay_in_this_process_whatever_the_backend(corpus):
    # What they learned may be weights, which pickles do not carry.
    with parallel_config(backend="loky", n_jobs=2):
        ensemble = LabelerEnsemble(estimators=[InProcess(), InProcess()]).fit(*corpus)
        votes, _, _ = ensemble.judge(*corpus)
    assert {member.process_ for member in ensemble.estimators_} == {os.getpid()}
    assert votes.all()


def test_n_jobs_of_the_resampler_serves_an_ensemble_without_its_own(corpus):
    Counting.most.clear()
    make_resampler(labelers=[Counting(), Counting()], n_jobs=2).fit_resample(*corpus)
    assert max(Counting.most) == 2
    Counting.most.clear()
    ensemble = LabelerEnsemble(estimators=[Counting(), Counting()], n_jobs=1)
    make_resampler(labelers=ensemble, n_jobs=2).fit_resample(*corpus)
    assert max(Counting.most) == 1


@pytest.mark.parametrize("rule", ["most", 0, 3, True, 1.5])
def test_impossible_voting_rules_are_refused_by_fit(rule):
    ensemble = LabelerEnsemble(estimators=[Sure(), Sure()], voting=rule)
    with pytest.raises(ValueError, match=r"voting must be 'soft'.*number of labelers \(2\), got"):
        ensemble.fit(["a", "b"], ["a", "b"])


def test_voting_decides_what_is_accepted():
    members = [Sure(0.95), Sure(0.4), Sure(0.4)]
    accepted = {
        rule: LabelerEnsemble(estimators=members, voting=rule)
        .fit(["a", "b"], ["a", "b"])
        .judge(["x", "x"], ["a", "b"])[2]
        .tolist()
        for rule in ("soft", "majority", "any", "all", 2)
    }
    assert accepted == {
        "soft": [True, False],
        "majority": [False, True],
        "any": [True, True],
        "all": [False, False],
        2: [False, True],
    }


@pytest.mark.parametrize("margin", [-0.1, 1, "0.2", True, float("nan")])
def test_impossible_margins_are_refused_by_fit_and_by_the_resampler(margin, corpus):
    ensemble = LabelerEnsemble(estimators=[Sure()], margin=margin)
    resampler = make_resampler(labelers=ensemble)
    for fit in (ensemble.fit, resampler.fit_resample):
        with pytest.raises(ValueError, match=r"margin of LabelerEnsemble must be a number in \[0, 1\), got"):
            fit(*corpus)


@pytest.mark.parametrize(
    ("proba", "margin", "accepted"),
    [
        (0.6, 0.0, True),
        (0.6, 0.2, True),
        (0.6, 0.21, False),
        (0.5, 0.0, True),
        (0.5, 0.01, False),
        (0.4, 0.0, False),
    ],
)
def test_the_wanted_label_must_lead_by_the_margin(proba, margin, accepted):
    ensemble = LabelerEnsemble(estimators=[Sure(proba)], margin=margin).fit(["a", "b"], ["a", "b"])
    assert ensemble.judge(["x"], ["a"])[2].tolist() == [accepted]


def test_votes_are_counted_without_a_margin():
    ensemble = LabelerEnsemble(estimators=[Sure(0.6)], voting="all", margin=0.9).fit(["a", "b"], ["a", "b"])
    assert ensemble.judge(["x"], ["a"])[2].tolist() == [True]


def test_no_labelers_accept_everything():
    votes, confidence, accepted = NoLabelers().fit([], []).judge(["x", "y"], ["a", "b"])
    assert votes.shape == (2, 0)
    assert np.isnan(confidence).all()
    assert accepted.tolist() == [True, True]


def test_fit_refuses_what_is_no_text():
    with pytest.raises(TypeError, match=r"X must hold texts only, got 3 \(int\) in row 1"):
        LabelerEnsemble(estimators=[Sure()]).fit(["a", 3], ["a", "b"])


def test_judging_nothing_gives_nothing():
    ensemble = LabelerEnsemble(estimators=[Sure(), Sure()]).fit(["a", "b"], ["a", "b"])
    votes, confidence, accepted = ensemble.judge([], [])
    assert (votes.shape, confidence.shape, accepted.shape) == ((0, 2), (0,), (0,))


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (["a", "b"], ["a", None], ValueError, "y must have one label per row, got None in row 1"),
        (["a", "b"], ["a", 1], TypeError, "labels of one type"),
        (["a", " "], ["a", "b"], ValueError, "no empty texts, got ' ' in row 1"),
        (["a", "b"], ["a", "a"], ValueError, "at least two classes, got one class: 'a'"),
        (["a", "b"], ["a"], ValueError, "inconsistent numbers of samples"),
        (["a", "b"], None, ValueError, "requires y to be passed"),
    ],
)
def test_fit_refuses_rows_without_one_label_each(X, y, error, message):
    with pytest.raises(error, match=message):
        LabelerEnsemble(estimators=[Sure()]).fit(X, y)


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (["x", 3], ["a", "a"], TypeError, r"X must hold texts only, got 3 \(int\) in row 1"),
        ("x", ["a"], TypeError, "got a single str"),
        (["x", "x"], ["a"], ValueError, "inconsistent numbers of samples"),
        (["x"], None, TypeError, "y must be a sequence with one label per row, got NoneType"),
        ([], ["a"], ValueError, "X must hold at least one text"),
        (["x", "x"], ["a", None], ValueError, "one label per row, got None in row 1"),
        (["x", "x"], ["a", "c"], ValueError, "labels that were fitted, got 'c' in row 1; the classes are"),
        (["x", "x"], [0, 1], ValueError, "labels that were fitted, got 0 in row 0"),
    ],
)
def test_judge_refuses_what_is_no_candidate_of_a_fitted_class(X, y, error, message):
    ensemble = LabelerEnsemble(estimators=[Sure()]).fit(["a", "b"], ["a", "b"])
    with pytest.raises(error, match=message):
        ensemble.judge(X, y)


@pytest.mark.parametrize("method", ["assign", "predict", "predict_proba"])
@pytest.mark.parametrize(
    ("X", "error"), [([None], TypeError), ([3.5], TypeError), ("x", TypeError), ([], ValueError)]
)
def test_what_is_no_text_is_refused(method, X, error):
    ensemble = LabelerEnsemble(estimators=[Sure()]).fit(["a", "b"], ["a", "b"])
    with pytest.raises(error, match="X must"):
        getattr(ensemble, method)(X)


class Backwards(Sure):
    """Lists its classes in another order."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)[::-1]
        return self


def test_a_member_may_list_its_classes_in_any_order():
    ensemble = LabelerEnsemble(estimators=[Backwards(0.9)]).fit(["a", "b"], ["a", "b"])
    assert ensemble.predict_proba(["x"])[0] == pytest.approx([0.1, 0.9])
    assert ensemble.judge(["x"], ["b"])[0].tolist() == [[True]]


@pytest.mark.parametrize(
    ("proba", "got"), [([[np.nan, 1.0]], "one that is not finite"), ([[1.0]], r"shape \(1, 1\)")]
)
def test_a_member_without_proper_probabilities_is_named(proba, got):
    class Broken(Sure):
        def predict_proba(self, X):
            return np.array(proba)

    ensemble = LabelerEnsemble(estimators=[Broken()]).fit(["a", "b"], ["a", "b"])
    with pytest.raises(
        ValueError, match=rf"shape \(1, 2\), got {got} from Broken. Correct its predict_proba"
    ):
        ensemble.judge(["x"], ["a"])
