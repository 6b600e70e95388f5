"""The operators a written-down network may use, and how each is computed. Nothing else is ever called.

They are what `torch.export` leaves of a network in evaluation mode once it is decomposed: ATen operators that
compute numbers from numbers. Those that could ask for any amount of memory look at its size first.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

MAX_ELEMENTS = 2**28
"""Of any array that is computed on the way."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SAME = _names(
    """
abs acos acosh asin asinh atan atan2 atanh bitwise_and.Tensor bitwise_not bitwise_or.Tensor bmm ceil celu
clamp clamp.Tensor clamp_max clamp_min cos cosh div.Tensor div.Scalar div.Tensor_mode dot elu eq.Scalar
eq.Tensor erf erfc exp expm1 floor fmod.Scalar fmod.Tensor ge.Scalar ge.Tensor gelu glu gt.Scalar
gt.Tensor hardshrink hardsigmoid hardswish hardtanh isinf isnan le.Scalar le.Tensor leaky_relu log log10
log1p log2 log_sigmoid_forward logical_and logical_not logical_or logical_xor lt.Scalar lt.Tensor
masked_fill.Scalar maximum minimum mish mm mul.Scalar mul.Tensor mv ne.Scalar ne.Tensor neg pow.Scalar
pow.Tensor_Scalar pow.Tensor_Tensor reciprocal relu relu6 remainder.Scalar remainder.Tensor round rsqrt
rsub.Scalar selu sigmoid sign silu sin sinh softplus softshrink sqrt square sub.Scalar sub.Tensor tan tanh
threshold trunc where.self where.ScalarSelf where.ScalarOther where.Scalar xlogy.Tensor add.Scalar
add.Tensor addmm baddbmm addcdiv addcmul addmv _prelu_kernel _log_softmax _softmax _adaptive_avg_pool2d
_adaptive_avg_pool3d adaptive_avg_pool1d _native_batch_norm_legit_no_training native_layer_norm amax amin
any any.dim all all.dim argmax argmin cumsum cumprod max.dim min.dim mean mean.dim prod prod.dim_int sum
sum.dim_IntList var.correction std.correction linalg_vector_norm logsumexp topk sort avg_pool1d avg_pool2d
avg_pool3d convolution max_pool2d_with_indices max_pool3d_with_indices grid_sampler_2d pixel_shuffle
pixel_unshuffle channel_shuffle cat stack detach diagonal flip gather index.Tensor index_select permute
roll select.int slice.Tensor split.Tensor split_with_sizes unbind.int squeeze squeeze.dim squeeze.dims t
transpose.int tril triu unsqueeze unfold embedding
"""
)

_BOUNDED = _names(
    """
upsample_bilinear2d.vec upsample_nearest1d.vec upsample_nearest2d.vec upsample_bicubic2d.vec
upsample_linear1d.vec upsample_nearest3d.vec upsample_trilinear3d.vec reflection_pad1d reflection_pad2d
reflection_pad3d replication_pad1d replication_pad2d replication_pad3d constant_pad_nd im2col col2im
"""
)
"""As they are too, but a few numbers decide how large what they make is."""


class TooLargeError(ValueError):
    """More is asked for than any picture needs."""


def _aten(name: str) -> Callable[..., Any]:
    packet, _, overload = name.partition(".")
    found: Callable[..., Any] = getattr(getattr(torch.ops.aten, packet), overload or "default")
    return found


def fits(sizes: Sequence[int]) -> None:
    """Raises `TooLargeError` where an array of these sizes would be too large."""
    if math.prod(max(int(size), 1) for size in sizes) > MAX_ELEMENTS:
        raise TooLargeError(f"an array of {' × '.join(map(str, sizes))} numbers")


def _whole(value: object) -> int:
    if type(value) is not int or abs(value) > MAX_ELEMENTS:
        raise TooLargeError(f"{str(value)[:40]} as a size")
    return value


def _of_sizes(compute: Callable[[int, int], int]) -> Callable[[object, object], int]:
    """Arithmetic of sizes, in which no number grows beyond what a size can be."""
    return lambda a, b: _whole(compute(_whole(a), _whole(b)))


