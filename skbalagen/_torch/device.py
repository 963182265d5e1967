"""Devices, dtypes, torch's random state, and memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from ctypes import CDLL
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["autocast", "compute_dtype", "resolve_device", "return_memory", "torch_seed"]


def resolve_device(device: str) -> torch.device:
    """Return the torch device of that name; "auto" is the accelerator if there is one, else the CPU."""
    import torch

    if device != "auto":
        return torch.device(device)
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return accelerator or torch.device("cpu")


def compute_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 if `device` multiplies it in hardware, else float32.

    Emulated bfloat16 is several times slower than float32.
    """
    import torch

    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.bfloat16
    return torch.float32


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return a context of mixed precision: bfloat16 products if `device` has them in hardware."""
    import torch

    if compute_dtype(device) is torch.bfloat16:
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def return_memory() -> None:
    """Return freed memory to the operating system, if the C library can do that.

    glibc keeps the freed activations of batches of all widths in pieces that are too scattered for the next
    step to use: more than half a gigabyte after fine-tuning.
    """
    trim = getattr(CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


@contextmanager
def torch_seed(seed: int) -> Iterator[None]:
    """Seed torch's global random state for a block (dropout, new heads) and restore it afterwards."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
