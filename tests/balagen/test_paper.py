"""The paper's recipe, whole, with a tiny GPT-2 and a tiny BERT."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from skbalagen import BalaGenResampler, CausalLMGenerator, ShortfallWarning, TransformerClassifier
from skbalagen.balagen.paper import paper_parameters


def test_the_recipe_is_the_papers():
    resampler = BalaGenResampler.paper()
    generator, labelers = resampler.generator, resampler.labelers
    assert isinstance(generator, CausalLMGenerator)
    assert generator.model == "gpt2-medium"
    assert (generator.batch_size, generator.learning_rate, generator.max_tokens) == (10, 1e-4, 100)
    assert generator.lora_rank is None
    assert not generator.label_as_text
    assert len(labelers.estimators) == 3
    assert all(isinstance(m, TransformerClassifier) for m in labelers.estimators)
    assert {m.model for m in labelers.estimators} == {"bert-base-uncased"}
    assert labelers.voting == "all"
    assert (resampler.beta_low, resampler.beta_high) == (80, 5)
    assert resampler.balance_training == "both"
    assert resampler.text_rules == []
    assert resampler.generated_share == 1.0
    assert resampler.max_candidates == 3.0


def test_parts_of_the_recipe_can_be_replaced():
    resampler = BalaGenResampler.paper(
        generator_model="folder", labeler_epochs=1, beta_low=50, generated_share=0.5, random_state=3
    )
    assert resampler.generator.model == "folder"
    assert {m.epochs for m in resampler.labelers.estimators} == {1}
    assert (resampler.beta_low, resampler.generated_share, resampler.random_state) == (50, 0.5, 3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'betalow'"):
        BalaGenResampler.paper(betalow=3)


def test_every_copy_of_d_s_is_read():
    generator = paper_parameters()["generator"]
    assert generator.max_copies is None
    assert generator.max_rows >= 10**6


def test_the_recipe_runs_from_folders(tiny_gpt2, tiny_bert):
    sizes = {"flight": 12, "fare": 10, "meal": 8, "city": 4, "red": 3}
    y = np.array([c for c, n in sizes.items() for _ in range(n)])
    X = np.array([f"{c} question number {i}" for c, n in sizes.items() for i in range(n)])
    resampler = BalaGenResampler.paper(
        generator_model=str(tiny_gpt2),
        labeler_model=str(tiny_bert),
        generator_epochs=2,
        labeler_epochs=2,
        max_tokens=8,
        beta_low=60,
        beta_high=20,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        X_new, y_new = resampler.fit_resample(X, y)
    low, high = resampler.band_
    assert (low, high) == (10, 10)
    assert len(X_new) == len(y_new) == 50
    assert resampler.report_["n_candidates"].sum() <= 3 * 12
    assert resampler.candidates_["votes"].map(len).eq(3).all()
    accepted = resampler.candidates_.query("verdict in ['accepted', 'surplus']")
    assert all(all(votes) for votes in accepted["votes"])  # double voting: all three agree
    seeds = {m.random_state for m in resampler.labelers_.estimators_}
    assert len(seeds) == 3
