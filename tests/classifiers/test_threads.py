"""Classifiers that fine-tune an encoder, in several threads: the same weights and predictions, bit for bit."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from joblib import parallel_config

from skbalagen import SetFitClassifier, TransformerClassifier, parallel
from skbalagen.classifiers import _inputs

X = [
    f"{a} {b} {i}"
    for i in range(4)
    for a, b in (("flight", "red"), ("meal", "number"), ("city question", "blue"))
]
Y = ["go", "eat", "see"] * 4
PARAMETERS = {
    "plain": {},
    "held out": {"validation_fraction": 0.5, "patience": 1},
    "cut": {"augment": "textcut", "class_weight": {"go": 3.0, "eat": 1.0, "see": 1.0}},
    "prototypes": {"head": "prototype", "sampler": "class-aware"},
    "crt": {"stages": "crt"},
}


@pytest.fixture(autouse=True)
def many_cores(monkeypatch):
    monkeypatch.setattr(parallel, "cpu_count", lambda: 8)
    monkeypatch.setattr(_inputs, "_ROWS_AT_ONCE", 3)


def fitted(kind, bert, n_jobs, **parameters):
    defaults = {"model": str(bert), "learning_rate": 1e-3, "batch_size": 8, "random_state": 0}
    return kind(**(defaults | parameters), n_jobs=n_jobs).fit(X, Y)


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS.keys())
def test_a_transformer_is_the_same_for_any_n_jobs(tiny_bert, parameters):
    one, *others = (
        fitted(TransformerClassifier, tiny_bert, n_jobs, epochs=3, **parameters) for n_jobs in (1, 2, 5)
    )
    for other in others:
        assert other.history_ == one.history_
        for a, b in zip(one.model_.parameters(), other.model_.parameters(), strict=True):
            assert torch.equal(a, b)
        np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_set_fit_is_the_same_for_any_n_jobs(tiny_bert):
    one, *others = (fitted(SetFitClassifier, tiny_bert, n_jobs, n_iterations=3) for n_jobs in (1, 2, 5))
    for other in others:
        assert other.history_ == one.history_
        for a, b in zip(one.model_.parameters(), other.model_.parameters(), strict=True):
            assert torch.equal(a, b)
        np.testing.assert_array_equal(one._vectors(X), other._vectors(X))


@pytest.mark.parametrize("kind", [TransformerClassifier, SetFitClassifier])
def test_predictions_are_made_by_as_many_threads_as_are_asked_for_then(tiny_bert, kind, monkeypatch):
    classifier = fitted(kind, tiny_bert, 1, **({"epochs": 1} if kind is TransformerClassifier else {}))
    where = set()
    mean_vectors = _inputs.mean_vectors

    def noted(*args, **options):
        where.add((threading.get_ident(), torch.get_num_threads()))
        return mean_vectors(*args, **options)

    monkeypatch.setattr(_inputs, "mean_vectors", noted)
    classifier.predict(X)
    assert where == {(threading.get_ident(), 1)}
    where.clear()
    classifier.set_params(n_jobs=3).predict(X)
    assert threading.get_ident() not in {thread for thread, _ in where}
    assert {n for _, n in where} == {1}


def test_vectors_of_a_frozen_encoder_are_made_by_as_many_workers_as_are_asked_for(monkeypatch):
    asked = []

    class Encoder:
        def __init__(self, **parameters):
            pass

        def transform(self, texts):
            asked.append(parallel.n_workers(None))
            return np.array([[len(text), text.count("e")] for text in texts], dtype=float)

    monkeypatch.setattr(_inputs, "SentenceEncoder", Encoder)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    classifier = TransformerClassifier(freeze_encoder=True, epochs=1, random_state=0).fit(X, Y)
    classifier.set_params(n_jobs=3).predict(X)
    with parallel_config(n_jobs=2):
        classifier.set_params(n_jobs=None).predict(X)
    assert asked == [6, 3, 2]


@pytest.mark.model
def test_the_embedded_encoder_is_the_same_for_one_and_two_threads():
    one, two = (
        TransformerClassifier(epochs=1, n_jobs=n_jobs, random_state=0).fit(X, Y).predict_proba(X)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two)
