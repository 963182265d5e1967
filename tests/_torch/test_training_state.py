"""A fine-tuning that is interrupted and goes on ends where one without interruption does."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from skbalagen._torch.device import torch_seed
from skbalagen._torch.trainer import fine_tune
from skbalagen._torch.training_state import BestWeights, TrainingHistory, TrainingState

EPOCHS = 5
VALIDATION = [3.0, 1.0, 2.0, 1.5, 1.2]  # the second epoch is the best


def train(*, validated=False, patience=10, drawn_ahead=True, resume=None, keep=None, stop_after=None):
    """Train a small network with dropout; return its weights and the history."""

    class Interrupted(Exception):
        pass

    with torch_seed(0):
        model = torch.nn.Sequential(
            torch.nn.Linear(3, 8), torch.nn.Dropout(0.5), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 1)
        )
        x = torch.randn(20, 3)
    model[0].bias.requires_grad_(False)
    losses = iter(VALIDATION[resume.epoch if resume else 0 :])

    def on_epoch_end(state):
        if keep is not None:
            keep.append(state)
        if state.epoch == stop_after:
            raise Interrupted

    try:
        history = fine_tune(
            model,
            lambda rows: ((model(x[rows]) - x[rows].sum(1, keepdim=True)) ** 2).mean(),
            np.ones(20),
            draws=lambda rng: rng.integers(0, 20, size=18),
            drawn_ahead=drawn_ahead,
            validation=(lambda: next(losses)) if validated else None,
            patience=patience,
            on_epoch_end=on_epoch_end,
            resume=resume,
            epochs=EPOCHS,
            batch_size=6,
            learning_rate=0.05,
            rng=np.random.default_rng(1),
        )
    except Interrupted:
        return None, None
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}, history


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("drawn_ahead", [False, True])
@pytest.mark.parametrize("stop_after", [1, 3, EPOCHS])
def test_interrupted_and_resumed_is_uninterrupted(tmp_path, validated, drawn_ahead, stop_after):
    options = {"validated": validated, "drawn_ahead": drawn_ahead}
    whole, whole_history = train(**options)
    states = []
    assert train(**options, keep=states, stop_after=stop_after) == (None, None)
    states[-1].write(tmp_path / "state.safetensors")
    resumed, resumed_history = train(**options, resume=TrainingState.read(tmp_path / "state.safetensors"))
    assert resumed_history == whole_history
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_the_hook_and_the_capture_change_nothing():
    states = []
    plain, _ = train()
    watched, _ = train(keep=states)
    assert all(torch.equal(plain[name], watched[name]) for name in plain)
    assert [state.epoch for state in states] == [1, 2, 3, 4, 5]


def test_a_training_that_stopped_early_stays_stopped():
    states = []
    whole, history = train(validated=True, patience=2, keep=states)
    assert (history.stopped, len(states)) == ("early_stopping", 4)
    resumed, resumed_history = train(validated=True, patience=2, resume=states[-1])
    assert resumed_history == history
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_a_state_is_a_copy_and_leaves_frozen_weights_out():
    states = []
    train(keep=states)
    first, last = states[0].tensors, states[-1].tensors
    assert not torch.equal(first["model.0.weight"], last["model.0.weight"])
    assert "model.0.bias" not in first
    assert "model.2.running_mean" in first
    assert {name.split(".")[0] for name in first} == {"model", "optimizer", "random"}


def test_the_facts_are_json():
    states = []
    train(keep=states, validated=True)
    assert json.loads(json.dumps(states[1].facts)) == states[1].facts


def test_a_damaged_file_is_an_error(tmp_path):
    from safetensors import SafetensorError

    path = tmp_path / "state.safetensors"
    path.write_bytes(b"no state")
    with pytest.raises(SafetensorError):
        TrainingState.read(path)
    with pytest.raises(OSError, match="absent"):
        TrainingState.read(tmp_path / "absent")


def test_tied_weights_can_be_written(tmp_path):
    model = torch.nn.ModuleDict(
        {"a": torch.nn.Linear(2, 2, bias=False), "b": torch.nn.Linear(2, 2, bias=False)}
    )
    model["b"].weight = model["a"].weight
    optimizer = torch.optim.AdamW(model.parameters())
    history = TrainingHistory([1.0])
    state = TrainingState.of(model, optimizer, BestWeights([]), history, np.random.default_rng(0))
    state.write(tmp_path / "state.safetensors")
    assert TrainingState.read(tmp_path / "state.safetensors").epoch == 1


def test_best_weights_keep_the_first_of_equal_losses():
    parameter = torch.nn.Parameter(torch.tensor([1.0]))
    best = BestWeights([parameter])
    best.keep(1, 0.5)
    parameter.data.fill_(2.0)
    best.keep(2, 0.5)
    best.restore()
    assert (best.epoch, parameter.item()) == (1, 1.0)


def test_a_history_starts_empty():
    assert TrainingHistory() == TrainingHistory([], [], 0, 0, "epochs")
