"""A run with max_minutes is done in time, with the best it has, and says so."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from skbalagen import CausalLMGenerator, ShortfallWarning
from skbalagen._utils.time_limit import seconds_left
from skbalagen.balagen.time_budget import TimeBudget, TimedGenerator
from tests.fakes import NumberedGenerator
from tests.fakes import make_resampler as make


def test_without_a_limit_there_is_no_end():
    budget = TimeBudget()
    assert (budget.is_spent, budget.for_training) == (False, float("inf"))
    assert budget.begin_round(sys.maxsize) == sys.maxsize


def test_time_runs_from_the_moment_it_is_made(clock):
    budget = TimeBudget(0.5)
    clock.now += 10
    assert (budget.seconds_left, budget.is_spent) == (20, False)
    assert budget.for_training == pytest.approx(12)
    clock.now += 20
    assert budget.is_spent


def test_rounds_are_small_at_first_and_then_as_large_as_time_is_left_for(clock):
    budget = TimeBudget(1)
    assert budget.begin_round(10) == 10
    assert budget.begin_round(1000) == 64
    clock.now += 32
    budget.end_round(64)  # half a second each, and 28 seconds are left
    assert budget.begin_round(1000) == 56
    clock.now += 5.6
    budget.end_round(56)  # a tenth of a second each: 224 of them
    assert budget.begin_round(1000) == 224
    clock.now += 22
    budget.end_round(10)
    assert budget.begin_round(1000) == 1


def test_a_round_is_never_so_large_that_a_wrong_guess_would_cost_minutes(clock):
    budget = TimeBudget(60)
    budget.begin_round(1000)
    clock.now += 0.001
    budget.end_round(64)  # read from a cache
    assert budget.begin_round(10_000) == 256


class Slow(NumberedGenerator):
    """Takes some seconds for its fit, and for each candidate."""

    def __init__(self, *, clock=None, fit_seconds=0.0, seconds=0.0, fail_every=None, random_state=None):
        super().__init__(fail_every=fail_every, random_state=random_state)
        self.clock = clock
        self.fit_seconds = fit_seconds
        self.seconds = seconds

    def __sklearn_clone__(self):  # its clock is that of the test
        return Slow(**self.get_params(deep=False))

    def fit(self, X, y):
        self.left_ = seconds_left()
        self.clock.now += self.fit_seconds
        return super().fit(X, y)

    def sample(self, spans, *, random_state=None):
        self.clock.now += self.seconds * sum(map(len, spans.values()))
        return super().sample(spans, random_state=random_state)


def test_a_generator_is_fitted_within_three_fifths_of_the_time_and_not_at_all_after_it(clock):
    generator = Slow(clock=clock)
    timed = TimedGenerator(generator, TimeBudget(1))
    timed.fit(["a"], ["a"])
    assert generator.left_ == pytest.approx(36)
    assert timed.sample({"a": range(1)}, random_state=0) == {"a": ["a candidate 0 of 0"]}
    clock.now += 60
    late = Slow(clock=clock)
    TimedGenerator(late, timed.budget).fit(["a"], ["a"])
    assert not hasattr(late, "fitted_on_")


WANTED = {"city": 102, "meal": 203}


def test_reading_ends_when_time_is_up_and_what_was_read_is_used(corpus, clock):
    X, y = corpus
    start = clock.now
    resampler = make(
        generator=Slow(clock=clock, fit_seconds=10, seconds=0.5), sampling_strategy=WANTED, max_minutes=1
    )
    with pytest.warns(
        ShortfallWarning,
        match=r"2 of 2 classes got fewer generated rows than wanted before max_minutes was used up; missing: "
        r"'meal' .* topped up with copies .* Raise max_minutes; with memory= a later run goes on",
    ) as caught:
        _, y_new = resampler.fit_resample(X, y)
    assert len(caught) == 1
    assert clock.now - start == pytest.approx(60, abs=0.5)
    assert Counter(y_new) == {"flight": 12, "fare": 6} | WANTED
    assert len(resampler.candidates_) == resampler.is_synthetic_.sum() == 100
    report = resampler.report_
    assert report["stopped"].to_dict() == {"city": "time", "meal": "time", "fare": "", "flight": ""}
    assert resampler.stopped_ == "time"


def test_no_candidate_is_asked_for_when_the_fit_has_taken_all_the_time(corpus, clock):
    resampler = make(
        generator=Slow(clock=clock, fit_seconds=100),
        sampling_strategy=WANTED,
        max_minutes=1,
        shortfall="keep",
    )
    with pytest.warns(ShortfallWarning, match="before max_minutes was used up.*They stay short"):
        resampler.fit_resample(*corpus)
    assert len(resampler.candidates_) == 0
    assert set(resampler.report_["stopped"]) == {"time", ""}
    assert resampler.stopped_ == "time"


def test_a_shortfall_can_be_an_error_also_when_time_is_up(corpus, clock):
    resampler = make(
        generator=Slow(clock=clock, seconds=9.0), sampling_strategy=WANTED, max_minutes=1, shortfall="raise"
    )
    with pytest.raises(
        ValueError, match=r"before max_minutes was used up.*Raise max_minutes; .*Or set shortfall"
    ):
        resampler.fit_resample(*corpus)


def test_a_run_that_is_done_in_time_says_nothing(corpus, clock):
    resampler = make(generator=Slow(clock=clock, fit_seconds=5, seconds=0.01), max_minutes=1)
    _, y_new = resampler.fit_resample(*corpus)
    assert Counter(y_new) == {"flight": 12, "fare": 6, "meal": 6, "city": 6}
    assert resampler.stopped_ == "done"
    unlimited = make(generator=Slow(clock=clock))
    unlimited.fit_resample(*corpus)
    assert unlimited.stopped_ == "done"
    assert unlimited.generator_.left_ == float("inf")


def test_labels_of_rows_that_have_several_tell_that_time_was_up(clock):
    X = [f"{'red ' * (i % 3 == 0)}{'wine ' * (i % 2)}glass {i}" for i in range(30)]
    y = [[int(i % 3 == 0 and i < 6), i % 2] for i in range(30)]
    resampler = make(
        generator=Slow(clock=clock, seconds=2), sampling_strategy={0: 90}, labelers=[], max_minutes=1
    )
    with pytest.warns(ShortfallWarning, match="before max_minutes was used up"):
        resampler.fit_resample(X, y)
    assert resampler.report_.loc[0, "stopped"] == "time"


@pytest.mark.parametrize("minutes", [0, -1, "1"])
def test_a_limit_that_is_none_is_refused(corpus, minutes):
    with pytest.raises(ValueError, match="'max_minutes' parameter of BalaGenResampler must be"):
        make(max_minutes=minutes).fit_resample(*corpus)


# Fine-tuning


class Ticking(CausalLMGenerator):
    """Each step of its fine-tuning takes a second, and each round of candidates one."""

    clock = None

    def fit(self, X, y):
        import torch

        step = torch.optim.AdamW.step

        def timed(*args, **kwargs):
            Ticking.clock.now += 1
            return step(*args, **kwargs)

        torch.optim.AdamW.step = timed
        try:
            return super().fit(X, y)
        finally:
            torch.optim.AdamW.step = step

    def sample(self, spans, *, random_state=None):
        Ticking.clock.now += 1
        return super().sample(spans, random_state=random_state)


def ticking(clock, tiny_gpt2, **parameters):
    """A resampler that fine-tunes for four epochs of six steps."""
    Ticking.clock = clock
    generator = Ticking(model=str(tiny_gpt2), epochs=4, batch_size=4, max_tokens=12)
    return make(generator=generator, labelers=[], generated_share=1.0, **parameters)


@pytest.mark.filterwarnings("ignore::skbalagen.ShortfallWarning")
def test_fine_tuning_ends_early_and_goes_on_with_the_next_run(corpus, clock, tiny_gpt2, tmp_path):
    X, y = corpus
    whole = ticking(clock, tiny_gpt2)
    expected = whole.fit_resample(X, y)
    n_steps = whole.generator_.history_.n_steps
    assert whole.generator_.history_.stopped == "epochs"

    def cut(memory):
        resampler = ticking(clock, tiny_gpt2, memory=memory, max_minutes=(n_steps / 2 + 1) / 0.6 / 60)
        with pytest.warns(
            UserWarning, match=r"The fine-tuning was cut short by max_minutes.* with memory= a later"
        ):
            resampler.fit_resample(X, y)
        history = resampler.generator_.history_
        assert (history.stopped, history.n_steps, len(history.train_loss)) == ("time", n_steps / 2, 2)
        assert resampler.stopped_ == "time"
        return resampler

    memory = tmp_path / "kept"
    cut(None)
    cut(memory)
    again = ticking(clock, tiny_gpt2, memory=memory)
    before = clock.now
    assert again.fit_resample(X, y) == expected
    assert clock.now - before <= n_steps / 2 + len(again.candidates_)
    assert again.generator_.history_.train_loss == whole.generator_.history_.train_loss
    assert again.stopped_ == "done"
