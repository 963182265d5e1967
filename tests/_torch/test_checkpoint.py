"""Fine-tuning that is killed and goes on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen._torch.checkpoint import resumable
from skbalagen._torch.trainer import fine_tune
from skbalagen._utils.checkpoint import checkpoints_in


class Killed(BaseException):
    """What no library catches."""


def train(identity=0, *, die_in=None):
    """Fit a line; return its weights, the history and the epochs that were computed."""
    epochs = []

    def start(epoch):
        epochs.append(epoch)
        if epoch == die_in:
            raise Killed

    rng = np.random.default_rng(0)
    x = torch.linspace(-1, 1, 12)[:, None]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Linear(1, 1))
    history = fine_tune(
        model,
        lambda rows: ((model(x[rows]) - 3 * x[rows]) ** 2).mean(),
        np.ones(12),
        draws=lambda rng: rng.permutation(12),
        epochs=4,
        batch_size=4,
        learning_rate=0.1,
        rng=rng,
        on_epoch_start=start,
        **resumable(identity),
    )
    return model[1].weight.item(), history, epochs


def test_outside_a_block_nothing_is_kept():
    assert resumable("anything") == {}


@pytest.mark.parametrize("die_in", [1, 2, 4])
def test_a_killed_training_repeats_the_epoch_it_was_in_alone(tmp_path, die_in):
    weight, history, _ = train()
    with checkpoints_in(tmp_path / "kept"):
        with pytest.raises(Killed):
            train(die_in=die_in)
        resumed, history_resumed, epochs = train()
        assert epochs == list(range(die_in, 5))
        assert resumed == weight
        assert history_resumed == history
        assert train()[2] == []  # it is done


def test_another_training_in_the_same_folder_starts_at_its_beginning(tmp_path):
    with checkpoints_in(tmp_path):
        train("one")
        assert train("two")[2] == [1, 2, 3, 4]


def test_a_damaged_checkpoint_costs_the_epochs_alone(tmp_path):
    weight, _, _ = train()
    with checkpoints_in(tmp_path):
        train()
        (state,) = tmp_path.glob("*.state")
        content = bytearray(state.read_bytes())
        content[-3] ^= 1
        state.write_bytes(content)
        with pytest.warns(
            UserWarning, match=r"The checkpoint in .* is damaged\. The computation starts again"
        ):
            resumed, _, epochs = train()
    assert (resumed, epochs) == (weight, [1, 2, 3, 4])
