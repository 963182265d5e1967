"""Log probabilities of any classifier: which method has them, class shares, and the adjustment."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from skbalagen.classifiers.logits import (
    adjust_scores,
    best_class,
    class_shares,
    log_scores,
    log_shares,
    resolve_priors,
    rows_of,
    score_method,
)

X, Y = load_iris(return_X_y=True)
ABC = np.array(["a", "b", "c"])


def test_class_shares_count_rows_or_weights():
    y = np.array(["a", "a", "a", "b"])
    assert class_shares(y, None, ABC[:2]).tolist() == [0.75, 0.25]
    assert class_shares(y, np.array([1.0, 1, 0, 6]), ABC[:2]).tolist() == [0.25, 0.75]
    assert class_shares(y, None, ABC).tolist() == [0.75, 0.25, 0]  # a class that is not in y


def test_resolve_priors_takes_shares_counts_or_a_dict():
    y = np.array(["a", "b", "b", "c"])
    assert resolve_priors(None, y, None, ABC).tolist() == [0.25, 0.5, 0.25]
    assert resolve_priors([10, 5, 5], y, None, ABC).tolist() == [0.5, 0.25, 0.25]
    by_name = {"c": 0.2, "b": 0.2, "a": 0.6, "not in y": 0.5}
    assert resolve_priors(by_name, y, None, ABC) == pytest.approx([0.6, 0.2, 0.2])


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ({"a": 0.5, "b": 0.5}, r"a share for each class, got none for \['c'\]"),
        ([0.5, 0.5], r"each of the 3 classes, got an array of shape \(2,\)"),
        ([0.5, 0.5, 0.0], r"must be positive, got 0.0 for class 'c'"),
        ([0.5, -0.5, 1.0], r"must be positive, got -0.5 for class 'b'"),
        ([0.5, np.nan, 1.0], r"must be positive, got nan for class 'b'"),
        (
            ["x", "y", "z"],
            r"numbers, one share for each of the 3 classes, got \['x', 'y', 'z'\]. Pass counts",
        ),
        ({"a": {}, "b": [1, 2], "c": 1}, r"numbers, one share for each .* got \[{}, \[1, 2\], 1\]"),
    ],
)
def test_resolve_priors_rejects_what_has_no_logarithm(priors, message):
    with pytest.raises(ValueError, match=message):
        resolve_priors(priors, ABC, None, ABC)


def test_adjust_scores_of_the_specification():
    # Z1: logits (2, 1, 0), 10000, 625 and 16 rows.
    shares = np.array([10000, 625, 16]) / 10641
    adjusted = adjust_scores(np.array([[2.0, 1.0, 0.0]]), shares, 1.0)
    assert adjusted[0] == pytest.approx([2.062129, 3.834718, 6.499881], abs=1e-6)
    # The halves of the shifts: 2 + .0621287 / 2 and so on.
    assert adjust_scores(np.array([[2.0, 1.0, 0.0]]), shares, 0.5)[0] == pytest.approx(
        [2.031064, 2.417359, 3.249941], abs=1e-6
    )


def test_adjust_scores_of_two_classes_shifts_the_log_odds():
    shares = np.array([0.8, 0.2])
    assert adjust_scores(np.array([0.0, -2.0]), shares, 1.0) == pytest.approx([np.log(4), np.log(4) - 2])
    columns = adjust_scores(np.array([[0.0, 0.0], [2.0, 0.0]]), shares, 1.0)
    assert columns[:, 1] - columns[:, 0] == pytest.approx([np.log(4), np.log(4) - 2])


def test_a_class_of_share_zero_is_not_raised():
    assert log_shares(np.array([1.0, 0.0])).tolist() == [0, 0]
    assert adjust_scores(np.array([[1.0, 3.0]]), np.array([1.0, 0.0]), 5.0).tolist() == [[1, 3]]


def test_best_class_of_columns_and_of_log_odds():
    assert best_class(np.array([[0.1, 0.2, -1.0], [3.0, 0.0, 0.0]]), ABC).tolist() == ["b", "a"]
    assert best_class(np.array([-0.1, 0.0, 0.1]), ABC[:2]).tolist() == ["a", "a", "b"]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(
    ("classifier", "method"),
    [
        (LogisticRegression(max_iter=1000), "decision_function"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "decision_function"),
        (LinearDiscriminantAnalysis(), "decision_function"),
        (HistGradientBoostingClassifier(max_iter=2), "decision_function"),
        (LinearSVC(), "decision_function"),  # has nothing else
        (GaussianNB(), "predict_proba"),
        (RandomForestClassifier(5, random_state=0), "predict_proba"),
    ],
)
def test_score_method_finds_the_logits(classifier, method, binary):
    rows = Y != 2 if binary else Y >= 0
    assert score_method(classifier.fit(X[rows], Y[rows]), X) == method


def test_score_method_takes_probabilities_where_the_decision_function_is_not_multinomial():
    one_vs_rest = OneVsRestClassifier(LogisticRegression()).fit(X, Y)
    assert score_method(one_vs_rest, X) == "predict_proba"
    assert score_method(SGDClassifier(loss="log_loss", random_state=0).fit(X, Y), X) == "predict_proba"
    # Of two classes, one against the rest is the log odds.
    rows = Y != 2
    scaled = X[rows] / 10  # sigmoids that do not saturate
    two = SGDClassifier(loss="log_loss", random_state=0).fit(scaled, Y[rows])
    assert score_method(two, scaled) == "decision_function"


class WithPlattScaling(ClassifierMixin, BaseEstimator):
    """Margins of one scale, probabilities of another."""

    classes_ = ABC

    def decision_function(self, X):
        return np.tile([0.0, 1.0, 2.0], (len(X), 1))

    def predict_proba(self, X):
        return np.tile([0.0, 0.25, 0.75], (len(X), 1))


def test_log_scores_are_logarithms_and_finite():
    classifier = WithPlattScaling()
    assert score_method(classifier, [0, 1]) == "predict_proba"
    scores = log_scores(classifier, [0, 1], "predict_proba")
    assert scores[0, 1:] == pytest.approx(np.log([0.25, 0.75]))
    assert np.isfinite(scores[0, 0])
    assert scores[0, 0] < -700  # a probability of 0


def test_log_scores_of_two_classes_are_log_odds_either_way():
    rows = Y != 2
    classifier = LogisticRegression().fit(X[rows], Y[rows])
    odds = log_scores(classifier, X[rows], "predict_proba")
    assert odds.shape == (100,)
    assert odds == pytest.approx(log_scores(classifier, X[rows], "decision_function"))


def test_log_scores_reject_one_column_per_pair_of_classes():
    y = np.arange(len(X)) % 4
    classifier = SVC(decision_function_shape="ovo").fit(X, y)
    with pytest.raises(ValueError, match=r"each of the 4 classes, got 6. Use one-vs-rest"):
        log_scores(classifier, X, "decision_function")


def test_rows_of_a_list_and_of_a_sparse_matrix():
    assert rows_of(["a", "b", "c"], np.array([2, 0])) == ["c", "a"]
    assert rows_of(csr_matrix([[1, 0], [0, 2]]), np.array([1])).toarray().tolist() == [[0, 2]]
