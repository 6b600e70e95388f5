"""Layers of torch.nn, and ways to wrap them, on which the engine is held against oracles."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize, prune

Maker = Callable[[], nn.Module]

VECTOR, TOKENS, SERIES, IMAGE, VOLUME = (10,), (4, 4), (2, 6), (2, 4, 4), (1, 2, 3, 3)


class Function(nn.Module):
    """A module of a function."""

    def __init__(self, function: Callable[..., Tensor], *parts: nn.Module) -> None:
        super().__init__()
        self.function, self.parts = function, nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        """function(x, *parts)."""
        return self.function(x, *self.parts)


class Recurrent(nn.Module):
    """All outputs of a recurrent layer."""

    def __init__(self, kind: type[nn.Module], **options: Any) -> None:
        super().__init__()
        self.recurrence = kind(4, 3, batch_first=True, **options)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 4, 4) → (batch, 4, 3)."""
        return self.recurrence(x)[0]


class SelfAttention(nn.Module):
    """nn.MultiheadAttention of a sequence to itself."""

    def __init__(self, weights: bool) -> None:
        super().__init__()
        self.weights, self.attention = weights, nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 4, 4) → the same."""
        return self.attention(x, x, x, need_weights=self.weights)[0]


class Symmetric(nn.Module):
    """A parametrisation."""

    def forward(self, w: Tensor) -> Tensor:
        """A symmetric matrix of an upper triangle."""
        return w.triu() + w.triu(1).mT


class Scaled(nn.Linear):
    """A subclass with a forward pass of its own."""

    def forward(self, x: Tensor) -> Tensor:
        """The linear map, gated by its input."""
        return super().forward(x) * x.sigmoid()


class Tied(nn.Module):
    """Encoder and decoder that share a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Linear(10, 6)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 10) → the same."""
        return F.linear(torch.tanh(self.encode(x)), self.encode.weight.mT)


def _linear() -> nn.Linear:
    return nn.Linear(10, 10)


def _hooked(pre: bool) -> nn.Module:
    layer = _linear()
    if pre:
        layer.register_forward_pre_hook(lambda _, inputs: (inputs[0].sin(),))
    else:
        layer.register_forward_hook(lambda _, __, y: 3 * y.sin())
    return layer


def _hooked_container() -> nn.Module:
    layers = nn.Sequential(_linear(), nn.Tanh())
    layers.register_forward_hook(lambda _, __, y: y * y)
    return layers


def _parametrised() -> nn.Module:
    layer = _linear()
    parametrize.register_parametrization(layer, "weight", Symmetric())
    return layer


def _old_weight_norm() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.utils.weight_norm(_linear())


def _sampled(x: Tensor, where: nn.Module) -> Tensor:
    grid = F.affine_grid(where(x.flatten(1)).view(-1, 2, 3), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def _of_activations() -> dict[str, tuple[Maker, tuple[int, ...]]]:
    kinds = (
        *(nn.CELU, nn.ELU, nn.GELU, nn.Hardshrink, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh, nn.LeakyReLU),
        *(nn.LogSigmoid, nn.Mish, nn.PReLU, nn.RReLU, nn.ReLU, nn.ReLU6, nn.SELU, nn.SiLU, nn.Sigmoid),
        *(nn.Softplus, nn.Softshrink, nn.Softsign, nn.Tanh, nn.Tanhshrink, nn.GLU),
    )
    return {kind.__name__: (kind, VECTOR) for kind in kinds}


LAYERS: dict[str, tuple[Maker, tuple[int, ...]]] = {
    "Linear": (_linear, VECTOR),
    "Bilinear": (lambda: Function(lambda x, b: b(x, x), nn.Bilinear(10, 10, 4)), VECTOR),
    "Conv1d": (lambda: nn.Conv1d(2, 3, 3), SERIES),
    "Conv2d, strided": (lambda: nn.Conv2d(2, 3, 3, 2, 1), IMAGE),
    "Conv2d, reflected": (lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), IMAGE),
    "Conv3d": (lambda: nn.Conv3d(1, 2, 2), VOLUME),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(2, 3, 3, 2), SERIES),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 1, 3, 2, 1, 1), IMAGE),
    "ConvTranspose3d": (lambda: nn.ConvTranspose3d(1, 1, 2), VOLUME),
    **_of_activations(),
    "Threshold": (lambda: nn.Threshold(0.1, 0.2), VECTOR),
    "Softmax": (lambda: nn.Softmax(-1), VECTOR),
    "Softmin": (lambda: nn.Softmin(-1), VECTOR),
    "Softmax2d": (nn.Softmax2d, IMAGE),
    "LogSoftmax": (lambda: nn.LogSoftmax(-1), VECTOR),
    "BatchNorm1d, evaluating": (lambda: nn.BatchNorm1d(10).eval(), VECTOR),
    "BatchNorm2d, training": (lambda: nn.BatchNorm2d(2).train(), IMAGE),
    "BatchNorm2d inside, training": (lambda: Function(lambda x, n: n(x), nn.BatchNorm2d(2)).train(), IMAGE),
    "GroupNorm": (lambda: nn.GroupNorm(2, 2), IMAGE),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(2, affine=True), IMAGE),
    "LayerNorm": (lambda: nn.LayerNorm(10), VECTOR),
    "RMSNorm": (lambda: nn.RMSNorm(10), VECTOR),
    "LocalResponseNorm": (lambda: nn.LocalResponseNorm(2), IMAGE),
    "CrossMapLRN2d": (lambda: nn.CrossMapLRN2d(2), IMAGE),
    "Dropout, training": (lambda: nn.Dropout(0.5).train(), VECTOR),
    "AlphaDropout, training": (lambda: nn.AlphaDropout(0.3).train(), VECTOR),
    "Dropout2d inside, training": (lambda: Function(lambda x, d: d(x), nn.Dropout2d(0.5)).train(), IMAGE),
    "MaxPool1d": (lambda: nn.MaxPool1d(2), SERIES),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), IMAGE),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), IMAGE),
    "LPPool2d": (lambda: nn.LPPool2d(2, 2), IMAGE),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d(3), IMAGE),
    "AdaptiveMaxPool2d": (lambda: nn.AdaptiveMaxPool2d(3), IMAGE),
    "FractionalMaxPool2d": (lambda: nn.FractionalMaxPool2d(2, output_size=2), IMAGE),
    "ReflectionPad2d": (lambda: nn.ReflectionPad2d(1), IMAGE),
    "ReplicationPad2d": (lambda: nn.ReplicationPad2d(1), IMAGE),
    "CircularPad2d": (lambda: nn.CircularPad2d(1), IMAGE),
    "ZeroPad2d": (lambda: nn.ZeroPad2d(1), IMAGE),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), (4, 2, 2)),
    "PixelUnshuffle": (lambda: nn.PixelUnshuffle(2), IMAGE),
    "Unfold": (lambda: nn.Unfold(2), IMAGE),
    "Upsample, nearest": (lambda: nn.Upsample(scale_factor=2), IMAGE),
    "Upsample, bilinear": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), IMAGE),
    "Upsample, bicubic": (lambda: nn.Upsample(scale_factor=2, mode="bicubic"), IMAGE),
    "grid_sample": (lambda: Function(_sampled, nn.Linear(32, 6)), IMAGE),
    "Embedding by softmax": (
        lambda: Function(lambda x, e: x.softmax(-1) @ e.weight, nn.Embedding(10, 5)),
        VECTOR,
    ),
    "cosine_similarity": (
        lambda: Function(lambda x, w: F.cosine_similarity(x.unsqueeze(1), w.weight, -1), _linear()),
        VECTOR,
    ),
    "cdist": (
        lambda: Function(lambda x, w: torch.cdist(x.unsqueeze(1), w.weight).squeeze(1), _linear()),
        VECTOR,
    ),
    "rfft magnitude": (lambda: Function(lambda x: torch.fft.rfft(x).abs()), VECTOR),
    "linalg.solve": (
        lambda: Function(lambda x: torch.linalg.solve(x @ x.mT + torch.eye(4, dtype=x.dtype), x)),
        TOKENS,
    ),
    "RNN": (lambda: Recurrent(nn.RNN), TOKENS),
    "GRU": (lambda: Recurrent(nn.GRU), TOKENS),
    "LSTM": (lambda: Recurrent(nn.LSTM), TOKENS),
    "LSTM, bidirectional, two layers": (lambda: Recurrent(nn.LSTM, num_layers=2, bidirectional=True), TOKENS),
    "LSTM with projection": (lambda: Recurrent(nn.LSTM, proj_size=2), TOKENS),
    "scaled_dot_product_attention": (
        lambda: Function(lambda x: F.scaled_dot_product_attention(x, x, x)),
        TOKENS,
    ),
    "MultiheadAttention": (lambda: SelfAttention(weights=False), TOKENS),
    "MultiheadAttention with weights": (lambda: SelfAttention(weights=True), TOKENS),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True), TOKENS),
    "TransformerEncoder, evaluating": (
        lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2, enable_nested_tensor=False
        ).eval(),
        TOKENS,
    ),
    "Linear with forward hook": (lambda: _hooked(pre=False), VECTOR),
    "Linear with pre-hook": (lambda: _hooked(pre=True), VECTOR),
    "Sequential with hook": (_hooked_container, VECTOR),
    "Linear, parametrised": (_parametrised, VECTOR),
    "Linear, weight-normed": (lambda: parametrizations.weight_norm(_linear()), VECTOR),
    "Linear, weight-normed by hook": (_old_weight_norm, VECTOR),
    "Linear, spectral-normed": (lambda: parametrizations.spectral_norm(_linear()).eval(), VECTOR),
    "Linear, orthogonal": (lambda: parametrizations.orthogonal(_linear()), VECTOR),
    "Linear, pruned": (lambda: prune.l1_unstructured(_linear(), "weight", amount=0.5), VECTOR),
    "Linear, subclassed": (lambda: Scaled(10, 10), VECTOR),
    "Linear, tied": (Tied, VECTOR),
}
"""Makers and the shape of one input, by name."""
