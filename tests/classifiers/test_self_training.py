"""Self-training with a cap per class."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils.estimator_checks import check_estimator

from skbalagen import BalancedSelfTrainingClassifier


def line(n_large, n_small, n_unlabeled):
    """Two clusters on a line, and rows without labels, three quarters of them of the large class."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 0, 1], [n_large, n_small, 3 * n_unlabeled // 4, n_unlabeled // 4])
    X = rng.normal(scale=0.5, size=(len(y), 1)) + 4 * y[:, None]
    given = np.where(np.arange(len(y)) < n_large + n_small, y, -1)
    return X, given, y


def test_no_class_grows_beyond_the_largest():
    X, given, _ = line(10, 2, 60)
    model = BalancedSelfTrainingClassifier(LogisticRegression(C=10)).fit(X, given)
    found = model.transduction_[12:]
    assert (found == 0).sum() == 0  # the largest class gets none
    assert (found == 1).sum() == 8  # 10 - 2, of some 15
    assert model.labeled_iter_[12:][found == -1].tolist() == [-1] * 52
    free = SelfTrainingClassifier(LogisticRegression(C=10), threshold=0.9).fit(X, given)
    assert (free.transduction_[12:] == 0).sum() > 30


def test_the_most_confident_rows_are_taken():
    X = np.array([[0.0], [0.2], [0.1], [4.0], [9.0], [5.0], [7.0]])
    model = BalancedSelfTrainingClassifier(LogisticRegression(C=100), max_iter=1)
    model.fit(X, np.array([0, 0, 0, 1, -1, -1, -1]))
    assert model.transduction_[4:].tolist() == [1, -1, 1]  # two are lacking: those at 9 and 7


def test_later_rounds_count_the_rows_of_earlier_ones():
    X, given, _ = line(10, 2, 60)
    model = BalancedSelfTrainingClassifier(LogisticRegression(C=1), threshold=0.95).fit(X, given)
    assert (model.transduction_ == 1).sum() <= 10


def test_predictions_are_those_of_the_classifier_itself():
    X, given, y = line(10, 2, 60)
    model = BalancedSelfTrainingClassifier(LogisticRegression(C=10)).fit(X, given)
    known = model.transduction_ != -1
    plain = LogisticRegression(C=10).fit(X[known], model.transduction_[known])
    assert model.predict_proba(X) == pytest.approx(plain.predict_proba(X))
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(len(X)))
    assert isinstance(model.estimator_, LogisticRegression)
    assert (model.predict(X) == y).mean() > 0.95


def test_it_raises_the_recall_of_a_class_of_two_rows():
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], [300, 300])
    X = rng.normal(size=(600, 2)) + 2.5 * y[:, None]
    labeled = np.r_[np.arange(60), [300, 301]]
    given = np.full(600, -1)
    given[labeled] = y[labeled]
    plain = LogisticRegression().fit(X[labeled], y[labeled])
    model = BalancedSelfTrainingClassifier(LogisticRegression(), threshold=0.5).fit(X, given)
    recalls = [(m.predict(X[300:]) == 1).mean() for m in (plain, model)]
    assert recalls[1] > recalls[0] + 0.05


def test_labels_that_are_texts_and_a_pipeline():
    texts = ["red wine", "white wine", "a beer", "rain", "rain today", "snow and rain", "wine or beer"]
    y = np.array(["drink", "drink", "drink", "weather", -1, -1, -1], dtype=object)
    model = make_pipeline(
        TfidfVectorizer(), BalancedSelfTrainingClassifier(LogisticRegression(C=100), threshold=0.6)
    )
    model.fit(texts, y)
    assert model[-1].transduction_[4:].tolist() == ["weather", "weather", -1]
    assert model.predict(["rain again"]).tolist() == ["weather"]


def test_it_is_cloned_and_searched_like_any_other():
    model = BalancedSelfTrainingClassifier(LogisticRegression()).set_params(estimator__C=3.0, threshold=0.8)
    assert clone(model).get_params()["estimator__C"] == 3.0
    assert set(model.get_params(deep=False)) == {"estimator", "threshold", "max_iter", "verbose"}


@pytest.mark.filterwarnings("ignore")  # the suite has no rows without labels, and that is warned of
def test_it_passes_the_checks_of_scikit_learn():
    expected = {
        "check_classifiers_classes": "its class -1 means no label; the check spares scikit-learn's own class by name"
    }
    model = BalancedSelfTrainingClassifier(LogisticRegression())
    outcomes = check_estimator(model, expected_failed_checks=expected, on_fail=None, on_skip=None)
    assert [f"{o['check_name']}: {o['exception']}" for o in outcomes if o["status"] == "failed"] == []
    assert sum(o["status"] == "passed" for o in outcomes) >= 40


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"threshold": 1.0}, "threshold"),
        ({"max_iter": 0}, "max_iter"),
        ({"estimator": TfidfVectorizer()}, "estimator"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, name):
    model = BalancedSelfTrainingClassifier(**({"estimator": LogisticRegression()} | parameters))
    with pytest.raises(ValueError, match=f"'{name}' parameter of BalancedSelfTrainingClassifier must be"):
        model.fit([[0.0], [1.0], [2.0]], [0, 1, -1])
