"""Candidates from the workers of a Dask cluster: the same texts as from this process."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin

from skbalagen import BalaGenResampler, CausalLMGenerator, LabelerEnsemble
from skbalagen.benchmark import read_rows, run
from skbalagen.generators import _lm_workers
from skbalagen.generators._lm_sampling import sample_texts
from tests.fakes import ORDERS, REFUNDS

distributed = pytest.importorskip("distributed")

SPANS = {"meal": range(17), "fare": range(2, 18)}


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes of one thread each, with a watcher that starts a lost one again."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def patched(cluster):
    """Return a function that changes the module of every worker; afterwards it is as it was."""
    yield cluster.run
    cluster.run(restore)


@pytest.fixture
def generator(tiny_gpt2, corpus):
    return CausalLMGenerator(
        model=str(tiny_gpt2), epochs=8, learning_rate=1e-2, max_tokens=20, random_state=0, device="cpu"
    ).fit(*corpus)


def here_and_there(generator, spans=SPANS, backend="dask"):
    """Return the candidates of this process and those of the cluster."""
    here = generator.set_params(n_jobs=1).sample(spans, random_state=0)
    with parallel_config(backend=backend):
        return here, generator.set_params(n_jobs=-1).sample(spans, random_state=0)


def watch(folder):
    """Note in `folder` which process samples how many candidates. Run on a worker, whose module it changes."""

    def noted(model, tokenizer, prompts, candidates, **options):
        Path(folder, str(os.getpid())).write_text(str(len(candidates)))
        return sample_texts(model, tokenizer, prompts, candidates, **options)

    _lm_workers.sample_texts = noted


def restore():
    """Undo `watch` and `die_once`. Run on a worker."""
    _lm_workers.sample_texts = sample_texts


def die_once(marker):
    """End the first worker that has sampled half of its piece. Run on a worker, whose module it changes."""

    def deadly(model, tokenizer, prompts, candidates, **options):
        half = len(candidates) // 2
        first = sample_texts(model, tokenizer, prompts, candidates[:half], **options)
        try:
            Path(marker).touch(exist_ok=False)
        except FileExistsError:
            return first + sample_texts(model, tokenizer, prompts, candidates[half:], **options)
        os.kill(os.getpid(), signal.SIGKILL)

    _lm_workers.sample_texts = deadly


def test_workers_of_dask_write_the_same_texts(patched, generator, tmp_path):
    patched(watch, str(tmp_path))
    here, there = here_and_there(generator)
    assert there == here
    assert any(here["fare"])
    pieces = {int(path.name): int(path.read_text()) for path in tmp_path.iterdir()}
    assert os.getpid() not in pieces
    assert sorted(pieces.values()) == [16, 16]  # the first candidate of a class is its label


def test_a_folder_that_no_worker_sees_is_an_error(cluster, generator):
    shutil.rmtree(generator._folder.path(generator.model_, generator.tokenizer_))
    with (
        parallel_config(backend="dask"),
        pytest.raises(FileNotFoundError, match="Let TMPDIR name a folder that all machines share"),
    ):
        generator.set_params(n_jobs=-1).sample(SPANS, random_state=0)


class LabelerThatNotesItsProcess(ClassifierMixin, BaseEstimator):
    """Predict a text's first word."""

    def fit(self, X, y):
        self.classes_, self.process_ = np.unique(y), os.getpid()
        return self

    def predict(self, X):
        self.asked_in_ = os.getpid()
        return np.array([text.split()[0] for text in X], dtype=object)


def test_labelers_stay_in_this_process(cluster, corpus):
    with parallel_config(backend="dask"):
        ensemble = LabelerEnsemble(estimators=[LabelerThatNotesItsProcess()] * 3, n_jobs=-1).fit(*corpus)
        assert ensemble.judge(["meal question", "fare"], ["meal", "meal"])[2].tolist() == [True, False]
    assert {(member.process_, member.asked_in_) for member in ensemble.estimators_} == {(os.getpid(),) * 2}


def test_resampler_makes_the_same_rows_on_a_cluster(cluster, generator, corpus):
    def resample():
        resampler = BalaGenResampler(
            generator=generator, labelers=[LabelerThatNotesItsProcess()], generated_share=1.0, random_state=0
        )
        return *resampler.fit_resample(*corpus), resampler.candidates_

    generator.set_params(n_jobs=1)
    X, y, candidates = resample()
    generator.set_params(n_jobs=-1)
    with parallel_config(backend="dask"):
        X_there, y_there, candidates_there = resample()
    assert (X_there, y_there) == (X, y)
    assert (candidates["source"] == "generated").sum() > 20
    pd.testing.assert_frame_equal(candidates_there, candidates)


def test_cells_of_the_benchmark_run_on_a_cluster(cluster, tmp_path):
    def rows(name):
        run(["shop"], ["none", "ros"], ["tfidf"], [0], tmp_path / name, n_jobs=-1, progress=None)
        scores = [(row["method"], row["correct"], row["n_resampled"]) for row in read_rows(tmp_path / name)]
        return sorted(scores)

    with parallel_config(backend="dask"):
        there = rows("there.jsonl")
    with parallel_config(backend="sequential"):
        assert rows("here.jsonl") == there


def test_a_killed_worker_loses_nothing(patched, generator, tmp_path):
    patched(die_once, str(tmp_path / "dead"))
    here, there = here_and_there(generator)
    assert (tmp_path / "dead").exists()
    assert there == here


def test_workers_of_ray_write_the_same_texts(generator):
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        register_ray()
        here, there = here_and_there(generator, backend="ray")
    finally:
        ray.shutdown()
    assert there == here


@pytest.mark.model
def test_embedded_model_writes_the_same_texts_on_a_cluster(cluster):
    X, y = ORDERS + REFUNDS, ["order_status"] * 8 + ["refund_status"] * 8
    generator = CausalLMGenerator(random_state=0, epochs=1, max_tokens=32, device="cpu").fit(X, y)
    here, there = here_and_there(generator, {"order_status": range(5), "refund_status": range(5)})
    if generator.model_.dtype is torch.bfloat16:
        assert there == here
    assert [text is None for text in there["refund_status"]].count(True) < 5
