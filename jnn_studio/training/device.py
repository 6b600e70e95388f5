"""Where a run computes, and in what precision."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

from jnn_studio.base.errors import StudioError
from jnn_studio.base.text import counted


@dataclass(frozen=True)
class Device:
    """A device with the precision its forward passes use."""

    name: str
    autocast_dtype: torch.dtype | None

    def autocast(self) -> AbstractContextManager[object]:
        """The context forward passes run in."""
        if self.autocast_dtype is None:
            return nullcontext()
        return torch.autocast(self.name, self.autocast_dtype)

    def describe(self) -> str:
        """As people read it: ``"cpu, 2 threads"`` or the GPU's name."""
        if self.name == "cuda":
            text = torch.cuda.get_device_name()
        elif self.name == "mps":
            text = "Apple GPU (mps)"
        else:
            threads = torch.get_num_threads()
            text = f"CPU, {counted(threads, 'thread')}"
        if self.autocast_dtype is None:
            return f"{text}, float32"
        return f"{text}, {str(self.autocast_dtype).removeprefix('torch.')} autocast"


def available_devices() -> tuple[str, ...]:
    """Devices this machine has, best first."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


class DeviceError(StudioError, ValueError):
    """A device that this machine does not have; the message says which it has."""


def check_device(name: str) -> None:
    """See that ``name`` is ``auto`` or a device of this machine.

    Raises:
        DeviceError: it is not.
    """
    devices = available_devices()
    if name != "auto" and name not in devices:
        raise DeviceError(f"schedule.device is {name!r}, but this machine has {', '.join(devices)}")


def choose_device(
    name: Literal["auto", "cpu", "cuda", "mps"] = "auto",
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
) -> Device:
    """The device for a run; ``auto`` prefers cuda, then mps, then cpu.

    Raises:
        DeviceError: the named device is not there.
    """
    check_device(name)
    if name == "auto":
        name = available_devices()[0]  # type: ignore[assignment]
    if precision == "auto":
        half = name == "cuda" and torch.cuda.is_bf16_supported()
        precision = "bfloat16" if half else "float32"
    return Device(name, None if precision == "float32" else getattr(torch, precision))


def leave_a_core_free(threads: int = 0) -> None:
    """Use so many threads for this process's tensor work; 0: all cores but one, at least one.

    With all of them, an interface waits behind matrix products, and beside any other busy process the
    threads of one product wait for each other: training then takes several times as long.
    """
    torch.set_num_threads(threads or max(1, (os.cpu_count() or 2) - 1))


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether an exception says that memory, the device's or the machine's, ran out."""
    text = str(problem)
    return isinstance(problem, (MemoryError, torch.OutOfMemoryError)) or (
        isinstance(problem, RuntimeError) and ("allocate memory" in text or "out of memory" in text)
    )


def release_memory() -> None:
    """Give memory that tensors no longer use back to the device."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
