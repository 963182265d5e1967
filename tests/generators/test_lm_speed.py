"""How long a language model takes, from a few steps of it on a clock that the test moves."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import CausalLMGenerator
from skbalagen.generators import _lm_speed
from skbalagen.generators._lm_rows import TrainingRows

X = [f"flight question number {i}" for i in range(12)] + ["fare question red"] * 3 + ["fare blue"]
Y = ["flight"] * 12 + ["fare"] * 4
PER_TOKEN = 0.01  # seconds of training


@pytest.fixture
def machine(clock, monkeypatch):
    """A machine on which a token takes 10 ms to be learned, and a step of sampling 0.4 s and 5 ms per text."""
    loss = TrainingRows.loss

    def learn(self, model, rows):
        clock.now += PER_TOKEN * int(self.lengths[rows].sum())
        return loss(self, model, rows)

    def sample(model, tokenizer, prompts, candidates, *, max_tokens, n_jobs, **options):
        clock.now += max_tokens * (0.4 + 0.005 * len(candidates) / (n_jobs or 1))
        return [None] * len(candidates)

    monkeypatch.setattr(TrainingRows, "loss", learn)
    monkeypatch.setattr(_lm_speed, "sample_in_workers", sample)
    monkeypatch.setattr(_lm_speed, "n_workers", lambda n_jobs: n_jobs or 1)
    return clock


def expected(tiny_gpt2, n_candidates=0, **parameters):
    generator = CausalLMGenerator(model=str(tiny_gpt2), random_state=0, **({"n_jobs": 1} | parameters))
    return _lm_speed.expected_seconds(generator, X, Y, n_candidates)


def tokens(n_of_three=1):
    """Return the tokens of an epoch, the end counted: prompt and colon, then the words."""
    return 12 * (2 + 5) + n_of_three * (2 + 4) + (2 + 3)


def test_training_takes_as_long_as_all_tokens_of_all_epochs(machine, tiny_gpt2):
    assert expected(tiny_gpt2, epochs=1)[0] == pytest.approx(PER_TOKEN * tokens())
    assert expected(tiny_gpt2, epochs=5)[0] == pytest.approx(5 * PER_TOKEN * tokens())


def test_rows_that_an_epoch_does_not_draw_do_not_count(machine, tiny_gpt2):
    all_copies = expected(tiny_gpt2, epochs=1, max_copies=None)[0]
    assert all_copies > PER_TOKEN * tokens(n_of_three=2) - 1e-9
    once = expected(tiny_gpt2, epochs=1)[0]
    assert expected(tiny_gpt2, epochs=1, max_rows=2)[0] < once / 2


def test_the_trial_takes_seconds_however_slow_the_machine_is(machine, tiny_gpt2, monkeypatch):
    monkeypatch.setattr("tests.generators.test_lm_speed.PER_TOKEN", 10.0)
    before = machine.now
    seconds, _ = expected(tiny_gpt2, epochs=3, batch_size=4)
    assert machine.now - before < 10 * 4 * 7 + 30  # one step of four rows, and what is sampled
    assert seconds == pytest.approx(3 * 10 * tokens())


def test_candidates_take_their_steps_and_their_texts(machine, tiny_gpt2):
    n_text = np.array([5] * 12 + [4, 3])  # of the distinct rows
    mean, longest = n_text.mean(), np.quantile(n_text, 0.99)
    n_steps = 3000 * mean / 128 + 3 * (longest - mean)
    assert expected(tiny_gpt2, 3000)[1] == pytest.approx(0.4 * n_steps + 0.005 * 3000 * mean)


def test_workers_share_the_candidates(machine, tiny_gpt2):
    alone, shared = (expected(tiny_gpt2, 12_000, n_jobs=n)[1] for n in (1, 2))
    assert shared == pytest.approx(alone / 2, rel=0.01)


def test_fewer_candidates_fill_smaller_batches(machine, tiny_gpt2):
    few, many = expected(tiny_gpt2, 60)[1], expected(tiny_gpt2, 6000)[1]
    assert few > many / 100


def test_the_trial_is_a_few_steps_of_each(machine, tiny_gpt2):
    before = machine.now
    expected(tiny_gpt2, 6000)
    learned = 3 * 8 * 7 * PER_TOKEN  # three batches of at most eight rows of seven tokens
    written = (1 + 4 + 4) * 0.4 + (8 + 4 * 8 + 4 * 48) * 0.005
    assert machine.now - before <= learned + written + 1e-9


@pytest.mark.model
def test_the_embedded_model_gives_an_estimate():
    training, sampling = _lm_speed.expected_seconds(CausalLMGenerator(n_jobs=1), X, Y, 10)
    assert 0 < training < 3600
    assert 0 < sampling < 3600
