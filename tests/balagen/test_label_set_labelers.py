"""Labelers that vote for each label of a candidate."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from skbalagen.balagen.label_set_labelers import LabelSetEnsemble, default_label_set_labelers
from skbalagen.balagen.labelers import LabelerEnsemble
from tests.fakes import voting

COLUMNS = {"a": [0], "b": [1], "a, b": [0, 1], "c": [2], "(no label)": []}


class Given(ClassifierMixin, BaseEstimator):
    """Its probabilities are the numbers that a text holds."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def fit(self, X, y):
        self.fitted_on_ = y
        return self

    def predict_proba(self, X):
        return np.array([[float(number) for number in text.split()] for text in X])

    def predict(self, X):
        return (self.predict_proba(X) >= 0.5).astype(int)


class Other(Given):
    """Sees the numbers from the right."""

    def predict_proba(self, X):
        return super().predict_proba(X)[:, ::-1]


def fitted(*members, **parameters):
    ensemble = LabelSetEnsemble(columns=COLUMNS, estimators=list(members), **parameters)
    return ensemble.fit(["x"] * 5, ["a", "b", "a, b", "c", "(no label)"])


def test_members_are_fitted_on_one_column_per_label():
    ensemble = fitted(Given())
    assert ensemble.classes_.tolist() == [0, 1, 2]
    assert ensemble.estimators_[0].fitted_on_.tolist() == [
        [1, 0, 0],
        [0, 1, 0],
        [1, 1, 0],
        [0, 0, 1],
        [0, 0, 0],
    ]


@pytest.mark.parametrize(
    ("text", "wanted", "voted"),
    [
        ("0.6 0.2 0.1", "a", True),
        ("0.2 0.6 0.1", "a", False),
        ("0.6 0.2 0.1", "a, b", True),  # its two likeliest, however sure
        ("0.6 0.2 0.3", "a, b", False),  # c comes between
        ("0.3 0.3 0.3", "c", True),  # no other is likelier
    ],
)
def test_a_labeler_votes_if_no_other_label_is_likelier(text, wanted, voted):
    votes, _, accepted = fitted(Given()).judge([text], [wanted])
    assert votes.tolist() == [[voted]]
    assert accepted.tolist() == [voted]


def test_confidence_is_the_mean_probability_of_the_labels():
    _, confidence, _ = fitted(Given()).judge(["0.6 0.2 0.1", "0.6 0.2 0.1"], ["a, b", "a"])
    assert confidence.tolist() == pytest.approx([0.4, 0.6])


def test_the_soft_rule_reads_the_mean_of_the_members():
    # The members say (0.9, 0, 0.4) and (0.4, 0, 0.9): votes for a from one, and the mean is equal for a and c.
    votes, _, accepted = fitted(Given(), Other()).judge(["0.9 0.0 0.4"], ["a"])
    assert votes.tolist() == [[True, False]]
    assert accepted.tolist() == [True]
    assert fitted(Given(), Other(), weights=[1, 2]).judge(["0.9 0.0 0.4"], ["a"])[2].tolist() == [False]
    assert fitted(Given(), Other(), voting="all").judge(["0.9 0.0 0.4"], ["a"])[2].tolist() == [False]


def test_for_one_label_per_row_the_votes_are_those_of_the_plain_ensemble():
    X = ["red wine", "dry wine", "blue sky", "blue rain", "hot soup", "hot rice"]
    y = np.array(list("aabbcc"))
    member = make_pipeline(CountVectorizer(), MultinomialNB())
    texts, labels = ["red sky", "hot wine", "blue soup", "hot rain"], np.array(list("abca"))
    plain = LabelerEnsemble(estimators=[member]).fit(X, y).votes(texts, labels)
    sets = LabelSetEnsemble(columns=COLUMNS, estimators=[member]).fit(X, y).votes(texts, labels)
    assert sets.tolist() == plain.tolist()


def test_a_classifier_for_one_label_is_fitted_once_per_label():
    X, y = ["red wine", "blue sky", "red sky", "hot soup", "so so"], ["a", "b", "a, b", "c", "(no label)"]
    member = make_pipeline(CountVectorizer(), LogisticRegression(C=100))
    ensemble = LabelSetEnsemble(columns=COLUMNS, estimators=[member]).fit(X, y)
    assert [type(member).__name__ for member in ensemble.estimators_] == ["OneVsRestClassifier"]
    assert [type(member).__name__ for member in fitted(Given()).estimators_] == ["Given"]
    assert ensemble.predict(["red wine", "red sky", "soup"]).tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]


def test_a_member_without_probabilities_votes_by_its_prediction():
    X, y = ["red wine", "blue sky", "red sky", "hot soup", "so so"], ["a", "b", "a, b", "c", "(no label)"]
    ensemble = LabelSetEnsemble(
        columns=COLUMNS, estimators=[make_pipeline(CountVectorizer(), RidgeClassifier(alpha=0.01))]
    ).fit(X, y)
    votes, confidence, _ = ensemble.judge(["red wine", "red wine"], ["a", "c"])
    assert votes.tolist() == [[True], [False]]
    assert confidence.tolist() == [1, 0]


def test_nothing_to_judge_gives_nothing():
    votes, confidence, accepted = fitted(Given()).judge([], [])
    assert votes.shape == (0, 1)
    assert len(confidence) == len(accepted) == 0


def test_of_keeps_members_weights_and_rule_and_replaces_the_default_ones():
    given = LabelerEnsemble(estimators=[Given(), Other()], weights=[1, 3], voting="all")
    ensemble = LabelSetEnsemble.of(given, COLUMNS, default=False)
    assert [type(member) for member in ensemble.estimators] == [Given, Other]
    assert (ensemble.weights, ensemble.voting, ensemble.columns) == ([1, 3], "all", COLUMNS)
    default = LabelSetEnsemble.of(voting("any", Given(), Given(), Given()), COLUMNS, default=True)
    assert [type(member) for member in default.estimators] == [type(m) for m in default_label_set_labelers()]


def test_it_can_be_cloned():
    copied = clone(LabelSetEnsemble(columns=COLUMNS, estimators=[Given()], voting="any"))
    assert (copied.columns, copied.voting) == (COLUMNS, "any")
