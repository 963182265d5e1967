"""Candidates from several workers: the same texts as from this process."""

from __future__ import annotations

import gc
import pickle
import threading
from copy import deepcopy
from functools import partial
from pathlib import Path

import pytest
import torch
from joblib import parallel_config

from skbalagen import CausalLMGenerator
from skbalagen._utils.progress import progress_shown
from skbalagen.generators import _lm_workers
from skbalagen.generators._lm_sampling import sample_texts
from skbalagen.generators._lm_workers import ModelFolder, sample_in_workers
from skbalagen.models.load import load_causal_lm
from tests.fakes import ORDERS, REFUNDS

PROMPTS = {"meal": "meal", "city": "city question"}
ASKED = [(label, i) for i in range(18, 0, -1) for label in ("meal", "city", "meal")]  # three pieces
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


def test_threads_share_the_model_and_no_folder_is_written(tiny, monkeypatch):
    seen = []

    def noted(model, tokenizer, prompts, candidates, **options):
        seen.append((threading.get_ident(), model, tokenizer, len(candidates), torch.get_num_threads()))
        return sample_texts(model, tokenizer, prompts, candidates, **options)

    monkeypatch.setattr(_lm_workers, "sample_texts", noted)
    folder = ModelFolder()
    sample(tiny, 3, folder)
    threads, models, tokenizers, sizes, torch_threads = zip(*seen, strict=True)
    assert threading.get_ident() not in threads
    assert all(model is tiny[0] for model in models)
    assert len({id(tokenizer) for tokenizer in (*tokenizers, tiny[1])}) == 4
    assert (sizes, torch_threads) == ((18, 18, 18), (1, 1, 1))
    assert folder._path is None


@pytest.mark.parametrize(("n_jobs", "n_asked"), [(1, 54), (3, 31)])
def test_few_candidates_or_one_worker_are_sampled_here(tiny, monkeypatch, n_jobs, n_asked):
    seen = []
    monkeypatch.setattr(
        _lm_workers, "sample_texts", lambda *args, **_: seen.append((threading.get_ident(), *args[:2])) or []
    )
    sample_in_workers(*tiny, PROMPTS, ASKED[:n_asked], folder=ModelFolder(), n_jobs=n_jobs, **OPTIONS)
    assert seen == [(threading.get_ident(), *tiny)]


def test_threads_show_progress_where_the_caller_does(tiny, capsys):
    with progress_shown(1):
        sample(tiny, 2)
    assert capsys.readouterr().err.count("writing:   0%") >= 2  # a bar per worker
    sample(tiny, 2)
    assert capsys.readouterr().err == ""


def test_the_number_of_torch_threads_stays(tiny):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        sample(tiny, 2)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_worker_loads_the_folder_once_in_the_dtype_it_was_saved_in(tiny, monkeypatch):
    folder, loads = ModelFolder(), []

    def counted(name, **options):
        loads.append((name, options))
        return load_causal_lm(name, **options)

    monkeypatch.setattr(_lm_workers, "load_causal_lm", counted)
    path = folder.path(*tiny)
    for _ in range(3):
        sent = pickle.loads(pickle.dumps(_lm_workers._SharedModel(*tiny, folder)))
        assert _lm_workers._work_on_piece(sent, WORK, ASKED[:3]) == WORK(*tiny, ASKED[:3])
    assert loads == [(path, {"dtype": "auto"})]
    model, _ = _lm_workers._loaded(path)
    assert not model.training
    assert model.config._attn_implementation == "sdpa"


def test_a_folder_that_a_worker_does_not_see_is_an_error(tmp_path):
    message = r"Workers must see the folder of the model, got none at .*TMPDIR name a folder that all machines share"
    with pytest.raises(FileNotFoundError, match=message):
        _lm_workers._SavedModel(str(tmp_path / "gone")).run(WORK, ASKED)


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
    spans = {"meal": range(17), "fare": range(2, 25)}
    with parallel_config(backend="loky", n_jobs=2):
        for X, y in (corpus, (corpus[0][::-1], corpus[1][::-1])):
            here = generator.set_params(n_jobs=1).fit(X, y).sample(spans, random_state=0)
            assert generator._folder._path is None
            assert generator.set_params(n_jobs=None).sample(spans, random_state=0) == here
            assert generator._folder._path is not None
    assert len(pickle.dumps(generator)) < 5000


@pytest.mark.model
def test_embedded_model_learns_and_writes_the_same_with_two_workers():
    X, y = ORDERS + REFUNDS, ["order_status"] * 8 + ["refund_status"] * 8
    spans = {"order_status": range(17), "refund_status": range(17)}
    made = []
    for n_jobs in (1, 2):
        generator = CausalLMGenerator(random_state=0, epochs=1, max_tokens=16, n_jobs=n_jobs, device="cpu")
        generator.fit(X, y)
        made.append((generator.history_, generator.sample(spans, random_state=0)))
    assert made[0] == made[1]
    assert [text is None for text in made[0][1]["refund_status"]].count(True) < 17
    with parallel_config(backend="loky"):
        assert generator.sample(spans, random_state=0) == made[0][1]
