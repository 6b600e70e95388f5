"""Recognising layers whose Jacobian has a known structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum, auto

from torch import Tensor, nn
from torch.nn.modules import module as _every
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrizations, parametrize

from jnn_studio.jacobian.by_element import Offset
from jnn_studio.jacobian.elementwise import ELEMENTWISE
from jnn_studio.jacobian.summing import Sum

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
FIXED = (
    nn.AdaptiveAvgPool1d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveAvgPool3d,
    nn.AvgPool1d,
    nn.AvgPool2d,
    nn.AvgPool3d,
    nn.Upsample,
    nn.UpsamplingBilinear2d,
    nn.UpsamplingNearest2d,
    nn.ZeroPad1d,
    nn.ZeroPad2d,
    nn.ZeroPad3d,
)
REARRANGING = (nn.ChannelShuffle, nn.Flatten, nn.PixelShuffle, nn.PixelUnshuffle, nn.Unflatten)


class LayerKind(Enum):
    """What the Jacobian of a layer looks like."""

    AFFINE = auto()
    """A weight matrix or convolution, shared by the batch."""
    ELEMENTWISE = auto()
    """diag φ'(a)."""
    DROPOUT = auto()
    """diag of the mask drawn in the forward pass."""
    BATCH_NORM = auto()
    """diag of one scale a channel, the statistics held constant."""
    REARRANGING = auto()
    """A permutation."""
    SHIFT = auto()
    """The identity: something is added that does not depend on the input."""
    FIXED = auto()
    """A linear map without weights."""
    SUM = auto()
    """Branches whose Jacobians add."""
    OTHER = auto()
    """Anything else: only automatic differentiation knows."""


_KINDS: dict[type[nn.Module], LayerKind] = {
    **dict.fromkeys((nn.Linear, *CONVOLUTIONS, *TRANSPOSED), LayerKind.AFFINE),
    **dict.fromkeys(ELEMENTWISE, LayerKind.ELEMENTWISE),
    **dict.fromkeys(DROPOUTS, LayerKind.DROPOUT),
    **dict.fromkeys(BATCH_NORMS, LayerKind.BATCH_NORM),
    **dict.fromkeys(FIXED, LayerKind.FIXED),
    **dict.fromkeys(REARRANGING, LayerKind.REARRANGING),
    Offset: LayerKind.SHIFT,
    Sum: LayerKind.SUM,
}
DIAGONAL = frozenset({LayerKind.ELEMENTWISE, LayerKind.DROPOUT, LayerKind.BATCH_NORM})


# What a subclass may define and still be its base: nothing that its forward pass goes through.
_HARMLESS = frozenset(
    {
        "__init__",
        "reset_parameters",
        "extra_repr",
        "__repr__",
        "__constants__",
        "__getstate__",
        "__setstate__",
    }
    | set(vars(type("_Nothing", (nn.Module,), {"__doc__": "", "__annotations__": {}})))
    | {"__orig_bases__", "__parameters__", "__type_params__", "__annotate__", "__annotate_func__"}
    | {"__annotations_cache__", "__firstlineno__", "__static_attributes__"}
)
_OWN_PASS = ("forward", "_conv_forward", "_call_impl")
# Parametrisations that give the same weight however often it is asked for, and whatever the mode.
_PURE = (parametrizations._WeightNorm, parametrizations._Orthogonal)


def kind_of(layer: Callable[..., object]) -> LayerKind:
    """The kind of a layer; `LayerKind.OTHER` unless it is known to do what its type says and no more.

    Hooks, a forward pass of its own, weights of another sort than plain tensors (quantised ones), and
    parametrisations that this package does not know make it one of those.
    """
    if not isinstance(layer, nn.Module) or not does_as_it_says(layer):
        return LayerKind.OTHER
    cls = type(layer)
    known = _KINDS.get(cls)
    if known is None:
        known = _KINDS.get(_plain_base(layer))
        if known is None:
            return LayerKind.OTHER
    if isinstance(layer, _ConvNd) and layer.padding_mode != "zeros":
        return LayerKind.OTHER
    if isinstance(layer, nn.Flatten) and layer.start_dim == 0:
        return LayerKind.OTHER
    weight = layer._parameters.get("weight")
    if weight is not None and type(weight) not in (nn.Parameter, Tensor):
        return LayerKind.OTHER
    return known


def _plain_base(layer: nn.Module) -> type[nn.Module]:
    """The class whose forward pass a layer has, all of it; its own where it may differ."""
    cls = type(layer)
    if parametrize.is_parametrized(layer):
        parts = [part for chain in layer.parametrizations.values() for part in chain]  # type: ignore[operator]
        # Of a subclass made on the fly, which adds nothing but the parametrised weights.
        if not all(type(part) in _PURE and not has_hooks(part) for part in parts):
            return cls
        cls = cls.__bases__[0]
    while cls not in _KINDS and set(vars(cls)) <= _HARMLESS and len(cls.__bases__) == 1:
        cls = cls.__bases__[0]
    return cls


def _has_own_pass(module: nn.Module) -> bool:
    return any(name in module.__dict__ for name in _OWN_PASS)


def primitive_layers(f: Callable[..., object]) -> Iterator[Callable[..., object]]:
    """The layers of ``f`` in order of application, with nested ``nn.Sequential`` flattened.

    Anything that is not an ``nn.Sequential`` is yielded as it is: only a ``Sequential`` promises that its
    forward pass is its children's, one after another. One with hooks of its own is not taken apart.
    """
    if isinstance(f, nn.Sequential) and _applies_its_children(f):
        for child in f:
            yield from primitive_layers(child)
    elif not (type(f) is nn.Identity and does_as_it_says(f)):
        yield f


def does_as_it_says(module: nn.Module) -> bool:
    """Whether calling the module does what its class says and no more."""
    return not has_hooks(module) and not _has_own_pass(module)


def _applies_its_children(f: nn.Sequential) -> bool:
    cls = type(f)
    return does_as_it_says(f) and all(
        getattr(cls, name) is getattr(nn.Sequential, name)
        for name in ("forward", "__call__", "_call_impl", "__iter__")
    )


def has_hooks(module: nn.Module) -> bool:
    """Whether calling the module does more than its forward pass."""
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
        or _every._global_forward_hooks
        or _every._global_forward_pre_hooks
    )
