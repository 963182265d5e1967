"""How long a run takes, in words, and from what."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.utils import check_random_state

from skbalagen import CausalLMGenerator, GeneratorUnion
from skbalagen._utils.progress import progress_bar, progress_shown
from skbalagen.balagen import estimate as module
from skbalagen.balagen.estimate import Estimate, estimate, expected_candidates, expected_time
from tests.fakes import FirstWordLabeler, NumberedGenerator
from tests.fakes import make_resampler as make


@pytest.mark.parametrize(
    ("wanted", "budget", "n"),
    [({"a": 20, "b": 2}, 1000, 55), ({"a": 20}, 30, 30), ({"a": 0}, 30, 0), ({}, 0, 0), ({"a": 1}, 9, 3)],
)
def test_two_of_five_candidates_are_expected_to_be_accepted(wanted, budget, n):
    assert expected_candidates(wanted, budget) == n


def test_an_estimate_is_a_sentence_in_minutes():
    expected = Estimate(n_candidates=400, training=90.0, candidates=60.0, labelers=20.0)
    assert expected.seconds == 170
    assert str(expected) == "About 3 minutes: fine-tuning 1.5, about 400 candidates 1.0, labelers 0.3."
    assert str(Estimate(1, 1.0, 0.0, 0.0)).startswith(
        "About 1 minute: fine-tuning 0.0, about 1 candidate 0.0"
    )


class TimedLabeler(FirstWordLabeler):
    """A second per row to learn, half of one per text to judge."""

    clock = None

    def fit(self, X, y):
        TimedLabeler.clock.now += len(X)
        return super().fit(X, y)

    def predict(self, X):
        TimedLabeler.clock.now += len(X) / 2
        return super().predict(X)


@pytest.fixture
def asked(monkeypatch):
    """Have the language model say 30 and 12 seconds; note what it was asked."""
    calls = []
    monkeypatch.setattr(module, "expected_seconds", lambda *args: calls.append(args) or (30.0, 12.0))
    return calls


def arrays(corpus):
    return tuple(np.array(part, dtype=object) for part in corpus)


TARGETS = {"city": 6, "meal": 6, "fare": 6, "flight": 12}


def test_the_parts_of_a_run_are_asked_about_what_it_would_do(asked, clock, corpus, tiny_gpt2):
    TimedLabeler.clock = clock
    X, y = arrays(corpus)
    resampler = make(
        generator=CausalLMGenerator(model=str(tiny_gpt2)), labelers=[TimedLabeler()], generated_share=1.0
    )
    expected = estimate(resampler, X, y, TARGETS)
    # 7 rows are wanted, and D_S has 30; each row of it is learned in a second, and each candidate judged in half of one.
    assert expected == Estimate(n_candidates=18, training=30.0, candidates=12.0, labelers=30 + 18 / 2)
    ((generator, texts, labels, n_candidates),) = asked
    assert isinstance(generator, CausalLMGenerator)
    assert (len(texts), len(labels), n_candidates) == (30, 30, 18)


def test_the_advice_of_the_generator_and_the_budget_count(asked, corpus, tiny_gpt2):
    X, y = arrays(corpus)
    model = CausalLMGenerator(model=str(tiny_gpt2))
    assert estimate(make(generator=model, labelers=[]), X, y, TARGETS) == Estimate(10, 30.0, 12.0, 0.0)
    limited = make(generator=model, labelers=[], max_candidates=0.5)
    assert estimate(limited, X, y, TARGETS).n_candidates == 6


def test_the_language_models_of_several_generators_are_added_up(asked, corpus, tiny_gpt2):
    X, y = arrays(corpus)
    first, second = (CausalLMGenerator(model=str(tiny_gpt2), epochs=n) for n in (1, 2))
    union = GeneratorUnion([("a", first), ("chain", NumberedGenerator()), ("b", second)], shares=[2, 1, 1])
    expected = estimate(make(generator=union, labelers=[], generated_share=1.0), X, y, TARGETS)
    assert expected == Estimate(n_candidates=18, training=60.0, candidates=24.0, labelers=0.0)
    assert [(call[0].epochs, call[-1]) for call in asked] == [(1, 9), (2, 5)]


def test_of_a_list_of_generators_each_writes_as_much(asked, corpus, tiny_gpt2):
    X, y = arrays(corpus)
    given = ["eda", CausalLMGenerator(model=str(tiny_gpt2))]
    assert estimate(make(generator=given, labelers=[], generated_share=1.0), X, y, TARGETS).n_candidates == 18
    assert [call[-1] for call in asked] == [9]
    asked.clear()
    assert estimate(make(generator=["eda", "markov-chain"]), X, y, TARGETS) is None
    assert asked == []


def test_a_member_that_would_have_to_be_fetched_is_named(asked, corpus, own_cache):
    X, y = arrays(corpus)
    resampler = make(generator=["eda", CausalLMGenerator()])
    assert "once the model SmolLM2-135M-Instruct is on" in expected_time(resampler, X, y, TARGETS)


def test_labelers_are_timed_on_some_of_many_rows(asked, clock, tiny_gpt2):
    TimedLabeler.clock = clock
    y = np.array(["a"] * 3000 + ["b"] * 2, dtype=object)
    X = np.array([f"{label} row {i}" for i, label in enumerate(y)], dtype=object)
    resampler = make(
        generator=CausalLMGenerator(model=str(tiny_gpt2)), labelers=[TimedLabeler()], balance_training=None
    )
    before = clock.now
    expected = estimate(resampler, X, y, {"a": 3000, "b": 22})
    assert clock.now - before < 500
    assert expected.labelers == pytest.approx(3002 + 25 / 2)


@pytest.mark.parametrize("generator", [NumberedGenerator(), "sample-copy", "eda"])
def test_generators_that_take_no_time_are_not_asked(asked, corpus, generator):
    X, y = arrays(corpus)
    resampler = make(generator=generator)
    assert estimate(resampler, X, y, TARGETS) is None
    assert expected_time(resampler, X, y, TARGETS) == ""
    assert asked == []


def test_where_nothing_is_to_be_generated_nothing_is_said(asked, corpus, tiny_gpt2):
    X, y = arrays(corpus)
    resampler = make(generator=CausalLMGenerator(model=str(tiny_gpt2)))
    assert expected_time(resampler, X, y, {"flight": 12, "fare": 6, "meal": 3, "city": 2}) == ""
    assert asked == []


@pytest.mark.filterwarnings("error")
def test_the_trial_leaves_the_global_random_state_alone_and_shows_and_warns_of_nothing(
    monkeypatch, corpus, tiny_gpt2, capsys
):
    class Noisy(FirstWordLabeler):
        def __init__(self, *, veto=None, random_state=None):
            super().__init__(veto=veto)
            self.random_state = random_state

        def fit(self, X, y):
            check_random_state(self.random_state).rand()
            warnings.warn("few rows", stacklevel=2)
            return super().fit(X, y)

    def with_a_bar(*args):
        list(progress_bar(range(3), title="trial", unit="step"))
        return 1.0, 1.0

    monkeypatch.setattr(module, "expected_seconds", with_a_bar)
    X, y = arrays(corpus)
    resampler = make(generator=CausalLMGenerator(model=str(tiny_gpt2)), labelers=[Noisy()])
    before = check_random_state(None).get_state()[1].tolist()
    with progress_shown(1):
        assert estimate(resampler, X, y, TARGETS) is not None
    assert check_random_state(None).get_state()[1].tolist() == before
    assert capsys.readouterr().err == ""


def test_the_model_of_the_default_labelers_is_not_fetched_either(asked, corpus, tiny_gpt2, own_cache):
    X, y = arrays(corpus)
    resampler = make(generator=CausalLMGenerator(model=str(tiny_gpt2)), labelers=None)
    assert "once the model all-MiniLM-L6-v2 is on" in expected_time(resampler, X, y, TARGETS)
    assert asked == []
    assert list(own_cache.iterdir()) == []


def test_a_model_that_would_have_to_be_fetched_is_not(asked, corpus, own_cache):
    X, y = arrays(corpus)
    assert estimate(make(generator=None), X, y, TARGETS) is None
    assert expected_time(make(generator=None), X, y, TARGETS) == (
        "How long it takes can be said once the model SmolLM2-135M-Instruct is on this machine (skbalagen download)."
    )
    assert list(own_cache.iterdir()) == []


@pytest.mark.filterwarnings("ignore::skbalagen.ShortfallWarning")
def test_verbose_says_it_before_the_work_unless_the_work_is_kept(asked, corpus, tiny_gpt2, tmp_path, capsys):
    model = CausalLMGenerator(model=str(tiny_gpt2), epochs=1, max_tokens=12)
    resampler = make(generator=model, labelers=[], verbose=1, memory=tmp_path / "kept")
    resampler.fit_resample(*corpus)
    assert "About 1 minute: fine-tuning 0.5, about 10 candidates 0.2" in capsys.readouterr().err
    resampler.fit_resample(*corpus)
    assert "About" not in capsys.readouterr().err
    assert len(asked) == 1
