"""Where models run, in which dtype, and the memory that they leave behind."""

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
    """Return the torch device of that name; "auto" is the first accelerator, else the processor."""
    import torch

    if device != "auto":
        return torch.device(device)
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return accelerator or torch.device("cpu")


def compute_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where `device` multiplies it in hardware, else float32.

    Emulated bfloat16 is several times slower than float32, so the processor is asked, not assumed.
    """
    import torch

    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.bfloat16
    return torch.float32


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return the mixed-precision context of `device`: bfloat16 products where they pay, else nothing."""
    import torch

    if compute_dtype(device) is torch.bfloat16:
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def return_memory() -> None:
    """Give the memory that a step has freed back to the system, where the C library can.

    glibc keeps the freed activations of batches of all widths, in pieces too scattered to serve the next
    step: more than half a gigabyte after fine-tuning.
    """
    trim = getattr(CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


@contextmanager
def torch_seed(seed: int) -> Iterator[None]:
    """Seed torch's global generator for a block (dropout, new heads) and restore its state afterwards."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
