"""A network written as a composition of factors, f = g ∘ h, which is what the penalty acts on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from jnn_studio.jacobian.errors import naming
from jnn_studio.jacobian.layer_pass import LayerPass, again_all, pull_all, push_all, run
from jnn_studio.jacobian.layers import LayerKind, has_hooks, kind_of, primitive_layers
from jnn_studio.jacobian.replay import Precision
from jnn_studio.jacobian.structure import (
    Structure,
    batch_size,
    check_structure,
    describe,
    leaves,
    row_size,
    transforming,
)
from jnn_studio.penalty.closed_form import is_closed_form
from jnn_studio.penalty.row_norms import can_have_port, linear_with_port


@dataclass(frozen=True, eq=False)
class FactorPass:
    """One factor in a forward pass, kept as the linear map it is there.

    Attributes:
        position: which factor of the composition, the first applied being 0.
        factor: the module.
        layers: its layers with what each saw and gave.
        input: what it was given: a tensor (batch, *shape), or a tuple of them.
        output: what it made of its input.
        precision: the autocast state it ran in; evaluations made for the penalty run in the same.
    """

    position: int
    factor: nn.Module
    layers: tuple[LayerPass, ...]
    input: Any
    output: Any
    precision: Precision

    @property
    def batch(self) -> int:
        """Elements in the batch."""
        return batch_size(self.input)

    @property
    def n(self) -> int:
        """Numbers in one element of the input."""
        return row_size(self.input)

    @property
    def m(self) -> int:
        """Numbers in one element of the output."""
        return row_size(self.output)

    def push(self, tangents: Any) -> Any:
        """J t for tangents (k, batch, *input shape)."""
        with self.precision.restored(), naming(self.factor):
            return push_all(self.layers, tangents)

    def pull(self, cotangents: Any) -> Any:
        """Jᵀ c for cotangents (k, batch, *output shape)."""
        with self.precision.restored(), naming(self.factor):
            return pull_all(self.layers, cotangents)

    def again(self, x: Any) -> Any:
        """The factor at another input, with the random numbers and batch statistics of this pass."""
        with self.precision.restored():
            return again_all(self.layers, x)


@dataclass(frozen=True, eq=False)
class Trace:
    """A forward pass of a `Composition` kept for the penalty, so that nothing is evaluated twice."""

    passes: tuple[FactorPass, ...]

    @property
    def output(self) -> Any:
        """f(x): a tensor, or a tuple of them where the last factor gives one."""
        return self.passes[-1].output


class Composition(nn.Sequential):
    """f = g ∘ h: a network given as its factors, first applied first: ``Composition(h, g)``.

    Theorem 3.1 holds for two factors; where to cut is the modeller's choice (Scarvelis & Solomon,
    NeurIPS 2024, §3). Behaves as an ``nn.Sequential`` of its factors. What one factor hands to the next is a
    tensor (batch, *shape) or a tuple of them, such as the levels of a U-Net, with one batch axis.

    Raises:
        ValueError: fewer than two factors.
        TypeError: a factor is not an ``nn.Module``.

    Example:
        >>> h = nn.Sequential(nn.Linear(4, 8), nn.ELU())
        >>> f = Composition(h, nn.Linear(8, 2))
        >>> f(torch.zeros(1, 4)).shape
        torch.Size([1, 2])
    """

    def __init__(self, *factors: nn.Module) -> None:
        if len(factors) < 2:
            raise ValueError(f"a composition needs at least two factors (h, g), got {len(factors)}")
        for position, factor in enumerate(factors):
            if not isinstance(factor, nn.Module):
                raise TypeError(f"factor {position} must be an nn.Module, got {type(factor).__name__}")
        super().__init__(*factors)

    def trace(self, x: Structure) -> Trace:
        """Forward pass at x (batch, *input shape) that keeps what the penalty needs of each factor.

        Raises:
            TypeError: ``x``, or what a factor gives, is not made of floating-point tensors.
            ValueError: ``x`` is empty, a layer gets a shape it does not take, a factor changes the batch
                size or modifies its input in place, or a hook of the composition itself changes what goes
                in or comes out, which belongs to no factor.
        """
        check_structure(x, "x")
        hooked = self._forward_hooks or self._forward_pre_hooks
        # While a hook asks for a trace in turn, it is of the factors alone.
        return self._seen_by_hooks(x) if hooked and "forward" not in self.__dict__ else self._traced(x)

    def _seen_by_hooks(self, x: Structure) -> Trace:
        """The trace, made in a call, so that hooks of the composition see it as they see every call."""
        traces: list[Trace] = []

        def forward(value: Structure) -> Any:
            traces.append(self._traced(value))
            return traces[-1].output

        self.forward = forward  # type: ignore[method-assign]
        try:
            output = self(x)
        finally:
            del self.forward
        trace = traces[-1]
        for side, ours, theirs in (("input", trace.passes[0].input, x), ("output", trace.output, output)):
            if not _same(ours, theirs):
                raise ValueError(
                    f"a hook of the composition changes its {side}, which belongs to none of its factors and "
                    "so to no Jacobian of theirs; register it on a factor"
                )
        return trace

    def _traced(self, x: Structure) -> Trace:
        precision = Precision.current(leaves(x)[0].device)
        passes: list[FactorPass] = []
        for position, factor in enumerate(self):
            done = _pass(position, factor, x, precision)
            check_structure(done.output, f"the output of factor {position}")
            if batch_size(done.output) != batch_size(x):
                raise ValueError(
                    f"factor {position} must keep the batch size: given {describe(x)} "
                    f"it gave {describe(done.output)}"
                )
            passes.append(done)
            x = done.output
        return Trace(tuple(passes))


def _same(a: Structure, b: Structure) -> bool:
    return a is b or all(torch.equal(p, q) for p, q in zip(leaves(a), leaves(b), strict=True))


def _pass(position: int, factor: nn.Module, x: Structure, precision: Precision) -> FactorPass:
    # A compiled factor is opaque, and best left so, unless its layers give the penalty for nothing.
    inner = factor._modules.get("_orig_mod") or factor
    layers = list(primitive_layers(inner))
    kinds = [kind_of(layer) for layer in layers]
    ports = is_closed_form(kinds)
    if inner is not factor and (not ports or has_hooks(factor)):
        layers, kinds = [factor], [LayerKind.OTHER]
    passes: list[LayerPass] = []
    value = x
    for layer, kind in zip(layers, kinds, strict=True):
        if kind is LayerKind.AFFINE:
            _check_input(layer, value, position, bool(passes))
        try:
            done = _run(layer, kind, value, ports)
        except Exception as error:
            error.add_note(f"in factor {position} of the composition, given {describe(value)}")
            raise
        passes.append(done)
        value = done.output
    return FactorPass(position, factor, tuple(passes), x, value, precision)


def _run(layer: Callable[..., Any], kind: LayerKind, x: Any, ports: bool) -> LayerPass:
    if ports and isinstance(layer, nn.Linear) and can_have_port(layer, x):
        weight = layer.weight
        y, port = linear_with_port(x, weight, layer.bias)
        return LayerPass(layer, LayerKind.AFFINE, x, y, port=port)
    if kind is not LayerKind.OTHER or transforming():
        return run(layer, kind, x)
    watched = [tensor for tensor in leaves(x) if not tensor.is_inference()]
    versions = [tensor._version for tensor in watched]
    done = run(layer, kind, x)
    if versions != [tensor._version for tensor in watched]:
        raise ValueError(
            f"{type(layer).__name__} modifies its input {describe(x)} in place, which destroys what the "
            "penalty needs; use its out-of-place form"
        )
    return done


def _check_input(layer: Callable[..., Any], x: Structure, position: int, inside: bool) -> None:
    """Raise if a linear or convolutional layer cannot take what it is given."""
    assert isinstance(layer, nn.Linear | _ConvNd)
    if isinstance(layer, nn.Linear):
        wanted, axis, name, fits = layer.in_features, -1, "features", True
    else:
        wanted, axis, name = layer.in_channels, 1, "channels"
        fits = isinstance(x, Tensor) and x.ndim == len(layer.kernel_size) + 2
    if isinstance(x, Tensor) and fits and x.shape[axis] == wanted:
        return
    if inside:
        giver = f"a layer before it in factor {position} gives"
    else:
        giver = f"factor {position - 1} gives" if position else "x is"
    expected = f"{layer} expects a batch with {wanted} {name} in axis {axis}, but {giver} {describe(x)}"
    raise ValueError(expected) if isinstance(x, Tensor) else TypeError(expected)
