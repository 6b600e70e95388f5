"""Kernels that torch differentiates in every mode, and rightly, more than once.

Fused attention, the encoder layer's fast path and the recurrent kernels of oneDNN and cuDNN have no forward
mode and no second derivative; the plain ones that they stand for have both. Which of these torch takes is a
setting of the whole process: threads that want the plain ones at the same time share it, and the last to
leave puts back what the first had found.

Layer norm and its like are worse: the derivative of their Jacobian-vector product is wrong without a word, by
the whole of it (pytorch/pytorch #198017, #196700), group norm of channels-last input has no forward mode, and
the backward pass of batch norm mixes channels up where the gradient comes channels last and the input did
not. Here they are made of sums and products.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode


@contextmanager
def differentiable_kernels(layer: Callable[..., Any]) -> Iterator[None]:
    """Context in which what ``layer`` computes has forward mode and second derivatives where they exist."""
    with ExitStack() as stack:
        stack.enter_context(_QUIET.held())
        stack.enter_context(_ATTENTION.held())
        if _has_recurrence(layer):
            # Convolutions want these kernels, so only for what cannot do with them.
            stack.enter_context(_RECURRENCE.held())
        stack.enter_context(_Replaced())
        yield


class RefusedWrong(TorchFunctionMode):
    """Context that refuses operations whose derivative in forward mode has itself a wrong derivative."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in _WRONG:
            raise NotImplementedError(f"the forward mode of {func.__name__} has no right derivative")
        return func(*args, **(kwargs or {}))


class _Replaced(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        return _REPLACEMENTS.get(func, func)(*args, **(kwargs or {}))


class _Shared:
    """A setting of the process, in force while anybody is inside."""

    def __init__(self, setting: Callable[[], Any]) -> None:
        self._setting = setting
        self._lock = threading.Lock()
        self._inside = 0
        self._undo = ExitStack()

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._undo.enter_context(self._setting())
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._undo.close()


@contextmanager
def _plain_attention() -> Iterator[None]:
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


@contextmanager
def _plain_recurrence() -> Iterator[None]:
    before = torch._C._get_mkldnn_enabled(), torch._C._get_cudnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    torch._C._set_cudnn_enabled(False)
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(before[0])
        torch._C._set_cudnn_enabled(before[1])


@contextmanager
def _without_words() -> Iterator[None]:
    """vmap says of every operation that it has to take one vector at a time."""
    torch._C._functorch._set_vmap_fallback_warning_enabled(False)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch._C._functorch._set_vmap_fallback_warning_enabled(True)  # type: ignore[attr-defined]


_QUIET = _Shared(_without_words)
_ATTENTION = _Shared(_plain_attention)
_RECURRENCE = _Shared(_plain_recurrence)


def _has_recurrence(layer: Callable[..., Any]) -> bool:
    return isinstance(layer, nn.Module) and any(isinstance(part, nn.RNNBase) for part in layer.modules())


def _layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *_: Any,
) -> Tensor:
    axes = list(range(-len(normalized_shape), 0))
    return _scaled(_standardised(_wide(input), axes, eps), weight, bias).to(input.dtype)


def _native_layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    empty = input.new_zeros(0)  # nobody asks for the statistics
    return _layer_norm(input, normalized_shape, weight, bias, eps), empty, empty


def _instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *_: Any,
) -> Tensor:
    if not use_input_stats:
        return _batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    normal = _standardised(_wide(input), list(range(2, input.ndim)), eps)
    return _scaled(normal, _per_channel(weight, input), _per_channel(bias, input)).to(input.dtype)


def _group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *_: Any,
) -> Tensor:
    grouped = _wide(input).reshape(len(input), num_groups, -1)
    normal = _standardised(grouped, [2], eps).reshape(input.shape)
    return _scaled(normal, _per_channel(weight, input), _per_channel(bias, input)).to(input.dtype)


def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *_: Any,
) -> Tensor:
    if training or running_mean is None or running_var is None:
        return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    mean, scale = (_per_channel(t, input) for t in (running_mean, torch.rsqrt(running_var + eps)))
    assert mean is not None
    assert scale is not None
    normal = (_wide(input) - mean) * scale
    return _scaled(normal, _per_channel(weight, input), _per_channel(bias, input)).to(input.dtype)


def _native_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    variance: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    empty = input.new_zeros(0)
    return _batch_norm(input, mean, variance, weight, bias, False, momentum, eps), empty, empty


def _native_group_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    batch: int,
    channels: int,
    size: int,
    groups: int,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    empty = input.new_zeros(0)
    return _group_norm(input, groups, weight, bias, eps), empty, empty


def _standardised(x: Tensor, axes: list[int], eps: float) -> Tensor:
    centred = x - x.mean(axes, keepdim=True)
    return centred * torch.rsqrt(centred.square().mean(axes, keepdim=True) + eps)


def _scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _per_channel(values: Tensor | None, x: Tensor) -> Tensor | None:
    return None if values is None else values.reshape(-1, *(1,) * (x.ndim - 2))


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype.itemsize < 4 else x


def _glu(input: Tensor, dim: int = -1) -> Tensor:
    values, gates = input.chunk(2, dim)
    return values * torch.sigmoid(gates)


def _hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    return F.hardtanh(input / 6 + 0.5, 0.0, 1.0)


def _cdist(x1: Tensor, x2: Tensor, p: float = 2.0, *_: Any, **__: Any) -> Tensor:
    return torch.linalg.vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, dim=-1)


_REPLACEMENTS: dict[Any, Callable[..., Any]] = {
    F.layer_norm: _layer_norm,
    torch.layer_norm: _layer_norm,
    torch.ops.aten.native_layer_norm.default: _native_layer_norm,
    torch.ops.aten.native_group_norm.default: _native_group_norm,
    torch.ops.aten._native_batch_norm_legit_no_training.default: _native_batch_norm,
    F.group_norm: _group_norm,
    torch.group_norm: _group_norm,
    F.batch_norm: _batch_norm,
    F.instance_norm: _instance_norm,
    torch.instance_norm: _instance_norm,
    F.glu: _glu,
    torch.ops.aten.glu.default: _glu,
    F.hardsigmoid: _hardsigmoid,
    torch.ops.aten.hardsigmoid.default: _hardsigmoid,
    torch.cdist: _cdist,
}
_WRONG = frozenset(
    {
        torch.det,
        torch.logdet,
        torch.slogdet,
        torch.linalg.det,
        torch.linalg.slogdet,
        torch.linalg.solve,
        torch.linalg.householder_product,
        torch.cholesky_solve,
        torch.cholesky_inverse,
    }
)
