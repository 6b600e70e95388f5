"""One layer's part in a forward pass, kept as the linear map it is there.

``push`` applies the layer's Jacobian (forward mode), ``pull`` its transpose (reverse mode), both from what
the forward pass left behind: for known layers nothing is evaluated twice. Both are differentiable with
respect to the weights and to the layer's input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn import grad as conv_grad
from torch.nn.modules.batchnorm import _BatchNorm

from jnn_studio.jacobian.elementwise import apply_elementwise, slope
from jnn_studio.jacobian.layers import CONVOLUTIONS, DIAGONAL, LayerKind, kind_of, primitive_layers
from jnn_studio.jacobian.opaque import opaque_pull, opaque_push
from jnn_studio.jacobian.replay import Replay, batch_statistics, is_training, record, replay
from jnn_studio.jacobian.structure import Structure, map_leaves, transforming
from jnn_studio.jacobian.summing import Sum, added


class LayerPass(NamedTuple):
    """A layer with what it saw and gave.

    Attributes:
        layer: the layer.
        kind: what its Jacobian looks like.
        input: what it was given, (batch, *shape).
        output: what it made of it.
        scale: the diagonal of its Jacobian, where the forward pass had it at hand.
        statistics: mean and variance a batch norm in training mode normalised by, held constant.
        replay: what else an unknown layer depended on.
        port: zeros through which the gradient of the squared row norms of its weight enters its own
            backward pass (see ``penalty.row_norms``).
        branches: of a sum, the forward pass of each branch.
    """

    layer: Callable[..., Any]
    kind: LayerKind
    input: Any
    output: Any
    scale: Tensor | None = None
    statistics: tuple[Tensor, Tensor] | None = None
    replay: Replay | None = None
    port: Tensor | None = None
    branches: tuple[tuple[LayerPass, ...], ...] = ()


def run(layer: Callable[..., Any], kind: LayerKind, x: Structure) -> LayerPass:
    """Evaluate a layer of a kind and keep what its Jacobian needs."""
    if kind is LayerKind.OTHER or not isinstance(x, Tensor):
        if transforming() and not is_training(layer):  # there are no random states to look at
            return LayerPass(layer, LayerKind.OTHER, x, layer(x))
        output, how = record(layer, x)
        return LayerPass(layer, LayerKind.OTHER, x, output, replay=how)
    assert isinstance(layer, nn.Module)
    if kind is LayerKind.ELEMENTWISE:
        return LayerPass(layer, kind, x, apply_elementwise(layer, x))
    if kind is LayerKind.DROPOUT:
        return _run_dropout(layer, x)
    if kind is LayerKind.BATCH_NORM:
        return _run_batch_norm(layer, x)
    if kind is LayerKind.SUM:
        return _run_sum(layer, x)
    return LayerPass(layer, kind, x, layer(x))


def again(done: LayerPass, x: Any) -> Any:
    """The layer at another input, with the mask, random numbers and batch statistics of the pass."""
    layer = done.layer
    if done.replay is not None:
        return replay(layer, x, done.replay)
    if done.kind is LayerKind.DROPOUT:
        return x * done.scale
    if done.kind is LayerKind.ELEMENTWISE:
        assert isinstance(layer, nn.Module)
        return apply_elementwise(layer, x)
    if done.statistics is not None:
        assert isinstance(layer, _BatchNorm)
        return F.batch_norm(x, *done.statistics, layer.weight, layer.bias, False, 0.0, layer.eps)
    if done.kind is LayerKind.SUM:
        return added(again_all(branch, x) for branch in done.branches)
    return layer(x)


def diagonal(done: LayerPass) -> Tensor:
    """The diagonal of the Jacobian of an elementwise layer, dropout or batch norm."""
    if done.scale is not None:
        return done.scale
    assert isinstance(done.layer, nn.Module)
    return slope(done.layer, done.input, done.output)


def push(done: LayerPass, tangents: Any, spare: bool = False) -> Any:
    """J t for tangents (k, batch, *input shape) → (k, batch, *output shape).

    ``spare`` allows the tangents' memory to be used for the result.
    """
    match done.kind:
        case LayerKind.AFFINE:
            return _over_batch(lambda t: linear_part(done.layer, t), tangents)
        case LayerKind.FIXED | LayerKind.REARRANGING:
            return _over_batch(done.layer, tangents)
        case LayerKind.SHIFT:
            return tangents
        case LayerKind.SUM:
            return added(push_all(branch, tangents) for branch in done.branches)
        case LayerKind.OTHER:
            vectors = _like(tangents, done.input)
            return opaque_push(done.layer, lambda x: again(done, x), done.input, done.output, vectors)
        case _:
            return _scaled(tangents, diagonal(done), spare)


def pull(done: LayerPass, cotangents: Any, spare: bool = False) -> Any:
    """Jᵀ c for cotangents (k, batch, *output shape) → (k, batch, *input shape).

    ``spare`` allows the cotangents' memory to be used for the result.
    """
    match done.kind:
        case LayerKind.AFFINE:
            return _over_batch(lambda c: _transposed(done, c), cotangents)
        case LayerKind.FIXED | LayerKind.REARRANGING:
            blank = torch.zeros_like(done.input)
            transpose = torch.func.vjp(done.layer, blank)[1]
            return torch.func.vmap(transpose)(cotangents)[0]
        case LayerKind.SHIFT:
            return cotangents
        case LayerKind.SUM:
            return added(pull_all(branch, cotangents) for branch in done.branches)
        case LayerKind.OTHER:
            vectors = _like(cotangents, done.output)
            return opaque_pull(done.layer, lambda x: again(done, x), done.input, done.output, vectors)
        case _:
            return _scaled(cotangents, diagonal(done), spare)


def linear_part(layer: Callable[..., Any], x: Tensor, weight: Tensor | None = None) -> Tensor:
    """An affine layer without its bias, with another weight of the same shape if one is given."""
    assert isinstance(layer, nn.Module)
    w = layer.weight if weight is None else weight
    assert isinstance(w, Tensor)
    match layer:
        case nn.Linear():
            return F.linear(x, w)
        case nn.Conv1d():
            return F.conv1d(x, w, None, layer.stride, layer.padding, layer.dilation, layer.groups)
        case nn.Conv2d():
            return F.conv2d(x, w, None, layer.stride, layer.padding, layer.dilation, layer.groups)
        case nn.Conv3d():
            return F.conv3d(x, w, None, layer.stride, layer.padding, layer.dilation, layer.groups)
    return transposed_convolution(layer, x, w, layer.groups)  # type: ignore[arg-type]


def transposed_convolution(layer: nn.Module, x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """A transposed convolution layer without its bias, with another weight and number of groups."""
    match layer:
        case nn.ConvTranspose1d():
            function = F.conv_transpose1d
        case nn.ConvTranspose2d():
            function = F.conv_transpose2d
        case nn.ConvTranspose3d():
            function = F.conv_transpose3d
        case _:
            raise TypeError(f"not an affine layer this package knows: {layer}")
    return function(
        x,
        weight,
        None,
        stride=layer.stride,
        padding=cast("tuple[int, ...]", layer.padding),
        output_padding=layer.output_padding,
        groups=groups,
        dilation=layer.dilation,
    )


def _transposed(done: LayerPass, c: Tensor) -> Tensor:
    """The transpose of an affine layer's linear part, c: (k·batch, *output shape)."""
    layer = done.layer
    if isinstance(layer, nn.Linear):
        return c @ layer.weight
    shape = (len(c), *done.input.shape[1:])
    if isinstance(layer, CONVOLUTIONS) and not isinstance(layer.padding, str):
        weight = layer.weight
        if c.ndim == 4 and c.device.type == "cpu":
            # Twice as fast on CPUs for strided convolutions.
            c = c.contiguous(memory_format=torch.channels_last)
            weight = weight.contiguous(memory_format=torch.channels_last)
        function = {1: conv_grad.conv1d_input, 2: conv_grad.conv2d_input, 3: conv_grad.conv3d_input}
        return function[len(layer.kernel_size)](
            shape, weight, c, layer.stride, layer.padding, layer.dilation, layer.groups
        )
    blank = torch.zeros(shape, dtype=c.dtype, device=c.device)
    return torch.func.vjp(lambda x: linear_part(layer, x), blank)[1](c)[0]


