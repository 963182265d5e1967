"""Candidates by their numbers: the same text whatever is asked for beside it."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen._utils.random import stream_rng
from skbalagen.generators import _lm_sampling
from skbalagen.generators._lm_sampling import sample_texts
from skbalagen.models.load import load_causal_lm

OPTIONS = {"seed": 3, "max_tokens": 6, "top_p": 0.9, "temperature": 1.0, "batch_size": 4}


@pytest.fixture(scope="module")
def tiny(tiny_gpt2):
    return load_causal_lm(str(tiny_gpt2))


def test_sample_texts_are_given_in_the_order_asked_for(tiny):
    prompts = {"meal": "meal", "city": "city question", "fare": "fare"}
    asked = [("meal", 5), ("city", 0), ("meal", 1), ("city", 7)]
    texts = sample_texts(*tiny, prompts, asked, **OPTIONS)
    assert sample_texts(*tiny, prompts, asked[::-1], **OPTIONS) == texts[::-1]
    assert [sample_texts(*tiny, prompts, [one], **OPTIONS)[0] for one in asked] == texts
    assert sample_texts(*tiny, prompts, [], **OPTIONS) == []


def test_sample_texts_runs_the_prompts_of_the_classes_asked_for_with_the_draws_of_each_stream(
    tiny, monkeypatch
):
    calls = []

    def sampled(model, prompts, jobs, **options):
        calls.append((prompts, jobs, options))
        return [[9], None, []]

    monkeypatch.setattr(_lm_sampling, "sample_tokens", sampled)
    asked = [("city", 4), ("meal", 0), ("city", 2)]
    prompts = {"meal": "meal", "fare": "fare", "city": "city question"}
    assert sample_texts(*tiny, prompts, asked, **OPTIONS) == ["red", None, None]
    (run, jobs, options) = calls[0]
    assert [tiny[1].decode(prompt) for prompt in run] == ["city question :", "meal :"]
    assert [prompt for prompt, _ in jobs] == [0, 1, 0]
    for (_, draws), (label, i) in zip(jobs, asked, strict=True):
        np.testing.assert_array_equal(draws, stream_rng(3, label, i).random(6))
    assert options == {"end_token": 0, "top_p": 0.9, "temperature": 1.0, "batch_size": 4}
