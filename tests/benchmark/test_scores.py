"""Fits of the benchmark and their scores: choice on validation rows, adjustment, class weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from skbalagen.benchmark import Split
from skbalagen.benchmark.methods import CLASSIFIERS, Method
from skbalagen.benchmark.scores import Fitted, choose, fit_and_score, measures


@pytest.fixture
def split():
    """Two classes, 12 rows and 3, that share their only words."""

    def column(*parts):
        return np.array([value for value, n in parts for _ in range(n)], dtype=object)

    X, y = column(("one two", 12), ("two three", 3)), column(("big", 12), ("small", 3))
    X_test, y_test = column(("one", 2), ("two", 1), ("three", 2)), column(("big", 2), ("small", 3))
    return Split(X, y, X_test, y_test, X_test, y_test, X[:0], y[:0])


def test_adjustment_by_hand():
    # Menon et al.: logits (2, 1, 0), class sizes 10000, 625 and 16; z - log pi = (2.06, 3.83, 6.50).
    shares = np.array([10000, 625, 16]) / 10641
    logits = np.array([[2.0, 1.0, 0.0]])
    fitted = Fitted(np.array(["a", "b", "c"]), shares, logits, logits, {})
    assert fitted.predict(logits, 0.0) == ["a"]
    assert fitted.predict(logits, 1.0) == ["c"]
    assert fitted.predict(logits + np.log(shares), 1.0) == ["a"]


def test_fit_and_tau_are_chosen_on_the_validation_rows():
    classes, priors = np.array(["a", "b"]), np.array([0.9, 0.1])
    unsure = np.log([[0.8, 0.2], [0.8, 0.2]])
    wrong, right = np.log([[0.1, 0.9], [0.9, 0.1]]), np.log([[0.95, 0.05], [0.8, 0.2]])
    y = np.array(["a", "b"])
    fits = [Fitted(classes, priors, valid, valid, {"C": C}) for C, valid in enumerate([wrong, unsure, right])]
    best, tau, valid_macro = choose(fits, y, [0.0, 1.0])
    assert (best.parameters["C"], tau, valid_macro) == (2, 1.0, 1.0)
    best, tau, valid_macro = choose(fits, y, [0.0])
    assert (best.parameters["C"], tau, valid_macro) == (1, 0.0, 0.5)  # the first of equal ones


def test_measures_by_hand():
    y, classes = np.array(["a", "a", "b", "b"]), np.array(["a", "b"])
    proba = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    row = measures(y, np.array(["a", "b", "b", "b"]), classes, proba)
    assert (row["micro"], row["macro"], row["correct"]) == (0.75, 0.75, "1011")
    assert row["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert row["class_accuracy"] == {"a": 0.5, "b": 1.0}
    # Calibration is that of the probabilities: one row of four is wrong, with certainty.
    assert (row["brier"], row["ece"]) == pytest.approx((0.5, 0.25))


def test_adjustment_moves_doubtful_rows_to_the_small_class_and_leaves_probabilities_alone(split):
    def scored(**parts):
        return fit_and_score(split, split.X_train, split.y_train, None, Method(**parts), "tfidf", 0)

    plain, moved = scored(), scored(taus=(1.0,))
    assert plain["correct"] == "11011"
    assert moved["correct"] == "11111"
    assert "tau" not in plain
    assert moved["tau"] == 1.0
    assert moved["valid_macro"] == 1.0
    same_fit = fit_and_score(split, split.X_train, split.y_train, None, Method(taus=(0.0,)), "tfidf", 0)
    assert same_fit["brier"] == pytest.approx(plain["brier"])


def test_class_weights_give_every_class_the_same_weight(split, monkeypatch):
    seen = []
    fit = LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression,
        "fit",
        lambda self, X, y, sample_weight=None: (
            seen.append((y, sample_weight)) or fit(self, X, y, sample_weight)
        ),
    )
    weights = np.linspace(1, 2, len(split.y_train))
    fit_and_score(split, split.X_train, split.y_train, weights, Method(class_weights=True), "tfidf", 0)
    assert len(seen) == len(CLASSIFIERS["tfidf"]["C"])
    labels, given = seen[0]
    assert sorted(labels) == ["big", "small"]  # equal rows are merged
    assert given == pytest.approx([weights.sum() / 2] * 2)


def test_smote_makes_the_classes_equal_and_the_adjustment_idle(split):
    method = Method(smote=True, taus=(1.0,))
    row = fit_and_score(split, split.X_train, split.y_train, None, method, "tfidf", 0)
    plain = fit_and_score(split, split.X_train, split.y_train, None, Method(smote=True), "tfidf", 0)
    assert row["correct"] == plain["correct"]


class Counting(ClassifierMixin, BaseEstimator):
    """Give the shares of the weight as probabilities of any text."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.shares_ = np.array([sample_weight[y == c].sum() for c in self.classes_]) / sample_weight.sum()
        return self

    def predict_proba(self, X):
        return np.tile(self.shares_, (len(X), 1))


def test_an_estimator_is_adjusted_by_what_it_was_fitted_on(split, monkeypatch):
    monkeypatch.setitem(CLASSIFIERS, "counting", {"estimator": Counting})
    row = fit_and_score(split, split.X_train, split.y_train, None, Method(), "counting", 0)
    assert row["macro"] == 0.5  # the large class, whatever the text
    assert "C" not in row
    over = fit_and_score(split, split.X_train, split.y_train, None, Method(taus=(1.5,)), "counting", 0)
    assert over["class_accuracy"] == {"big": 0.0, "small": 1.0}
    even = fit_and_score(split, split.X_train, split.y_train, None, Method(class_weights=True), "counting", 0)
    assert even["brier"] == pytest.approx(0.5)
