"""Fine-tuning that goes on after the last epoch that a killed run finished, where somebody keeps checkpoints."""

from __future__ import annotations

from typing import Any

from skbalagen._torch.training_state import TrainingState
from skbalagen._utils.checkpoint import open_checkpoint

__all__ = ["resumable"]


def resumable(*identity: Any) -> dict[str, Any]:
    """Return the arguments of :func:`fine_tune` that let it go on, and keep a checkpoint after each epoch.

    Parameters
    ----------
    *identity
        All that the training depends on: parameters, rows, seed.

    Returns
    -------
    dict
        ``resume`` and ``on_epoch_end``; empty outside a block of ``checkpoints_in``.
    """
    checkpoint = open_checkpoint(*identity)
    if checkpoint is None:
        return {}
    return {
        "resume": checkpoint.read(TrainingState.read),
        "on_epoch_end": lambda state: checkpoint.write(state.write),
    }
