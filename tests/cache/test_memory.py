"""The component cache: what is kept, what is not shared, and who waits."""

from __future__ import annotations

import pickle
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from copy import deepcopy
from multiprocessing import get_context

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
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

import skbalagen
from skbalagen import BalaGenResampler, CausalLMGenerator, ComponentCache, LabelerEnsemble, ShortfallWarning
from skbalagen.cache import CachedLabelers
from tests.fakes import FirstWordLabeler, NumberedGenerator


class CountingGenerator(NumberedGenerator):
    """Write a line to `log` for every fit and every candidate generated."""

    def __init__(self, *, log=None, delay=0.0, random_state=None):
        super().__init__(random_state=random_state)
        self.log = log
        self.delay = delay

    def _note(self, line):
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def fit(self, X, y):
        self._note("fit")
        time.sleep(self.delay)
        return super().fit(X, y)

    def sample(self, spans, *, random_state=None):
        for label, span in spans.items():
            for i in span:
                self._note(f"{random_state} {label} {i}")
        return super().sample(spans, random_state=random_state)


class Failing(CountingGenerator):
    def fit(self, X, y):
        raise RuntimeError("power cut")


def labeler():
    return make_pipeline(CountVectorizer(), MultinomialNB())


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.txt"
    path.touch()
    return path


def make(log, memory, **params):
    defaults = {
        "beta_low": 50,
        "generator": CountingGenerator(log=str(log)),
        "labelers": [labeler()],
        "balance_training": {"generator": "largest", "labelers": "largest"},
        "random_state": 0,
        "memory": memory,
    }
    return BalaGenResampler(**(defaults | params))


def test_grid_over_beta_fits_once_and_generates_each_candidate_once(corpus, log, tmp_path):
    plain = [make(log, None, beta_low=beta).fit_resample(*corpus) for beta in (50, 100, 75)]
    log.write_text("")
    cached = [make(log, tmp_path / "cache", beta_low=beta).fit_resample(*corpus) for beta in (50, 100, 75)]
    assert cached == plain
    lines = log.read_text().splitlines()
    assert lines.count("fit") == 1
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize(
    "change",
    [
        {"random_state": 1},
        {"generator": "other"},
        {"balance_training": "labelers"},
        {"X": "other"},
    ],
    ids=str,
)
def test_what_changes_the_generator_is_part_of_its_key(corpus, log, tmp_path, change):
    X, y = corpus
    make(log, tmp_path / "cache").fit_resample(X, y)
    if change == {"X": "other"}:
        change, X = {}, [*X[:-1], f"{X[-1]} indeed"]
    if change.get("generator") == "other":
        change = {"generator": CountingGenerator(log=str(log), delay=0.01)}
    make(log, tmp_path / "cache", **change).fit_resample(X, y)
    assert log.read_text().splitlines().count("fit") == 2


@pytest.mark.parametrize(
    "change",
    [
        {"labelers": LabelerEnsemble(estimators=[labeler()], voting=1)},
        {"shortfall": "keep"},
        {"max_candidates": 20.0},
        {"n_jobs": 2},
    ],
    ids=str,
)
def test_what_comes_after_the_generator_is_not(corpus, log, tmp_path, change):
    make(log, tmp_path / "cache").fit_resample(*corpus)
    make(log, tmp_path / "cache", **change).fit_resample(*corpus)
    assert log.read_text().splitlines().count("fit") == 1


def test_labelers_are_fitted_once(corpus, log, tmp_path, monkeypatch):
    fits = []
    fit = skbalagen.LabelerEnsemble.fit
    monkeypatch.setattr(
        skbalagen.LabelerEnsemble, "fit", lambda self, X, y: fits.append(len(X)) or fit(self, X, y)
    )
    first = make(log, tmp_path / "cache")
    second = make(log, tmp_path / "cache", beta_low=100)
    first.fit_resample(*corpus)
    second.fit_resample(*corpus)
    assert fits == [48]  # four classes of twelve
    assert second.labelers_.votes(["flight question"], ["flight"]).tolist() == [[True]]


@pytest.mark.parametrize("labels", [["a", "b"], [1, 2], [True, False], ["1", 1.5]], ids=str)
def test_each_candidate_is_judged_once(tmp_path, monkeypatch, labels):
    X, y = ["red wine", "blue sky", "white wine"], np.array([*labels, labels[0]])
    cache = ComponentCache(tmp_path)
    texts, wanted = ["white wine", "grey sky", "grey sky"], [*y.tolist()[:2], y.tolist()[0]]
    judged = []
    judge = LabelerEnsemble.judge
    monkeypatch.setattr(LabelerEnsemble, "judge", lambda self, X, y: judged.extend(X) or judge(self, X, y))
    for _ in range(2):
        cached = CachedLabelers(LabelerEnsemble(estimators=[labeler(), labeler()]), cache).fit(X, y)
        some = cached.judge(texts[:1], wanted[:1])
        every = cached.judge(texts, wanted)
    assert judged == texts  # the same text for another class is another question
    for kept, asked, first in zip(every, judge(cached.labelers, texts, np.array(wanted)), some, strict=True):
        np.testing.assert_array_equal(kept, asked)
        np.testing.assert_array_equal(first, asked[:1])
        assert kept.dtype == asked.dtype


def test_another_ensemble_has_its_own_verdicts(corpus, log, tmp_path):
    first = make(log, tmp_path / "cache")
    other = make(log, tmp_path / "cache", labelers=[FirstWordLabeler()])
    alone = make(log, None, labelers=[FirstWordLabeler()])
    for resampler in (first, other, alone):
        resampler.fit_resample(*corpus)
    assert other.candidates_["confidence"].tolist() == alone.candidates_["confidence"].tolist()
    assert first.candidates_["confidence"].tolist() != alone.candidates_["confidence"].tolist()


