"""The component cache: what is kept, what is not shared, and who waits."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import joblib
import pytest

from skbalagen import ComponentCache, LabelerEnsemble
from tests.fakes import CountingGenerator
from tests.fakes import make_counted as make
from tests.fakes import word_labeler as labeler


class Failing(CountingGenerator):
    def fit(self, X, y):
        raise RuntimeError("power cut")


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
