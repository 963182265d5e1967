"""A classifier and its remedy as one estimator."""

from __future__ import annotations

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skbalagen import LogitAdjustedClassifier, RemedyClassifier, TextSampler
from skbalagen.compare import AddRowsPolicy
from tests.fakes import make_resampler


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.rows_, self.labels_, self.weights_ = list(X), list(y), sample_weight
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def words():
    return make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))


def fitted(corpus, **parameters):
    return RemedyClassifier(Recorder(), **parameters).fit(*corpus)


def recorded(model):
    return model.classifier_.estimator_


def test_without_a_remedy_it_is_the_classifier(corpus):
    X, y = corpus
    plain, remedied = words().fit(X, y), RemedyClassifier(words()).fit(X, y)
    assert remedied.predict(X).tolist() == plain.predict(X).tolist()
    np.testing.assert_allclose(remedied.predict_proba(X), plain.predict_proba(X))
    assert recorded(fitted(corpus)).weights_ is None
    assert fitted(corpus).n_rows_ == 23


def test_generated_rows_have_their_weight_and_real_ones_have_one(corpus):
    sampler = make_resampler(sampling_strategy=AddRowsPolicy(n_rows=4), shortfall="keep")
    model = fitted(corpus, sampler=sampler, generated_weight=0.25)
    inner = recorded(model)
    new = model.sampler_.is_synthetic_
    assert new.sum() == 12  # of meal, city and fare four each
    assert inner.rows_[:23] == corpus[0]
    assert inner.weights_[new].tolist() == [0.25] * 12
    assert inner.weights_[~new].tolist() == [1.0] * 23
    assert sampler.get_params()["random_state"] == 0
    assert not hasattr(sampler, "report_")


def test_class_weights_give_classes_the_same_total(corpus):
    inner = recorded(fitted(corpus, class_weights=True))
    totals = {c: inner.weights_[np.array(inner.labels_) == c].sum() for c in set(corpus[1])}
    assert list(totals.values()) == pytest.approx([23 / 4] * 4)


def test_the_adjustment_counts_the_weights_of_the_rows_that_were_fitted(corpus):
    sampler = make_resampler(sampling_strategy={"city": 6, "meal": 3}, shortfall="keep")
    model = fitted(corpus, sampler=sampler, generated_weight=0.5, tau=1.0)
    assert isinstance(model.classifier_, LogitAdjustedClassifier)
    totals = {"city": 2 + 0.5 * 4, "fare": 6, "flight": 12, "meal": 3}
    shares = np.array([totals[c] for c in model.classes_]) / sum(totals.values())
    assert model.classifier_.priors_ == pytest.approx(shares)
    # Equal scores: the rarest class wins.
    assert model.predict(["anything"]).tolist() == ["meal"]


def test_label_texts_are_rows_once(corpus, monkeypatch):
    class Speaking:
        def fit(self, X, y):
            self.label_texts_ = {"city": "city", "fare": "fare candidate 0 of 5"}
            return self

    monkeypatch.setattr("skbalagen.compare.remedy_classifier.LabelTextOverSampler", Speaking)
    inner = recorded(fitted(corpus, label_texts=True))
    assert inner.rows_[23:] == ["city", "fare candidate 0 of 5"]
    assert inner.labels_[23:] == ["city", "fare"]


def test_a_label_that_was_generated_already_is_not_added(corpus, monkeypatch):
    sampler = make_resampler(sampling_strategy={"city": 3}, shortfall="keep")
    generated = next(iter(set(sampler.fit_resample(*corpus)[0]) - set(corpus[0])))

    class Speaking:
        def fit(self, X, y):
            self.label_texts_ = {"city": generated}
            return self

    monkeypatch.setattr("skbalagen.compare.remedy_classifier.LabelTextOverSampler", Speaking)
    inner = recorded(fitted(corpus, sampler=sampler, label_texts=True))
    assert inner.rows_.count(generated) == 1


def test_samplers_of_imbalanced_learn_are_remedies(corpus):
    model = fitted(corpus, sampler=TextSampler(RandomOverSampler(random_state=0)))
    assert model.n_rows_ == 48
    assert recorded(model).weights_ is None


