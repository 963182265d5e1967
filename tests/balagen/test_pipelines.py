"""The resampler in pipelines, grids and pickles, with and without a cache."""

from __future__ import annotations

import pickle
from copy import deepcopy

import joblib
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skbalagen import BalaGenResampler
from tests.fakes import FirstWordLabeler, NumberedGenerator
from tests.fakes import make_counted as make


def grid(resampler, **more):
    pipeline = Pipeline(
        [("balance", resampler), ("words", TfidfVectorizer()), ("clf", LogisticRegression(max_iter=1000))]
    )
    return GridSearchCV(
        pipeline,
        {"balance__beta_low": [0, 50, 100]},
        cv=2,
        scoring="balanced_accuracy",
        error_score="raise",
        **more,
    )


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_grid_search_with_memory_scores_like_without(corpus, log, tmp_path, n_jobs):
    X, y = (np.array(part, dtype=object) for part in corpus)
    plain = grid(make(log, None)).fit(X, y)
    log.write_text("")
    cached = grid(make(log, tmp_path / "cache"), n_jobs=n_jobs).fit(X, y)
    assert cached.best_params_ == plain.best_params_
    np.testing.assert_array_equal(cached.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"])
    # one for each of the two folds, and the refit on all rows
    assert log.read_text().splitlines().count("fit") <= 3


class Dense(BaseEstimator):
    """Word counts as a dense array: a stand-in for sentence vectors."""

    def fit(self, X, y=None):
        self.words_ = CountVectorizer().fit(X)
        return self

    def transform(self, X):
        return self.words_.transform(X).toarray()


def test_side_by_side_with_the_samplers_of_imbalanced_learn(corpus, log):
    X, y = (np.array(part, dtype=object) for part in corpus)
    pipeline = Pipeline(
        [
            ("texts", "passthrough"),
            ("vectors", Dense()),
            ("numbers", "passthrough"),
            ("clf", LogisticRegression(max_iter=1000)),
        ]
    )
    alternatives = [
        {"texts": [make(log, None)], "texts__beta_low": [50, 100]},
        {"numbers": [RandomOverSampler(random_state=0), RandomUnderSampler(random_state=0), "passthrough"]},
        {"numbers": [SMOTE(k_neighbors=1, random_state=0)]},
    ]
    keep = [c in ("flight", "fare", "meal") for c in y]
    search = GridSearchCV(
        pipeline, alternatives, cv=StratifiedKFold(3), scoring="balanced_accuracy", error_score="raise"
    )
    search.fit(X[keep], y[keep])
    assert len(search.cv_results_["params"]) == 6
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_no_validation_row_is_seen_and_no_generated_row_is_scored(corpus, log):
    X, y = (np.array(part, dtype=object) for part in corpus)
    keep = y != "city"
    X, y = X[keep], y[keep]
    trained, scored = [], []

    class Recorder(BaseEstimator):
        def fit(self, texts, labels=None):
            trained.append(list(texts))
            return self

        def transform(self, texts):
            scored.append(list(texts))
            return np.array([[len(t)] for t in texts], dtype=float)

    class Balancer(BalaGenResampler):
        def fit_resample(self, texts, labels):
            self.seen_ = set(texts)
            out = super().fit_resample(texts, labels)
            for part in (self.generator_, self.labelers_.estimators_[0]):
                assert {t for t, _ in part.fitted_on_} <= self.seen_
            learned.append(self.seen_)
            return out

    learned: list[set[str]] = []
    balance = Balancer(
        beta_low=60, generator=NumberedGenerator(), labelers=[FirstWordLabeler()], random_state=0
    )
    pipeline = Pipeline([("balance", balance), ("length", Recorder()), ("clf", LogisticRegression())])
    folds = list(StratifiedKFold(3).split(X, y))
    for train, test in folds:
        fitted = clone(pipeline).fit(X[train], y[train])
        scored.clear()
        fitted.predict(X[test])
        assert scored == [X[test].tolist()]  # scored as they are, none generated
        assert learned[-1] == set(X[train])
        assert not learned[-1] & set(X[test])
        assert not set(trained[-1]) & set(X[test])
        assert any("candidate" in text for text in trained[-1])


@pytest.mark.parametrize("copy", [deepcopy, clone, lambda r: pickle.loads(pickle.dumps(r))])
def test_unfitted_resamplers_can_be_copied(corpus, log, copy):
    resampler = copy(make(log, None))
    assert resampler.get_params()["generator__log"] == str(log)
    assert resampler.fit_resample(*corpus) == make(log, None).fit_resample(*corpus)


def test_fitted_resampler_explains_itself_after_pickling(corpus, log, tmp_path):
    resampler = make(log, None)
    resampler.fit_resample(*corpus)
    joblib.dump(resampler, tmp_path / "resampler.joblib")
    for copied in (joblib.load(tmp_path / "resampler.joblib"), deepcopy(resampler)):
        assert copied.report_.equals(resampler.report_)
        assert copied.candidates_.equals(resampler.candidates_)
        assert copied.band_ == resampler.band_
        np.testing.assert_array_equal(copied.source_indices_, resampler.source_indices_)
    assert deepcopy(resampler).labelers_.votes(["flight"], ["flight"]).shape == (1, 1)
    with pytest.raises(NotFittedError):
        joblib.load(tmp_path / "resampler.joblib").labelers_.votes(["flight"], ["flight"])
