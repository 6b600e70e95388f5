"""Where a run computes, and in what precision."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch

from jnn_studio.training.device import (
    available_devices,
    choose_device,
    is_out_of_memory,
    leave_a_core_free,
    release_memory,
)


@pytest.fixture
def _threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_there_is_always_the_cpu_and_the_best_device_comes_first() -> None:
    assert available_devices()[-1] == "cpu"
    assert choose_device().name == available_devices()[0]


def test_the_cpu_computes_in_float32_unless_told_otherwise() -> None:
    assert choose_device("cpu").autocast_dtype is None
    with choose_device("cpu", "bfloat16").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
    with choose_device("cpu").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_a_device_is_described_as_people_read_it() -> None:
    assert choose_device("cpu").describe() == "CPU, 1 thread, float32"
    assert choose_device("cpu", "bfloat16").describe() == "CPU, 1 thread, bfloat16 autocast"


@pytest.mark.usefixtures("_threads_as_before")
@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (8, 7), (None, 1)])
def test_a_core_is_left_to_the_interface(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, threads: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)

    leave_a_core_free()

    assert torch.get_num_threads() == threads


def test_running_out_of_memory_is_recognised_for_real() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**59, dtype=torch.uint8)

    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 must have the same dtype"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_memory_can_be_released_without_an_accelerator_too() -> None:
    release_memory()