def test_parameters_are_searched_and_cloned(corpus):
    model = clone(RemedyClassifier(words(), sampler=make_resampler(), tau=0.5))
    model.set_params(classifier__logisticregression__C=3, sampler__beta_low=25, tau=1.0)
    assert model.classifier["logisticregression"].C == 3
    assert model.sampler.beta_low == 25
    assert set(model.fit(*corpus).predict(corpus[0])) <= set(corpus[1])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"generated_weight": 0}, "'generated_weight' parameter"),
        ({"tau": -1}, "'tau' parameter"),
        ({"sampler": words()}, "'sampler' parameter"),
    ],
)
def test_bad_parameters_are_refused(corpus, parameters, message):
    with pytest.raises(ValueError, match=message):
        RemedyClassifier(words(), **parameters).fit(*corpus)


def test_bad_input_is_refused():
    with pytest.raises(TypeError, match=r"X must hold texts only, got 3 \(int\) in row 1"):
        RemedyClassifier(words()).fit(["a", 3], ["x", "y"])
    with pytest.raises(ValueError, match="at least two classes, got one class: 'x'"):
        RemedyClassifier(words()).fit(["a", "b"], ["x", "x"])


class HalfSure(ClassifierMixin, BaseEstimator):
    """Gives its first class a quarter, the second three quarters, and the others nothing."""

    def fit(self, X, y):
        self.rows_ = list(X)
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        rows = np.zeros((len(X), len(self.classes_)))
        rows[:, 0], rows[:, 1] = 0.25, 0.75
        return rows

    def predict(self, X):
        return np.full(len(X), self.classes_[1])


def test_a_teacher_divides_each_new_row_among_classes(corpus):
    sampler = make_resampler(sampling_strategy={"meal": 7}, labelers=[], shortfall="keep")
    model = fitted(corpus, sampler=sampler, teacher=HalfSure(), generated_weight=0.5)
    inner = recorded(model)
    assert model.teacher_.rows_ == corpus[0]
    assert inner.rows_[:23] == corpus[0]
    assert inner.labels_[:23] == list(corpus[1])
    assert inner.weights_[:23].tolist() == [1.0] * 23
    # Four new rows, each as city (a quarter of a half) and as fare (three quarters of a half).
    assert inner.labels_[23:] == ["city", "fare"] * 4
    assert inner.weights_[23:].tolist() == [0.125, 0.375] * 4
    assert len(set(inner.rows_[23:])) == 4


def test_a_teacher_learns_from_the_rows_as_they_are(corpus, monkeypatch):
    class Speaking:
        def fit(self, X, y):
            self.label_texts_ = {"city": "city"}
            return self

    monkeypatch.setattr("skbalagen.compare.remedy_classifier.LabelTextOverSampler", Speaking)
    sampler = make_resampler(sampling_strategy={"meal": 7}, labelers=[], shortfall="keep")
    model = fitted(corpus, sampler=sampler, teacher=HalfSure(), label_texts=True)
    assert model.teacher_.rows_ == corpus[0]
    assert recorded(model).rows_[23] == "city"


def test_classes_that_a_teacher_finds_improbable_are_left_out():
    class Spread(HalfSure):
        def predict_proba(self, X):
            return np.array([[0.9, 0.095, 0.005], [0.004, 0.003, 0.002]])[: len(X)]

    from skbalagen.compare.remedy_classifier import _soft_labels

    teacher = Spread().fit(["a"], np.array(["x"]))
    teacher.classes_ = np.array(["x", "y", "z"])
    rows, classes, weights = _soft_labels(
        teacher, np.array(["old", "one", "two"]), np.array(["x", "x", "x"]), np.array([1.0, 2.0, 1.0]), 1
    )
    assert rows.tolist() == ["old", "one", "one", "two"]
    assert classes.tolist() == ["x", "x", "y", "x"]
    assert weights == pytest.approx([1, 2 * 0.9 / 0.995, 2 * 0.095 / 0.995, 1])


def test_without_new_rows_a_teacher_is_not_fitted(corpus):
    assert fitted(corpus, teacher=HalfSure()).teacher_ is None
