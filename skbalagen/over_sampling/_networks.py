"""Small torch networks for the samplers that train one. All run on the CPU: a kernel is slower to start than to run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

__all__ = ["as_tensor", "mlp", "one_hot", "row_batches"]


def mlp(*widths: int) -> torch.nn.Sequential:
    """Return linear layers from each of the `widths` to the next, with ReLU between them."""
    from torch import nn

    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(widths):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def as_tensor(rows: np.ndarray) -> torch.Tensor:
    """Return `rows` as float32 on the CPU."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))


def one_hot(codes: np.ndarray, n_classes: int) -> torch.Tensor:
    """Return a float32 row of `n_classes` numbers per class number, with a single 1."""
    return as_tensor(np.eye(n_classes)[codes])


def row_batches(n_rows: int, batch_size: int, rng: np.random.Generator) -> Iterator[torch.Tensor]:
    """Yield the row numbers of one epoch in batches: every row once, in random order."""
    import torch

    yield from torch.from_numpy(rng.permutation(n_rows)).split(batch_size)