def _scaled(vectors: Tensor, scale: Tensor, spare: bool) -> Tensor:
    """Vectors (k, batch, *shape) times a diagonal, brought into their memory format if that is another."""
    if vectors.ndim == 5 and scale.ndim == 4 and not vectors.is_contiguous():
        scale = scale.contiguous(memory_format=torch.channels_last)
    if spare and not torch.is_grad_enabled() and not transforming():
        return vectors.mul_(scale)
    return vectors * scale


def _like(vectors: Any, primal: Any) -> Any:
    """Vectors in the precision of what they are tangent to, as automatic differentiation demands."""
    return map_leaves(lambda v, p: v.to(p.dtype), vectors, primal)


def _over_batch(function: Callable[[Tensor], Tensor], stacked: Tensor) -> Tensor:
    """``function`` of (k·batch, *shape) applied to (k, batch, *shape)."""
    return function(stacked.flatten(0, 1)).unflatten(0, stacked.shape[:2])


def _run_dropout(layer: nn.Module, x: Tensor) -> LayerPass:
    if not layer.training:
        return LayerPass(nn.Identity(), LayerKind.REARRANGING, x, x)
    # Dropping out ones draws the mask that dropping out x would.
    mask = layer(torch.ones_like(x))
    return LayerPass(layer, LayerKind.DROPOUT, x, x * mask, scale=mask)


