"""A few hundred cases of tools/fuzz.py, and that it finds what it looks for."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

TOOLS = Path(__file__).parents[1] / "tools"


def test_a_few_hundred_cases_find_nothing():
    run = subprocess.run(
        [sys.executable, str(TOOLS / "fuzz.py"), "--n", "260", "--seed", "7"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert (run.returncode, run.stdout.splitlines()[-1].endswith(": 0 findings")) == (0, True), (
        run.stdout + run.stderr
    )


@pytest.fixture
def fuzz(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import fuzz

    yield fuzz
    for name in [name for name in sys.modules if name.split("_")[0] == "fuzz"]:
        monkeypatch.delitem(sys.modules, name)


def kinds(fuzz, case, seconds=5.0):
    return [finding.kind for finding in fuzz.run_case("a case", case, 0, seconds)]


def test_a_case_that_is_right_gives_no_finding(fuzz):
    assert kinds(fuzz, lambda rng: rng.random()) == []


def test_a_bare_exception_is_found(fuzz):
    assert kinds(fuzz, lambda rng: {}["missing"]) == ["exception"]
    assert kinds(fuzz, lambda rng: int("three")) == ["exception"]


def test_valid_input_that_is_refused_is_found(fuzz):
    from skbalagen import PercentilePolicy

    assert kinds(fuzz, lambda rng: PercentilePolicy(beta_low=-1)) == ["valid input refused"]


def test_a_wrong_result_is_found(fuzz):
    from fuzz_oracle import expect, must_refuse

    assert kinds(fuzz, lambda rng: expect(False, "wrong")) == ["wrong result"]
    assert kinds(fuzz, lambda rng: must_refuse(lambda: 3, "input")) == ["wrong result"]


def test_a_random_state_that_was_touched_is_found(fuzz):
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - restored below
    try:
        assert kinds(fuzz, lambda rng: random.random()) == ["random state"]
        assert kinds(fuzz, lambda rng: np.random.rand()) == ["random state"]  # noqa: NPY002
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="there is no alarm on Windows")
def test_a_case_that_hangs_is_found(fuzz):
    assert kinds(fuzz, lambda rng: time.sleep(30), seconds=0.02) == ["hang"]

    def work(rng):
        while True:
            rng.random()

    assert kinds(fuzz, work, seconds=0.02) == ["hang"]


@pytest.fixture
def balanced(corpus):
    from tests.fakes import make_resampler

    X, y = corpus
    resampler = make_resampler()
    return (resampler, X, y, *resampler.fit_resample(X, y))


def test_the_oracle_passes_a_data_set_that_was_balanced(fuzz, balanced):
    from fuzz_oracle import check_balanced

    check_balanced(*balanced)


@pytest.mark.parametrize(
    ("row", "text", "found"),
    [
        (0, "another", "row 0 changed"),
        (-5, "flight question number 0", "repeats a row"),
        (-5, " ", "is blank"),
    ],
)
def test_the_oracle_finds_a_text_that_breaks_the_contract(fuzz, balanced, row, text, found):
    from fuzz_oracle import WrongResult, check_balanced

    resampler, X, y, X_new, y_new = balanced
    assert resampler.is_synthetic_[-5:].all()
    X_new[row] = text
    with pytest.raises(WrongResult, match=found):
        check_balanced(resampler, X, y, X_new, y_new)


def test_the_oracle_finds_lost_rows_and_another_container(fuzz, balanced):
    from fuzz_oracle import WrongResult, check_balanced

    resampler, X, y, X_new, y_new = balanced
    with pytest.raises(WrongResult, match="lengths differ"):
        check_balanced(resampler, X, y, X_new[1:], y_new)
    with pytest.raises(WrongResult, match="came back as"):
        check_balanced(resampler, X, y, tuple(X_new), y_new)
    resampler.report_.loc["meal", "n_after"] += 1
    with pytest.raises(WrongResult, match="n_after of 'meal' is 7, got 6"):
        check_balanced(resampler, X, y, X_new, y_new)