def _reshape(x: Tensor, sizes: Sequence[int]) -> Tensor:
    # A view, if it can be one: which arrays are contiguous is another matter under `vmap`.
    return x.reshape([_whole(size) for size in sizes])


def _expand(x: Tensor, sizes: Sequence[int]) -> Tensor:
    fits(sizes)
    return x.expand([_whole(size) for size in sizes])


def _repeat(x: Tensor, repeats: Sequence[int]) -> Tensor:
    fits([*repeats, x.numel()])
    return x.repeat([_whole(size) for size in repeats])


def _group_norm(x: Tensor, *rest: Any) -> Any:
    return torch.ops.aten.native_group_norm.default(x.contiguous(), *rest)


def _identity(x: Tensor) -> Tensor:
    return x


def _to(x: Tensor, *, dtype: torch.dtype | None = None) -> Tensor:
    return x if dtype is None else x.to(dtype)


def _item(values: Sequence[Any], index: int) -> Any:
    if not isinstance(values, tuple | list):
        raise ValueError("an item of what has none")
    return values[_whole(index)]


def _like(compute: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def made(x: Tensor, *rest: Any, dtype: torch.dtype | None = None) -> Tensor:
        return compute(x, *rest, dtype=dtype)

    return made


def _bounded(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Looked at without numbers before it is computed."""

    def made(x: Tensor, *rest: Any, **more: Any) -> Any:
        shape = compute(torch.empty(x.shape, dtype=x.dtype, device="meta"), *rest, **more).shape
        fits(shape)
        return compute(x, *rest, **more)

    return made


def _arange(start: float, end: float, step: float = 1, *, dtype: torch.dtype | None = None) -> Tensor:
    if not step or not 0 <= (end - start) / step <= MAX_ELEMENTS:
        raise TooLargeError(f"a row from {start} to {end}")
    return torch.arange(start, end, step, dtype=dtype)


def _full(sizes: Sequence[int], value: float, *, dtype: torch.dtype | None = None) -> Tensor:
    fits(sizes)
    return torch.full([_whole(size) for size in sizes], value, dtype=dtype)


def _scalar(value: float, *, dtype: torch.dtype | None = None) -> Tensor:
    return torch.tensor(value, dtype=dtype)


DROPPED = ("layout", "device", "pin_memory", "memory_format", "implicit")
"""Arguments that change no number. Arrays are made where the input is."""

MAKES: dict[str, Callable[..., Any]] = {
    "arange.start_step": _arange,
    "arange.default": lambda end, **more: _arange(0, end, **more),
    "arange.start": _arange,
    "full": _full,
    "zeros": lambda sizes, **more: _full(sizes, 0, **({"dtype": torch.float32} | more)),
    "ones": lambda sizes, **more: _full(sizes, 1, **({"dtype": torch.float32} | more)),
    "scalar_tensor": _scalar,
}
"""Operators that make an array from numbers alone."""

_OWN: dict[str, Callable[..., Any]] = {
    **MAKES,
    "view": _reshape,
    "_unsafe_view": _reshape,
    "reshape": _reshape,
    "expand": _expand,
    "repeat": _repeat,
    "native_group_norm": _group_norm,
    "clone": _identity,
    "alias": _identity,
    "lift_fresh_copy": _identity,
    "_to_copy": _to,
    "full_like": _like(torch.full_like),
    "zeros_like": _like(torch.zeros_like),
    "ones_like": _like(torch.ones_like),
    "sym_size.int": lambda x, dim: int(x.shape[_whole(dim)]),
    "sizes.mul": _of_sizes(operator.mul),
    "sizes.add": _of_sizes(operator.add),
    "sizes.sub": _of_sizes(operator.sub),
    "sizes.floordiv": _of_sizes(operator.floordiv),
    "item": _item,
}

ALLOWED = frozenset((*_SAME, *_BOUNDED, *_OWN))
"""By name: of ATen without the prefix and a default overload; ``sizes.…`` and ``item`` are Python's own."""


@cache
def find_operator(name: str) -> Callable[..., Any]:
    """How an operator is computed.

    Raises:
        KeyError: it is not allowed.
    """
    if name not in ALLOWED:
        raise KeyError(name)
    if name in _OWN:
        return _OWN[name]
    return _bounded(_aten(name)) if name in _BOUNDED else _aten(name)