def _run_batch_norm(layer: nn.Module, x: Tensor) -> LayerPass:
    assert isinstance(layer, _BatchNorm)
    if layer.training or layer.running_mean is None or layer.running_var is None:
        statistics = batch_statistics(x)
        variance = statistics[1]
    else:
        statistics, variance = None, layer.running_var
    scale = torch.rsqrt(variance + layer.eps)
    if layer.weight is not None:
        scale = scale * layer.weight
    scale = scale.reshape(-1, *(1,) * (x.ndim - 2))
    return LayerPass(layer, LayerKind.BATCH_NORM, x, layer(x), scale=scale, statistics=statistics)


def _run_sum(layer: nn.Module, x: Tensor) -> LayerPass:
    assert isinstance(layer, Sum)
    branches = tuple(run_all(primitive_layers(branch), x) for branch in layer.branches)
    output = added(passes[-1].output if passes else x for passes in branches)
    return LayerPass(layer, LayerKind.SUM, x, output, branches=branches)


def push_all(passes: Sequence[LayerPass], tangents: Any) -> Any:
    """`push` through the layers of a forward pass, first to last."""
    spare = False
    for done in passes:
        tangents = push(done, tangents, spare)
        spare = _gives_own_memory(done, spare)
    return tangents


def pull_all(passes: Sequence[LayerPass], cotangents: Any) -> Any:
    """`pull` through the layers of a forward pass, last to first."""
    spare = False
    for done in reversed(passes):
        cotangents = pull(done, cotangents, spare)
        spare = _gives_own_memory(done, spare)
    return cotangents


def _gives_own_memory(done: LayerPass, spare: bool) -> bool:
    """Whether what a layer made of vectors belongs to nobody else; rearranging may only have made a view."""
    return (
        done.kind is LayerKind.AFFINE
        or done.kind in DIAGONAL
        or (spare and done.kind in (LayerKind.REARRANGING, LayerKind.SHIFT))
    )


def again_all(passes: Sequence[LayerPass], x: Any) -> Any:
    """`again` through the layers of a forward pass."""
    for done in passes:
        x = again(done, x)
    return x


def run_all(layers: Iterable[Callable[..., Any]], x: Structure) -> tuple[LayerPass, ...]:
    """`run` a chain of layers."""
    passes = []
    for layer in layers:
        passes.append(run(layer, kind_of(layer), x))
        x = passes[-1].output
    return tuple(passes)
