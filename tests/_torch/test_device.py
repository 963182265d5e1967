"""Devices, dtypes, the random state of torch, and memory."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import pytest
import torch

from skbalagen._torch import device as device_module
from skbalagen._torch.device import autocast, compute_dtype, resolve_device, return_memory, torch_seed

CPU = torch.device("cpu")


def test_resolve_device_takes_names_and_knows_the_cpu():
    assert resolve_device("cpu") == CPU
    assert resolve_device("meta") == torch.device("meta")
    with pytest.raises(RuntimeError, match="device"):
        resolve_device("toaster")


@pytest.mark.parametrize("available", [True, False])
def test_resolve_device_auto_is_the_accelerator_or_the_cpu(monkeypatch, available):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: available)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    assert resolve_device("auto") == (torch.device("cuda") if available else CPU)


@pytest.mark.parametrize("avx512", [True, False])
@pytest.mark.parametrize("amx", [True, False])
def test_compute_dtype_of_the_cpu_is_bfloat16_if_it_multiplies_that(monkeypatch, avx512, amx):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert compute_dtype(CPU) is (torch.bfloat16 if avx512 or amx else torch.float32)


@pytest.mark.parametrize("supported", [True, False])
def test_compute_dtype_of_cuda_does_not_count_emulation(monkeypatch, supported):
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation: supported or including_emulation
    )
    assert compute_dtype(torch.device("cuda")) is (torch.bfloat16 if supported else torch.float32)


def test_compute_dtype_of_other_devices_is_float32():
    assert compute_dtype(torch.device("mps")) is torch.float32


def test_autocast_multiplies_in_bfloat16_where_that_is_the_dtype(monkeypatch):
    product = torch.ones(2, 2)
    monkeypatch.setattr(device_module, "compute_dtype", lambda device: torch.bfloat16)
    with autocast(CPU):
        assert (product @ product).dtype is torch.bfloat16
    monkeypatch.setattr(device_module, "compute_dtype", lambda device: torch.float32)
    assert isinstance(autocast(CPU), nullcontext)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_return_memory_asks_the_c_library_of_linux_only(monkeypatch, platform):
    asked = []

    class Library:
        def __init__(self, name):
            self.malloc_trim = asked.append

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(device_module, "CDLL", Library)
    return_memory()
    assert asked == ([0] if platform == "linux" else [])


def test_return_memory_does_nothing_without_malloc_trim(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(device_module, "CDLL", lambda name: object())
    return_memory()


def test_torch_seed_leaves_the_global_state_alone():
    before = torch.get_rng_state()
    with torch_seed(5):
        first = torch.rand(3)
    with torch_seed(5):
        assert torch.equal(first, torch.rand(3))
    assert torch.equal(before, torch.get_rng_state())


def test_torch_seed_restores_the_state_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="shape"), torch_seed(5):
        torch.rand(3).view(2)
    assert torch.equal(before, torch.get_rng_state())


def test_torch_seed_of_other_seeds_draws_otherwise():
    draws = []
    for number in (1, 2):
        with torch_seed(number):
            draws.append(torch.rand(3))
    assert not torch.equal(*draws)
