"""Where a fine-tuning stands after an epoch, so that an interrupted one goes on as if nothing had happened."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np
    import torch

__all__ = ["BestWeights", "TrainingHistory", "TrainingState"]

_FACTS = "facts"  # key of the JSON text in the file's header


@dataclass
class TrainingHistory:
    """What a fine-tuning did.

    Attributes
    ----------
    train_loss : list of float
        Mean weighted loss of each epoch, in nats.
    validation_loss : list of float
        Validation loss after each epoch; empty without a validation.
    best_epoch : int
        Epoch, from 1, whose weights were kept.
    n_steps : int
        Optimizer steps taken.
    stopped : {"epochs", "early_stopping", "time"}
        Why the loop ended.
    """

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    best_epoch: int = 0
    n_steps: int = 0
    stopped: str = "epochs"


class BestWeights:
    """A copy of the trained weights of the epoch with the lowest validation loss.

    Parameters
    ----------
    trained : list of torch.nn.Parameter

    Attributes
    ----------
    weights : list of tensor or None
        None before an epoch with a loss.
    epoch : int
        From 1.
    loss : float
    """

    def __init__(self, trained: list[Any]) -> None:
        self.trained = trained
        self.weights: list[Any] | None = None
        self.epoch, self.loss = 1, math.inf

    def keep(self, epoch: int, loss: float) -> None:
        """Copy the weights of `epoch` if its loss is lower than all before it."""
        if loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self.weights = [p.detach().clone() for p in self.trained]

    def restore(self) -> None:
        """Put the kept weights back."""
        import torch

        with torch.no_grad():
            for parameter, kept in zip(self.trained, self.weights or [], strict=True):
                parameter.copy_(kept)


@dataclass
class TrainingState:
    """All that a fine-tuning needs to go on after an epoch with the same result, bit for bit.

    Attributes
    ----------
    tensors : dict of {str: tensor}
        Copies on the CPU: trained weights and buffers, moments of the optimizer, the best weights so far, and
        torch's random states.
    facts : dict
        What JSON can hold: the epoch, the history and the state of the numpy generator.
    """

    tensors: dict[str, torch.Tensor]
    facts: dict[str, Any]

    @property
    def epoch(self) -> int:
        """The epoch, from 1, after which the state was taken."""
        return int(self.facts["epoch"])

    @classmethod
    def of(
        cls,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        best: BestWeights,
        history: TrainingHistory,
        rng: np.random.Generator,
    ) -> Self:
        """Return a copy of where these stand."""
        tensors = {f"model.{name}": tensor for name, tensor in _changing(model).items()}
        for i, state in enumerate(_moments(optimizer)):
            tensors |= {f"optimizer.{i}.{name}": tensor for name, tensor in state.items()}
        tensors |= {f"best.{i}": tensor for i, tensor in enumerate(best.weights or [])}
        device = next(model.parameters()).device
        tensors |= {f"random.{name}": get() for name, (get, _) in _random_states(device).items()}
        facts = {
            "epoch": len(history.train_loss),
            "history": asdict(history),
            "best_epoch": best.epoch,
            "best_loss": best.loss,
            "rng": rng.bit_generator.state,
        }
        # Every tensor gets memory of its own: tied weights occur under two names, which a file must not share.
        return cls({name: t.detach().cpu().clone().contiguous() for name, t in tensors.items()}, facts)

    def put_back(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        best: BestWeights,
        rng: np.random.Generator,
    ) -> TrainingHistory:
        """Bring these to where they stood, in place, and return the history."""
        import torch

        with torch.no_grad():
            for name, tensor in _changing(model).items():
                tensor.copy_(self.tensors[f"model.{name}"])
        for i, group_parameter in enumerate(p for group in optimizer.param_groups for p in group["params"]):
            prefix = f"optimizer.{i}."
            moments = {n.removeprefix(prefix): t for n, t in self.tensors.items() if n.startswith(prefix)}
            # On the device of the weights; AdamW's fused step counts there as well.
            optimizer.state[group_parameter] = {n: t.to(group_parameter.device) for n, t in moments.items()}
        kept = [t for name, t in self.tensors.items() if name.startswith("best.")]
        best.epoch, best.loss = self.facts["best_epoch"], self.facts["best_loss"]
        best.weights = [t.to(p.device) for t, p in zip(kept, best.trained, strict=True)] if kept else None
        for name, (_, put) in _random_states(next(model.parameters()).device).items():
            put(self.tensors[f"random.{name}"])
        rng.bit_generator.state = self.facts["rng"]
        return TrainingHistory(**self.facts["history"])

    def write(self, path: str | Path) -> None:
        """Write the state to one file of safetensors, with the facts as JSON in its header."""
        from safetensors.torch import save_file

        save_file(self.tensors, str(path), metadata={_FACTS: json.dumps(self.facts)})

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Return the state that :meth:`write` wrote.

        Raises
        ------
        OSError
            There is no such file.
        safetensors.SafetensorError
            The file is damaged.
        """
        from safetensors import safe_open

        with safe_open(str(path), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            return cls(_in_order(tensors), json.loads(file.metadata()[_FACTS]))


def _in_order(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Sort "best.2" before "best.10": a file has an order of its own."""
    return dict(sorted(tensors.items(), key=lambda item: (len(item[0]), item[0])))


def _changing(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return what training changes, by name: weights that require gradients, and buffers."""
    import torch

    return {
        name: tensor
        for name, tensor in model.state_dict(keep_vars=True).items()
        if tensor.requires_grad or not isinstance(tensor, torch.nn.Parameter)
    }


def _moments(optimizer: torch.optim.Optimizer) -> list[dict[str, torch.Tensor]]:
    return [dict(optimizer.state.get(p, {})) for group in optimizer.param_groups for p in group["params"]]


def _random_states(device: torch.device) -> dict[str, tuple[Any, Any]]:
    """Return how to read and how to set the random state of the CPU, and of the device if it is another."""
    import torch

    states = {"cpu": (torch.get_rng_state, torch.set_rng_state)}
    if device.type != "cpu":
        module = torch.get_device_module(device)
        states["device"] = (module.get_rng_state, module.set_rng_state)
    return states
