"""Recognising layers whose Jacobian has a known structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum, auto

from torch import nn
from torch.nn.modules.conv import _ConvNd

from jnn_studio.jacobian.elementwise import ELEMENTWISE

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
    FIXED = auto()
    """A linear map without weights."""
    OTHER = auto()
    """Anything else: only automatic differentiation knows."""


_KINDS: dict[type[nn.Module], LayerKind] = {
    **dict.fromkeys((nn.Linear, *CONVOLUTIONS, *TRANSPOSED), LayerKind.AFFINE),
    **dict.fromkeys(ELEMENTWISE, LayerKind.ELEMENTWISE),
    **dict.fromkeys(DROPOUTS, LayerKind.DROPOUT),
    **dict.fromkeys(BATCH_NORMS, LayerKind.BATCH_NORM),
    **dict.fromkeys(FIXED, LayerKind.FIXED),
    **dict.fromkeys(REARRANGING, LayerKind.REARRANGING),
}
DIAGONAL = frozenset({LayerKind.ELEMENTWISE, LayerKind.DROPOUT, LayerKind.BATCH_NORM})


def kind_of(layer: Callable[..., object]) -> LayerKind:
    """The kind of a layer; one with a forward pass of its own is `LayerKind.OTHER`."""
    if not isinstance(layer, nn.Module) or "forward" in layer.__dict__:
        return LayerKind.OTHER
    if isinstance(layer, _ConvNd) and layer.padding_mode != "zeros":
        return LayerKind.OTHER
    if isinstance(layer, nn.Flatten) and layer.start_dim == 0:
        return LayerKind.OTHER
    known = _KINDS.get(type(layer))
    if known is not None:
        return known
    # Parametrised modules are of a subclass made on the fly that keeps the forward pass.
    for base, kind in _KINDS.items():
        if isinstance(layer, base) and type(layer).forward is base.forward:
            return kind
    return LayerKind.OTHER


def primitive_layers(f: Callable[..., object]) -> Iterator[Callable[..., object]]:
    """The layers of ``f`` in order of application, with nested ``nn.Sequential`` flattened.

    Anything that is not an ``nn.Sequential`` is yielded as it is: only a ``Sequential`` promises that its
    forward pass is its children's, one after another. One with hooks of its own is not taken apart.
    """
    if isinstance(f, nn.Sequential) and type(f).forward is nn.Sequential.forward and not has_hooks(f):
        for child in f:
            yield from primitive_layers(child)
    elif not isinstance(f, nn.Identity):
        yield f


def has_hooks(module: nn.Module) -> bool:
    """Whether calling the module does more than its forward pass."""
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )
