"""Candidates from several workers: the same texts as from this process."""

from __future__ import annotations

import gc
import os
import pickle
from copy import deepcopy
from functools import partial
from pathlib import Path

import pytest
import torch
from joblib import parallel_config

from skbalagen import CausalLMGenerator
from skbalagen.generators import _lm_workers
from skbalagen.generators._lm_workers import ModelFolder, sample_in_workers
from skbalagen.models.load import load_causal_lm
from tests.fakes import ORDERS, REFUNDS

PROMPTS = {"meal": "meal", "city": "city question"}
ASKED = [(label, i) for i in range(9, 0, -1) for label in ("meal", "city", "meal")]
OPTIONS = {"seed": 3, "max_tokens": 20, "top_p": 0.9, "temperature": 1.0, "batch_size": 4}
WORK = partial(_lm_workers._sample_piece, PROMPTS, OPTIONS)


@pytest.fixture(scope="module")
def tiny(tiny_gpt2):
    return load_causal_lm(str(tiny_gpt2))


@pytest.fixture(autouse=True)
def forgotten():
    """Let no test see a model that another one loaded."""
    _lm_workers._loaded.cache_clear()


def sample(tiny, n_jobs, folder=None):
    return sample_in_workers(*tiny, PROMPTS, ASKED, folder=folder or ModelFolder(), n_jobs=n_jobs, **OPTIONS)


def test_texts_are_the_same_for_any_number_of_workers(tiny):
    folder = ModelFolder()
    here = sample(tiny, 1)
    assert any(here)
    with parallel_config(backend="threading"):
        assert [sample(tiny, n, folder) for n in (None, 2, 3, 9)] == [here] * 4


def test_texts_are_the_same_from_processes(tiny):
    with parallel_config(backend="loky"):
        assert sample(tiny, 2) == sample(tiny, 1)


def test_one_worker_samples_here_and_writes_no_folder(tiny, monkeypatch):
    monkeypatch.setattr(_lm_workers, "map_pieces", None)
    folder = ModelFolder()
    sample(tiny, 1, folder)
    sample_in_workers(*tiny, PROMPTS, ASKED[:1], folder=folder, n_jobs=2, **OPTIONS)
    assert folder._path is None


def test_a_worker_loads_the_folder_once_in_the_dtype_it_was_saved_in(tiny, monkeypatch):
    folder, loads = ModelFolder(), []

    def counted(name, **options):
        loads.append((name, options))
        return load_causal_lm(name, **options)

    monkeypatch.setattr(_lm_workers, "load_causal_lm", counted)
    path = folder.path(*tiny)
    for _ in range(3):
        _lm_workers._work_on_piece(path, os.getpid(), WORK, ASKED)
    assert loads == [(path, {"dtype": "auto"})]
    model, _ = _lm_workers._loaded(path)
    assert not model.training
    assert model.config._attn_implementation == "sdpa"


def test_a_worker_process_has_one_thread_and_this_one_keeps_its_own(tiny, monkeypatch):
    wanted = []
    monkeypatch.setattr(torch, "set_num_threads", wanted.append)
    path = (folder := ModelFolder()).path(*tiny)
    _lm_workers._work_on_piece(path, os.getpid(), WORK, ASKED)
    assert wanted == []
    _lm_workers._work_on_piece(path, os.getpid() + 1, WORK, ASKED)
    assert wanted == [1]
    del folder


def test_a_folder_that_a_worker_does_not_see_is_an_error(tmp_path):
    message = r"Workers must see the folder of the model, got none at .*TMPDIR name a folder that all machines share"
    with pytest.raises(FileNotFoundError, match=message):
        _lm_workers._work_on_piece(str(tmp_path / "gone"), os.getpid(), WORK, ASKED)


def test_model_folder_is_written_once_and_removed_with_its_object(tiny):
    folder = ModelFolder()
    path = Path(folder.path(*tiny))
    assert (path / "model.safetensors").is_file()
    assert folder.path(*tiny) == str(path)
    copies = [deepcopy(folder), pickle.loads(pickle.dumps(folder))]
    assert [copy._path for copy in copies] == [None, None]
    del folder
    gc.collect()
    assert not path.exists()


def test_generator_samples_with_the_workers_it_is_told_to_use_and_after_each_fit_anew(tiny_gpt2, corpus):
    generator = CausalLMGenerator(
        model=str(tiny_gpt2), epochs=1, learning_rate=1e-2, max_tokens=8, random_state=0, device="cpu"
    )
    spans = {"meal": range(7), "fare": range(2, 5)}
    with parallel_config(backend="threading"):
        for X, y in (corpus, (corpus[0][::-1], corpus[1][::-1])):
            here = generator.fit(X, y).sample(spans, random_state=0)
            assert generator.set_params(n_jobs=2).sample(spans, random_state=0) == here
            generator.set_params(n_jobs=None)
    assert len(pickle.dumps(generator)) < 5000


@pytest.mark.model
def test_embedded_model_writes_the_same_texts_in_worker_processes():
    X, y = ORDERS + REFUNDS, ["order_status"] * 8 + ["refund_status"] * 8
    generator = CausalLMGenerator(random_state=0, epochs=1, max_tokens=32, device="cpu").fit(X, y)
    spans = {"order_status": range(6), "refund_status": range(6)}
    here = generator.sample(spans, random_state=0)
    there = generator.set_params(n_jobs=2).sample(spans, random_state=0)
    if generator.model_.dtype is torch.bfloat16:
        assert there == here
    assert [text is None for text in there["refund_status"]].count(True) < 6
