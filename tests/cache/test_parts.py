"""Generators and labelers that read from the cache."""

from __future__ import annotations

import pickle
import warnings
from copy import deepcopy

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

import skbalagen
from skbalagen import CausalLMGenerator, ComponentCache, LabelerEnsemble, ShortfallWarning
from skbalagen.cache import CachedGenerator, CachedLabelers
from tests.fakes import FirstWordLabeler
from tests.fakes import make_counted as make
from tests.fakes import word_labeler as labeler


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


def test_another_margin_has_its_own_verdicts_of_the_same_labelers(corpus, log, tmp_path, monkeypatch):
    fits = []
    fit = skbalagen.LabelerEnsemble.fit
    monkeypatch.setattr(
        skbalagen.LabelerEnsemble, "fit", lambda self, X, y: fits.append(len(X)) or fit(self, X, y)
    )
    lax, strict = (
        make(log, tmp_path / "cache", labelers=LabelerEnsemble(estimators=[labeler()], margin=margin))
        for margin in (0.0, 0.999)
    )
    lax.fit_resample(*corpus)
    with pytest.warns(ShortfallWarning):
        strict.fit_resample(*corpus)
    assert len(fits) == 1
    assert strict.labelers_.margin == 0.999
    assert strict.report_["n_accepted"].sum() < lax.report_["n_accepted"].sum()


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


def test_what_another_number_of_jobs_computed_is_found_again(corpus, tiny_gpt2, tmp_path, monkeypatch):
    fits, spans = [], {"city": range(4), "meal": range(3)}
    fit = CausalLMGenerator.fit
    monkeypatch.setattr(
        CausalLMGenerator, "fit", lambda self, X, y: fits.append(self.n_jobs) or fit(self, X, y)
    )
    texts = []
    for n_jobs, verbose in ((1, 0), (2, 0), (None, 1)):
        generator = CausalLMGenerator(
            model=str(tiny_gpt2), epochs=1, max_tokens=8, n_jobs=n_jobs, verbose=verbose, random_state=0
        )
        cached = CachedGenerator(generator, ComponentCache(tmp_path)).fit(*corpus)
        texts.append(cached.sample(spans, random_state=0))
        assert (cached.generator.n_jobs, cached.generator.verbose) == (n_jobs, verbose)
    assert fits == [1]
    assert texts[0] == texts[1] == texts[2]
    assert len(ComponentCache(tmp_path).entries()) == 2  # the generator, and its candidates


def test_labelers_of_another_number_of_jobs_are_found_again(corpus, tmp_path):
    cache = ComponentCache(tmp_path)
    for n_jobs in (1, 2, None):
        cached = CachedLabelers(LabelerEnsemble(estimators=[labeler()], n_jobs=n_jobs), cache).fit(*corpus)
        assert cached.labelers.n_jobs == n_jobs
    assert len(cache.entries()) == 1


def test_members_of_another_number_of_jobs_are_found_again(corpus, tmp_path):
    cache = ComponentCache(tmp_path)
    keys = {
        cache.fitted(make_pipeline(CountVectorizer(), KNeighborsClassifier(n_jobs=n)), *corpus)[1]
        for n in (1, 2)
    }
    assert len(keys) == 1
    assert len(cache.entries()) == 1


def test_cached_language_model_gives_the_same_texts(corpus, tiny_gpt2, tmp_path):
    def texts(memory, beta_low):
        generator = CausalLMGenerator(model=str(tiny_gpt2), epochs=1, max_tokens=12)
        return make("", memory, generator=generator, labelers=[], beta_low=beta_low).fit_resample(*corpus)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        plain = texts(None, 75)
        texts(tmp_path / "cache", 50)
        assert texts(tmp_path / "cache", 75) == plain
