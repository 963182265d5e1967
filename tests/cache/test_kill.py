"""A fine-tuning that is killed at any moment goes on, and ends in the same rows."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from skbalagen import BalaGenResampler, CausalLMGenerator
from skbalagen.generators import causal_lm
from tests.killing import is_thorough, kill_after, run_apart

N_KILLS = 20 if is_thorough() else 1
EPOCHS = 5


class Noting(CausalLMGenerator):
    """Writes a line to a file for each round of candidates."""

    log = Path()

    def sample(self, spans, *, random_state=None):
        note(self.log, "round")
        return super().sample(spans, random_state=random_state)


def note(log, line, *_):
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def resample(log, memory, model, X, y):
    """Return rows and labels; runs in a process of its own, so that nothing has to be put back."""
    Noting.log = log
    causal_lm.fine_tune = partial(causal_lm.fine_tune, on_epoch_start=partial(note, log, "epoch"))
    resampler = BalaGenResampler(
        beta_low=50,
        generator=Noting(model=model, epochs=EPOCHS, max_tokens=12),
        labelers=[],
        generated_share=1.0,
        random_state=0,
        memory=memory,
    )
    return [list(part) for part in resampler.fit_resample(X, y)]


@pytest.fixture(scope="module")
def plain(tiny_gpt2, tmp_path_factory):
    """Return what a run without a cache gives, and the number of its rounds."""
    folder = tmp_path_factory.mktemp("plain")
    sizes = {"flight": 12, "fare": 6, "meal": 3, "city": 2}
    X = [f"{label} question number {i}" for label, n in sizes.items() for i in range(n)]
    y = [text.split()[0] for text in X]
    run = run_apart(resample, str(folder / "log"), None, str(tiny_gpt2), X, y, folder=folder)
    events = (folder / "log").read_text().splitlines()
    assert events.count("epoch") == EPOCHS
    assert len(set(run["result"][0]) - set(X)) > 2  # texts of the model
    return X, y, run["result"], events.count("round")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("seed", range(N_KILLS))
def test_a_kill_at_a_random_moment_costs_one_epoch_or_one_round(plain, tiny_gpt2, log, tmp_path, seed):
    X, y, rows, n_rounds = plain
    folder, rng = tmp_path / "cache", np.random.default_rng(seed)
    arguments = (str(log), str(folder), str(tiny_gpt2), X, y)
    n_events, pause = int(rng.integers(EPOCHS + n_rounds + 1)), float(rng.uniform(0, 0.2))

    def events():
        return log.read_text().splitlines()

    kill_after(
        resample,
        *arguments,
        folder=folder,
        is_time=lambda: len(events()) >= n_events and time.sleep(pause) is None,
    )
    again = run_apart(resample, *arguments, folder=folder)
    assert again["result"] == rows
    assert [said for said in again["warnings"] if "damaged" in said or "kept" in said] == []
    repeated = (events().count("epoch") - EPOCHS, events().count("round") - n_rounds)
    assert repeated in ((0, 0), (1, 0), (0, 1))
    log.write_text("")
    assert run_apart(resample, *arguments, folder=folder)["result"] == rows
    assert events() == []
    assert list(folder.glob("checkpoint-*")) == []
