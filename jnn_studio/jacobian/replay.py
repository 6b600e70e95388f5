"""Evaluating a layer again as in a forward pass: same precision, random numbers and batch statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from jnn_studio.jacobian.structure import Structure, leaves


@dataclass(frozen=True)
class Precision:
    """The autocast state of a forward pass."""

    device_type: str
    enabled: bool
    dtype: torch.dtype

    @staticmethod
    def current(device: torch.device) -> Precision:
        """What is in force now for ``device``."""
        kind = device.type
        return Precision(kind, torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind))

    def restored(self) -> AbstractContextManager[object]:
        """Context in which layers compute as they did then."""
        return self._autocast(self.enabled)

    def full(self) -> AbstractContextManager[object]:
        """Context without autocast."""
        return self._autocast(False)

    def _autocast(self, enabled: bool) -> AbstractContextManager[object]:
        if not enabled and not torch.is_autocast_enabled(self.device_type):
            return nullcontext()
        return torch.autocast(self.device_type, dtype=self.dtype, enabled=enabled)


@dataclass(frozen=True)
class Replay:
    """What a layer in training mode took from outside its input.

    ``statistics`` are those its batch norms normalised by, as the buffers that hold them in evaluation mode.
    """

    device: torch.device
    host_random: Tensor
    device_random: Tensor | None
    statistics: dict[str, Tensor]


def record(layer: nn.Module, x: Structure) -> tuple[Structure, Replay]:
    """The layer's output in training mode, and what is needed to evaluate it the same way again."""
    device = leaves(x)[0].device
    on_device = None if device.type == "cpu" else torch.get_device_module(device).get_rng_state()
    host = torch.get_rng_state()
    with _recorded_statistics(layer) as statistics:
        output = layer(x)
    return output, Replay(device, host, on_device, statistics)


def replay(layer: nn.Module, x: Any, how: Replay) -> Any:
    """``layer(x)`` with the random numbers and batch statistics of the recorded pass, changing no buffer."""
    buffers = {name: buffer.clone() for name, buffer in layer.named_buffers()} | how.statistics
    devices = [] if how.device_random is None else [how.device]
    with torch.random.fork_rng(devices, device_type=how.device.type if devices else "cuda"):
        torch.set_rng_state(how.host_random)
        if how.device_random is not None:
            torch.get_device_module(how.device).set_rng_state(how.device_random)
        with _batch_norms_evaluating(layer):
            return torch.func.functional_call(layer, buffers, (x,)) if buffers else layer(x)


@contextmanager
def _recorded_statistics(layer: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Fills a dictionary with the mean and variance of each training batch norm's input."""
    statistics: dict[str, Tensor] = {}

    def recorder(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            mean, variance = batch_statistics(inputs[0])
            statistics[f"{name}.running_mean".lstrip(".")] = mean
            statistics[f"{name}.running_var".lstrip(".")] = variance

        return note

    hooks = [part.register_forward_pre_hook(recorder(name)) for name, part in _training_norms(layer)]
    try:
        yield statistics
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _batch_norms_evaluating(layer: nn.Module) -> Iterator[None]:
    norms = [part for _, part in _training_norms(layer)]
    for norm in norms:
        norm.training = False
    try:
        yield
    finally:
        for norm in norms:
            norm.training = True


def _training_norms(layer: nn.Module) -> list[tuple[str, _BatchNorm]]:
    # Without running statistics there are no buffers to put the recorded ones in: such a norm
    # normalises by the batch at hand, also in evaluation mode.
    return [
        (name, part)
        for name, part in layer.named_modules()
        if isinstance(part, _BatchNorm) and part.training and part.running_mean is not None
    ]


def batch_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and (biased) variance of each channel of (batch, channels, *shape), held constant."""
    x = x.detach()
    axes = [axis for axis in range(x.ndim) if axis != 1]
    variance, mean = torch.var_mean(x.float() if x.dtype.itemsize < 4 else x, axes, correction=0)
    return mean, variance
