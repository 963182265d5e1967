"""The training loop on small models: what it learns, when it stops, and how the rate runs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen._torch import trainer
from skbalagen._torch.device import torch_seed
from skbalagen._torch.trainer import fine_tune
from skbalagen._utils.time_limit import time_limit


def _regression(validation=None, **kwargs):
    """Fit y = 2 x by gradient descent; return the model and the history."""
    with torch_seed(0):
        model = torch.nn.Linear(1, 1)
    x = torch.linspace(-1, 1, 40)[:, None]

    def loss(rows):
        return ((model(x[rows]).float() - 2 * x[rows]) ** 2).mean()

    options = {"epochs": 30, "batch_size": 8, "learning_rate": 0.1, "weight_decay": 0.0}
    history = fine_tune(
        model,
        loss,
        np.ones(40),
        draws=lambda rng: np.arange(40),
        validation=validation(model) if validation else None,
        rng=np.random.default_rng(0),
        **(options | kwargs),
    )
    return model, history


def test_fine_tune_learns():
    model, history = _regression()
    assert model.weight.item() == pytest.approx(2, abs=0.05)
    assert history.train_loss[-1] < 0.01 * history.train_loss[0]
    assert (history.n_steps, history.best_epoch, history.stopped) == (150, 30, "epochs")
    assert not model.training


def test_fine_tune_stops_early_and_restores_the_best_weights():
    seen = []

    def validation(model):
        losses = iter([3.0, 1.0, 2.0, 4.0, 0.0])

        def measure():
            seen.append(model.weight.item())
            return next(losses)

        return measure

    model, history = _regression(validation, patience=2)
    assert history.validation_loss == [3.0, 1.0, 2.0, 4.0]
    assert (history.stopped, history.best_epoch) == ("early_stopping", 2)
    assert model.weight.item() == seen[1]


def test_fine_tune_is_a_function_of_its_seed():
    a, b = (_regression(epochs=2)[0].weight.item() for _ in range(2))
    assert a == b


def test_parts_of_a_batch_learn_what_the_whole_batch_does():
    lengths = np.array([3, 1, 2, 5, 4, 1])
    items = [torch.arange(float(n)) + i for i, n in enumerate(lengths)]
    sizes = []

    def learned(tokens_at_once):
        model = torch.nn.Linear(1, 1, bias=False)
        model.weight.data.fill_(0.5)

        def loss(rows):
            sizes.append(len(rows) * lengths[rows].max())
            return ((model.weight * torch.cat([items[r] for r in rows]) - 1) ** 2).mean()

        options = {"epochs": 2, "batch_size": 6, "learning_rate": 0.1, "rng": np.random.default_rng(0)}
        history = fine_tune(
            model,
            loss,
            lengths,
            draws=lambda rng: np.arange(6),
            counts=lengths,
            tokens_at_once=tokens_at_once,
            **options,
        )
        return model.weight.item(), history.train_loss

    whole, whole_loss = learned(1000)
    assert sizes == [30, 30]
    sizes.clear()
    parts, parts_loss = learned(8)
    assert len(sizes) > 4
    assert max(sizes) <= 8
    assert parts == pytest.approx(whole, abs=1e-6)
    assert parts_loss == pytest.approx(whole_loss, abs=1e-6)


def test_fine_tune_keeps_the_last_weights_while_the_validation_improves():
    def validation(model):
        losses = iter([3.0, 2.0, 1.0])
        return lambda: next(losses)

    _, history = _regression(validation, epochs=3)
    assert (history.stopped, history.best_epoch, history.n_steps) == ("epochs", 3, 15)


def test_fine_tune_survives_a_validation_loss_that_is_no_number():
    model, history = _regression(lambda model: lambda: float("nan"), epochs=4, patience=3)
    assert history.best_epoch == 4
    assert np.isfinite(model.weight.item())


def test_fine_tune_validates_in_evaluation_mode_without_gradients():
    modes = []

    def validation(model):
        return lambda: modes.append((model.training, torch.is_grad_enabled())) or 1.0

    _regression(validation, epochs=1)
    assert modes == [(False, False)]


def test_the_rate_rises_to_its_peak_and_falls_to_zero(monkeypatch):
    rates = []
    clip = torch.nn.utils.clip_grad_norm_
    made = []
    build = trainer._optimizer

    def remember(*args):
        made.append(build(*args))
        return made[-1]

    def record(parameters, norm):
        rates.append(made[0].param_groups[0]["lr"])
        return clip(parameters, norm)

    monkeypatch.setattr(trainer, "_optimizer", remember)
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", record)
    _regression(epochs=4, learning_rate=0.2, warmup=0.25)  # 4 epochs of 5 steps, 5 of them warm-up
    expected = [0.2 * min((step + 1) / 5, (20 - step) / 15) for step in range(20)]
    assert rates == pytest.approx(expected)
    assert max(rates) == pytest.approx(0.2)


def test_weights_decay_but_biases_and_norms_do_not_and_a_head_may_learn_faster():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.LayerNorm(2), torch.nn.Linear(2, 1))
    optimizer = trainer._optimizer(list(model.parameters()), 0.1, 0.5, {id(model[2].weight): 10.0})
    settings = {
        id(p): (group["weight_decay"], group["lr"])
        for group in optimizer.param_groups
        for p in group["params"]
    }
    assert settings[id(model[0].weight)] == (0.5, 0.1)
    assert settings[id(model[0].bias)] == (0.0, 0.1)
    assert settings[id(model[1].weight)] == (0.0, 0.1)
    assert settings[id(model[2].weight)] == (0.5, 1.0)
    assert len(settings) == 6


def test_frozen_parameters_are_not_trained():
    with torch_seed(0):
        model = torch.nn.Linear(1, 1)
    model.bias.requires_grad_(False)
    before = model.bias.item()
    fine_tune(
        model,
        lambda rows: ((model(torch.ones(len(rows), 1)) - 3) ** 2).mean(),
        np.ones(8),
        draws=lambda rng: np.arange(8),
        epochs=3,
        batch_size=4,
        learning_rate=0.1,
        rng=np.random.default_rng(0),
    )
    assert model.bias.item() == before


def test_rows_that_are_drawn_twice_count_twice():
    seen = []
    model = torch.nn.Linear(1, 1)

    def loss(rows):
        seen.extend(rows.tolist())
        return (model(torch.ones(len(rows), 1)) ** 2).mean()

    history = fine_tune(
        model,
        loss,
        np.ones(5),
        draws=lambda rng: np.array([0, 3, 3]),
        epochs=2,
        batch_size=2,
        learning_rate=0.1,
        rng=np.random.default_rng(0),
    )
    assert sorted(seen) == [0, 0, 3, 3, 3, 3]
    assert history.n_steps == 4


def test_dropout_follows_the_seed_and_leaves_the_global_state_alone():
    def learned(seed):
        with torch_seed(0):
            model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1))
        x = torch.ones(16, 4)
        fine_tune(
            model,
            lambda rows: (model(x[rows]) ** 2).mean(),
            np.ones(16),
            draws=lambda rng: np.arange(16),
            epochs=1,
            batch_size=16,
            learning_rate=0.1,
            rng=np.random.default_rng(seed),
        )
        return model[2].weight.tolist()

    before = torch.get_rng_state()
    assert learned(0) == learned(0)
    assert learned(0) != learned(1)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_an_error_at_once(bad):
    model, seen = torch.nn.Linear(1, 1), []

    def loss(rows):
        seen.append(len(rows))
        return model(torch.ones(len(rows), 1)).square().mean() * (bad if len(seen) == 3 else 1.0)

    with pytest.raises(FloatingPointError, match=rf"got loss {bad} at step 3 of 8 .*=0.1. Use a lower"):
        fine_tune(
            model,
            loss,
            np.ones(16),
            draws=lambda rng: np.arange(16),
            epochs=2,
            batch_size=4,
            learning_rate=0.1,
            rng=np.random.default_rng(0),
        )
    assert len(seen) == 3


def test_a_huge_rate_is_an_error():
    with pytest.raises(FloatingPointError, match=r"learning_rate=1e\+30"):
        _regression(epochs=2, learning_rate=1e30)


def test_draws_that_are_not_ahead_see_what_was_learned():
    with torch_seed(0):
        model = torch.nn.Linear(1, 1)
    seen = []

    def draws(rng):
        seen.append(model.weight.item())
        return np.arange(8)

    def train(drawn_ahead):
        seen.clear()
        fine_tune(
            model,
            lambda rows: ((model(torch.ones(len(rows), 1)) - 3) ** 2).mean(),
            np.ones(8),
            draws=draws,
            drawn_ahead=drawn_ahead,
            epochs=3,
            batch_size=4,
            learning_rate=0.1,
            rng=np.random.default_rng(0),
        )
        return len(set(seen))

    assert train(drawn_ahead=True) == 1
    assert train(drawn_ahead=False) == 3


def test_a_penalty_counts_once_per_step_whatever_the_parts():
    def learned(tokens_at_once):
        model = torch.nn.Linear(1, 1, bias=False)
        model.weight.data.fill_(1.0)
        history = fine_tune(
            model,
            lambda rows: (model(torch.ones(len(rows), 1)) * 0).mean(),
            np.full(4, 10),
            draws=lambda rng: np.arange(4),
            penalty=lambda: 0.5 * (model.weight**2).sum(),
            epochs=3,
            batch_size=4,
            learning_rate=0.1,
            weight_decay=0.0,
            tokens_at_once=tokens_at_once,
            rng=np.random.default_rng(0),
        )
        return model.weight.item(), history.train_loss

    whole, parts = learned(1000), learned(10)
    assert whole == parts
    assert whole[1][0] == 0.5
    assert whole[0] < 1.0


def test_memory_is_returned_every_32_steps_and_at_the_end(monkeypatch):
    calls = []
    monkeypatch.setattr(trainer, "return_memory", lambda: calls.append(1))
    _regression(epochs=1, batch_size=1)  # 40 steps
    assert len(calls) == 2


def test_hooks_say_when_an_epoch_begins_and_a_step_ends():
    seen = []
    model = torch.nn.Linear(1, 1)
    fine_tune(
        model,
        lambda rows: seen.append("part") or (model(torch.ones(len(rows), 1)) ** 2).mean(),
        np.full(4, 10),
        draws=lambda rng: np.arange(4),
        on_epoch_start=lambda epoch: seen.append(epoch),
        on_step_end=lambda: seen.append("step"),
        epochs=2,
        batch_size=4,
        learning_rate=0.1,
        tokens_at_once=20,
        rng=np.random.default_rng(0),
    )
    assert seen == [1, "part", "part", "step", 2, "part", "part", "step"]


def on_the_clock(clock, seconds_per_step=1.0, **kwargs):
    """Train for 30 epochs of 5 steps, each of which takes some seconds."""

    def tick():
        clock.now += seconds_per_step

    return _regression(on_step_end=tick, **kwargs)


@pytest.mark.parametrize(
    ("seconds", "n_steps", "n_whole"),
    [
        (12, 10, 2),  # a third epoch of five seconds would not fit
        (15, 15, 3),
        (3, 3, 0),  # not even the first fits: it ends within
        (0, 1, 0),
    ],
)
def test_training_ends_with_the_last_epoch_that_fits_the_limit(clock, seconds, n_steps, n_whole):
    states = []
    with time_limit(seconds):
        model, history = on_the_clock(clock, on_epoch_end=states.append)
    assert (history.stopped, history.n_steps) == ("time", n_steps)
    assert len(history.train_loss) == max(n_whole, 1)
    assert [state.epoch for state in states] == list(range(1, n_whole + 1))
    assert not model.training


def test_training_within_the_limit_is_that_without(clock):
    with time_limit(150):
        model, history = on_the_clock(clock)
    other, same = _regression()
    assert history == same
    assert history.stopped == "epochs"
    assert torch.equal(model.weight, other.weight)


def test_training_that_was_cut_goes_on_to_the_same_weights(clock):
    states = []
    with time_limit(12):
        on_the_clock(clock, on_epoch_end=states.append)
    resumed, history = _regression(resume=states[-1])
    whole, expected = _regression()
    assert history == expected
    assert torch.equal(resumed.weight, whole.weight)


def test_the_best_weights_are_kept_when_time_is_up(clock):
    losses = iter([1.0, 2.0, 3.0])
    with time_limit(15):
        _, history = on_the_clock(clock, validation=lambda model: lambda: next(losses), patience=5)
    assert (history.stopped, history.best_epoch) == ("time", 1)
