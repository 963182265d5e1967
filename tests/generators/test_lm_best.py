"""Of several texts, the one that the model was surest of."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen.generators import _lm_best
from skbalagen.generators._lm_best import likeliest
from skbalagen.generators._lm_scores import log_likelihoods
from skbalagen.generators._lm_workers import ModelFolder
from skbalagen.models.load import load_causal_lm

PROMPTS = {"meal": "meal", "city": "city question"}
TEXTS = ["red", "red blue green", None, "i want red wine", None, None, "blue blue", "cheap", "red red"]
LABELS = ["meal"] * 6 + ["city"] * 3


@pytest.fixture(scope="module")
def tiny(tiny_gpt2):
    return load_causal_lm(str(tiny_gpt2))


def kept(tiny, best_of, n_jobs=1):
    return likeliest(*tiny, PROMPTS, LABELS, TEXTS, best_of=best_of, folder=ModelFolder(), n_jobs=n_jobs)


def test_the_text_with_the_likeliest_tokens_is_kept(tiny):
    rows = [i for i, text in enumerate(TEXTS) if text]
    found = log_likelihoods(*tiny, PROMPTS, [TEXTS[i] for i in rows], [LABELS[i] for i in rows])
    per_token = dict(zip(rows, found[:, 0] / found[:, 1], strict=True))
    expected = [
        TEXTS[max((i for i in group if i in per_token), key=per_token.get)]
        for group in ([0, 1, 2], [6, 7, 8])
    ]
    assert kept(tiny, 3) == [expected[0], "i want red wine", expected[1]]
    assert kept(tiny, 1) == TEXTS


def test_no_text_is_none(tiny):
    texts = ["red", None, None, None]
    options = {"best_of": 2, "folder": ModelFolder(), "n_jobs": 1}
    assert likeliest(*tiny, PROMPTS, ["meal"] * 4, texts, **options) == ["red", None]
    assert likeliest(*tiny, PROMPTS, ["meal"] * 2, [None, None], **options) == [None]
    assert likeliest(*tiny, PROMPTS, [], [], **options) == []


def test_mean_and_not_sum_decides(tiny, monkeypatch):
    # The second is less likely as a whole, but has more tokens.
    monkeypatch.setattr(_lm_best, "log_likelihoods", lambda *_: np.array([[-6.0, 2.0], [-8.0, 4.0]]))
    options = {"best_of": 2, "folder": ModelFolder(), "n_jobs": 1}
    assert likeliest(*tiny, PROMPTS, ["meal"] * 2, ["red", "red blue"], **options) == ["red blue"]


def test_workers_choose_alike(tiny):
    long = likeliest(*tiny, PROMPTS, LABELS * 12, TEXTS * 12, best_of=3, folder=ModelFolder(), n_jobs=3)
    assert long == kept(tiny, 3) * 12
