"""Evaluating a layer again as in a forward pass: same precision, random numbers and batch statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrizations
from torch.nn.utils.spectral_norm import SpectralNorm

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
    """What a layer took from outside its input in a forward pass.

    ``buffers`` are those that its batch norms normalised by, put where they have them in evaluation mode, and
    those that its spectral norms divided by.
    """

    device: torch.device
    host_random: Tensor
    device_random: Tensor | None
    buffers: dict[str, Tensor]


def record(layer: Callable[..., Any], x: Structure) -> tuple[Any, Replay | None]:
    """The layer's output, and what is needed to evaluate it the same way again.

    Nothing is, in evaluation mode, unless the layer draws random numbers or normalises by its batch.
    """
    device = leaves(x)[0].device
    host, on_device = torch.get_rng_state(), _random_state(device)
    fickle = _fickle_parts(layer)
    with _recorded_statistics(fickle) as buffers:
        output = layer(x)
    for name, part in fickle:
        if not isinstance(part, _BatchNorm):
            buffers |= {
                f"{name}.{key}".lstrip("."): b.clone() for key, b in part.named_buffers(recurse=False)
            }
    settled = not fickle and not is_training(layer)
    if settled and torch.equal(host, torch.get_rng_state()) and _same(on_device, _random_state(device)):
        return output, None
    return output, Replay(device, host, on_device, buffers)


def replay(layer: Callable[..., Any], x: Any, how: Replay) -> Any:
    """``layer(x)`` with the random numbers and statistics of the recorded pass, changing no buffer."""
    devices = [] if how.device_random is None else [how.device]
    with torch.random.fork_rng(devices, device_type=how.device.type if devices else "cuda"):
        torch.set_rng_state(how.host_random)
        if how.device_random is not None:
            torch.get_device_module(how.device).set_rng_state(how.device_random)
        if not isinstance(layer, nn.Module):
            return layer(x)
        buffers = {name: buffer.clone() for name, buffer in layer.named_buffers()} | how.buffers
        with _evaluating([part for _, part in _fickle_parts(layer)]):
            return torch.func.functional_call(layer, buffers, (x,)) if buffers else layer(x)


@contextmanager
def _recorded_statistics(parts: list[tuple[str, nn.Module]]) -> Iterator[dict[str, Tensor]]:
    """Fills a dictionary with the mean and variance of what each batch norm among the parts is given."""
    statistics: dict[str, Tensor] = {}

    def recorder(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            mean, variance = batch_statistics(inputs[0])
            statistics[f"{name}.running_mean".lstrip(".")] = mean
            statistics[f"{name}.running_var".lstrip(".")] = variance

        return note

    norms = [(name, part) for name, part in parts if isinstance(part, _BatchNorm)]
    hooks = [part.register_forward_pre_hook(recorder(name)) for name, part in norms]
    try:
        yield statistics
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _evaluating(parts: list[nn.Module]) -> Iterator[None]:
    before = [part.training for part in parts]
    for part in parts:
        part.training = False
    try:
        yield
    finally:
        for part, training in zip(parts, before, strict=True):
            part.training = training


def _fickle_parts(layer: Callable[..., Any]) -> list[tuple[str, nn.Module]]:
    """Parts that go by something else in a forward pass than what evaluation mode would find.

    Batch norms that go by their batch, and spectral norms in training mode, which turn their vectors a little
    at every evaluation and then divide by what these give.
    """
    if not isinstance(layer, nn.Module):
        return []
    return [(name, part) for name, part in layer.named_modules() if _is_fickle(part)]


def _is_fickle(part: nn.Module) -> bool:
    if isinstance(part, _BatchNorm):
        return part.training or part.running_mean is None
    if not part.training:
        return False
    if isinstance(part, parametrizations._SpectralNorm):
        return True
    return any(isinstance(hook, SpectralNorm) for hook in part._forward_pre_hooks.values())


def is_training(layer: Callable[..., Any]) -> bool:
    """Whether any part of a layer is in training mode."""
    return isinstance(layer, nn.Module) and any(part.training for part in layer.modules())


def _random_state(device: torch.device) -> Tensor | None:
    return None if device.type == "cpu" else torch.get_device_module(device).get_rng_state()


def _same(a: Tensor | None, b: Tensor | None) -> bool:
    return a is None or (b is not None and torch.equal(a, b))


def batch_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and (biased) variance of each channel of (batch, channels, *shape), held constant."""
    x = x.detach()
    axes = [axis for axis in range(x.ndim) if axis != 1]
    variance, mean = torch.var_mean(x.float() if x.dtype.itemsize < 4 else x, axes, correction=0)
    return mean, variance