def test_band_depends_on_beta_and_largest_does_not(corpus, log):
    sizes = {}
    for balance in ("band", "largest"):
        for beta in (50, 100):
            resampler = make(log, None, balance_training={"generator": balance}, beta_low=beta)
            resampler.fit_resample(*corpus)
            sizes[balance, beta] = len(resampler.generator_.fitted_on_)
    assert sizes == {("band", 50): 30, ("band", 100): 48, ("largest", 50): 48, ("largest", 100): 48}


def test_without_a_seed_the_cache_is_bypassed_and_says_so(corpus, log, tmp_path):
    resampler = make(log, tmp_path / "cache", random_state=None)
    with pytest.warns(UserWarning, match="memory is not used, since random_state is None"):
        first, _ = resampler.fit_resample(*corpus)
    with pytest.warns(UserWarning, match="memory is not used"):
        second, _ = resampler.fit_resample(*corpus)
    assert first != second
    assert not (tmp_path / "cache").exists()


def test_joblib_memory_names_the_folder(corpus, log, tmp_path):
    make(log, joblib.Memory(tmp_path / "cache", verbose=0)).fit_resample(*corpus)
    assert len(ComponentCache(tmp_path / "cache" / "skbalagen").entries()) == 4
    make(log, joblib.Memory(None)).fit_resample(*corpus)
    assert log.read_text().splitlines().count("fit") == 2


def test_cache_is_cleared_by_one_call(corpus, log, tmp_path):
    cache = ComponentCache(tmp_path / "cache")
    make(log, cache).fit_resample(*corpus)
    assert len(cache.entries()) == 4  # labelers, generator, candidates, verdicts
    cache.clear()
    assert cache.entries() == []
    make(log, cache).fit_resample(*corpus)
    assert log.read_text().splitlines().count("fit") == 2


def test_cache_is_bounded_and_drops_what_was_not_used_for_longest(corpus, log, tmp_path):
    cache = ComponentCache(tmp_path / "cache", max_bytes=20_000)
    first = None
    for seed in range(12):
        make(log, cache, random_state=seed).fit_resample(*corpus)
        first = first or cache.entries()[1]  # the labelers, at 0, serve all seeds
        time.sleep(0.01)
    assert not first.exists()
    assert sum(f.stat().st_size for f in cache.location.rglob("*") if f.is_file()) <= 20_000
    log.write_text("")
    make(log, cache, random_state=11).fit_resample(*corpus)
    assert log.read_text() == ""


def _resample_in_process(arguments):
    log, folder, corpus = arguments
    return make(log, folder, generator=CountingGenerator(log=str(log), delay=1.0)).fit_resample(*corpus)


@pytest.mark.parametrize("pool", ["threads", "processes"])
def test_two_at_once_compute_a_component_once(corpus, log, tmp_path, pool):
    executor = (
        ThreadPoolExecutor(2)
        if pool == "threads"
        else ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    )
    with executor:
        a, b = executor.map(_resample_in_process, [(log, tmp_path / "cache", corpus)] * 2)
    assert a == b
    lines = log.read_text().splitlines()
    assert lines.count("fit") == 1
    assert len(set(lines)) == len(lines)


def test_parts_that_cannot_be_hashed_are_refused(corpus, log, tmp_path):
    class Local(CountingGenerator):
        pass

    with pytest.raises(TypeError, match="memory= needs parts that can be pickled, got a Local that cannot"):
        make(log, tmp_path / "cache", generator=Local(log=str(log))).fit_resample(*corpus)


def test_an_entry_that_was_not_finished_is_not_read(corpus, log, tmp_path):
    cache = ComponentCache(tmp_path / "cache")
    with pytest.raises(RuntimeError, match="power cut"):
        make(log, cache, generator=Failing(log=str(log)), labelers=[]).fit_resample(*corpus)
    assert cache.entries() == []


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


def test_language_model_is_saved_and_loaded_without_pickles(corpus, tiny_gpt2, tmp_path):
    generator = CausalLMGenerator(
        model=str(tiny_gpt2), epochs=1, label_descriptions={"city": "which city"}, random_state=0
    ).fit(*corpus)
    spans = {"city": range(4), "meal": range(3)}
    texts = generator.sample(spans, random_state=0)
    generator.save(tmp_path / "generator")
    assert {path.suffix for path in (tmp_path / "generator").iterdir()} <= {".json", ".safetensors"}
    loaded = CausalLMGenerator.load(tmp_path / "generator")
    assert loaded.sample(spans, random_state=0) == texts
    assert loaded.prompts_ == generator.prompts_
    assert loaded.history_ == generator.history_
    assert loaded.label_descriptions == {"city": "which city"}
    assert deepcopy(generator).sample(spans, random_state=0) == texts

    light = pickle.loads(pickle.dumps(generator))
    assert len(pickle.dumps(generator)) < 10_000
    assert light.prompts_ == generator.prompts_
    with pytest.raises(NotFittedError, match=r"comes from a pickle.*Keep them with save\(folder\)"):
        light.sample(spans)
    with pytest.raises(FileNotFoundError, match=r"got one without generator.json"):
        CausalLMGenerator.load(tmp_path)


def test_cached_language_model_gives_the_same_texts(corpus, tiny_gpt2, tmp_path):
    def texts(memory, beta_low):
        generator = CausalLMGenerator(model=str(tiny_gpt2), epochs=1, max_tokens=12)
        return make("", memory, generator=generator, labelers=[], beta_low=beta_low).fit_resample(*corpus)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        plain = texts(None, 75)
        texts(tmp_path / "cache", 50)
        assert texts(tmp_path / "cache", 75) == plain
