"""The same rows, whatever computes them: processes, threads, jobs, rounds, hash seeds, locales."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import pytest
from sklearn.base import clone

from skbalagen import (
    BalaGenResampler,
    EDAGenerator,
    LabelerEnsemble,
    MarkovChainGenerator,
    NlpaugGenerator,
    SampleCopyGenerator,
    SentenceInsertionGenerator,
    SentenceShuffleGenerator,
)
from tests.fakes import ORDERS, REFUNDS, word_labeler

ROOT = Path(__file__).parents[1]
X = [*ORDERS, *REFUNDS[:3], "ça coûte combien. où est-il", "wo ist es. bitte", "DİYARBAKIR ışık. straße"]
Y = ["order"] * 8 + ["refund"] * 3 + ["étranger"] * 3


class Reversing:
    """An augmenter that draws from Python's global random state, as those of nlpaug do."""

    def augment(self, text):
        import random

        words = text.split()
        random.shuffle(words)
        return " ".join(words)


GENERATORS = {
    "sample-copy": SampleCopyGenerator(),
    "eda": EDAGenerator(operations=("swap", "delete")),
    "markov-chain": MarkovChainGenerator(order=1),
    "nlpaug": NlpaugGenerator(Reversing()),
    "sentence-shuffle": SentenceShuffleGenerator(),
    "sentence-insertion": SentenceInsertionGenerator(),
}


def resampler(generator="markov-chain", **parameters):
    labelers = LabelerEnsemble(estimators=[word_labeler(), word_labeler()], voting="any")
    made = BalaGenResampler(generator=GENERATORS[generator], labelers=labelers, beta_low=100, random_state=3)
    return made.set_params(**parameters)


def balanced(sampler):
    """Return all that a run says, as one text."""
    with joblib.parallel_config(n_jobs=1):
        texts, labels = sampler.fit_resample(X, Y)
    votes = sampler.candidates_[["text", "label", "votes", "verdict"]].to_numpy().tolist()
    confidence = sampler.candidates_["confidence"].round(9).tolist()
    return ascii([texts, labels, votes, confidence, sampler.report_.to_numpy().tolist()])


def everything():
    """Return what all generators write, and what the resampler makes of it, as one text."""
    spans = {label: range(5, 12) for label in sorted(set(Y))}
    streams = [g.fit(X, Y).sample(spans, random_state=9) for g in map(clone, GENERATORS.values())]
    return ascii(streams) + "".join(balanced(resampler(name)) for name in GENERATORS)


# Half of them with warnings of too few rows: what is written counts, not how much of it.
pytestmark = pytest.mark.filterwarnings("ignore::skbalagen.ShortfallWarning")


@pytest.fixture(scope="module")
def here():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return everything()


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "OMP_NUM_THREADS": "2"},
    ],
    ids=lambda environment: environment["LC_ALL"],
)
def test_another_process_hash_seed_and_locale_give_the_same(here, environment):
    code = (
        "import warnings; warnings.simplefilter('ignore'); from tests.test_determinism import everything; "
        "print(everything())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=240,
        check=True,
    )
    assert run.stdout.strip() == here


def test_four_threads_share_one_resampler():
    shared = resampler()
    alone = clone(shared).fit_resample(X, Y)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: shared.fit_resample(X, Y), range(12)))
    assert all(result == alone for result in results)
    assert (
        len(shared.is_synthetic_)
        == len(shared.source_indices_)
        == len(alone[0])
        == shared.report_["n_after"].sum()
    )


def test_threads_with_rows_of_their_own_get_their_own_results():
    shared = resampler("eda", labelers=[])
    parts = [(X, Y), (X[::-1], Y[::-1]), (ORDERS + REFUNDS[:3], Y[:11])]
    alone = [clone(shared).fit_resample(*part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda part: shared.fit_resample(*part), parts * 4))
    assert results == alone * 4


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
def test_the_number_of_jobs_does_not_matter(n_jobs):
    assert balanced(resampler(n_jobs=n_jobs)) == balanced(resampler())


def test_worker_processes_of_joblib_give_the_same():
    run = joblib.delayed(lambda sampler: sampler.fit_resample(X, Y))
    there = joblib.Parallel(n_jobs=2)(run(resampler(name)) for name in ("eda", "markov-chain"))
    assert there == [resampler(name).fit_resample(X, Y) for name in ("eda", "markov-chain")]


@pytest.mark.parametrize("name", GENERATORS)
def test_a_stream_read_in_pieces_and_by_threads_is_the_same(name):
    fitted = clone(GENERATORS[name]).fit(X, Y)
    whole = fitted.sample({"refund": range(24)}, random_state=1)["refund"]
    with ThreadPoolExecutor(4) as pool:
        pieces = pool.map(
            lambda i: fitted.sample({"refund": range(i, i + 3)}, random_state=1)["refund"], range(0, 24, 3)
        )
    assert [text for piece in pieces for text in piece] == whole


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_labelers_judge_the_same_in_parts_and_in_parallel(n_jobs):
    fitted = LabelerEnsemble(estimators=[word_labeler(), word_labeler()], n_jobs=n_jobs).fit(X, Y)
    votes, confidence, accepted = LabelerEnsemble(estimators=[word_labeler()] * 2).fit(X, Y).judge(X, Y)
    for row in range(len(X)):
        one = fitted.judge(X[row : row + 1], Y[row : row + 1])
        assert (one[0][0] == votes[row]).all()
        assert one[1][0] == pytest.approx(confidence[row], abs=1e-12)
        assert one[2][0] == accepted[row]
