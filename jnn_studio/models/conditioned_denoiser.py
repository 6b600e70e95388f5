"""A denoiser that is told σ: one network for weak and strong noise, and for each σ a composition f = g ∘ h.

The paper's network has no skip connections, so that all passes through one cut: it loses what it is not worth
keeping at σ = 1, which at σ = 0.05 is most of a photograph. Here the cut is as large as the image, and skips
stay inside the factors: h and g are a U-Net each, from an image's 2×2 squares to as many numbers. Each half
shrinks by about the root of what f does, which is what makes ½(‖Jg‖² + ‖Jh‖²) as small as ‖Jf‖_*.

Each U-Net only corrects a linear part: Wiener's filter in Haar's bands of three scales, with a learnt
variance v for each band and √(v / (v + σ²)) in each half. The linear denoiser with the smallest penalised
error is Wiener's filter, and training begins near it. It matters where it begins: in directions that hold
noise alone the penalised loss is flat at J = 0, of the fourth order in what the factors let through.

Its activation bends smoothly, as the paper's do. Where one bends at a point, as a ReLU does, the Jacobian
jumps, and the derivative of its mean over the noise has a part from where it jumps, which no automatic
differentiation sees: the penalty's gradient, and SURE's, is then another one, and what is learnt is hardly
more than linear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.by_element import Gain, Offset
from jnn_studio.jacobian.summing import Sum
from jnn_studio.models.config import ConditionedDenoiserConfig
from jnn_studio.models.convolutional_decoder import channels_last
from jnn_studio.models.denoiser import reach_of
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.penalty.composition import Composition

SCALES = 3
"""Of the linear part."""
_CONTRAST = 0.25
"""About the variance of photographs in [-1, 1]: images are brought to about unit variance, σ included."""
_FEATURES = 4
"""Numbers that tell σ."""
_DETAILS = ((0.008, 0.001), (0.035, 0.005), (0.14, 0.02))
"""Variances to begin with, of Haar's details of photographs in [-1, 1], at each scale: grey, and colours."""
_REST = (10.0, 1.0)
"""Variance of what is left above them."""
_ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {"elu": nn.ELU, "relu": nn.ReLU}
_DAMPED, _TAIL = 0.3, 0.05
"""How much smaller than kept variance the last weights of a branch begin, and of a whole U-Net."""


class ConditionedDenoiser(nn.Module):
    """f(images, σ) for images (batch, channels, height, width) in [-1, 1], sides divisible by 8.

    Args:
        config: its sizes.

    Example:
        >>> told = build(ConditionedDenoiserConfig(widths=(4,)), seed=0).at(0.1)
        >>> told(torch.zeros(1, 3, 16, 16)).shape
        torch.Size([1, 3, 16, 16])
    """

    def __init__(self, config: ConditionedDenoiserConfig) -> None:
        super().__init__()
        self.config = config
        self.h, self.g = _Half(config), _Half(config)

    @property
    def sigmas(self) -> tuple[float, float]:
        """The least and the largest σ it is made for."""
        return self.config.sigmas

    @property
    def reach(self) -> int:
        """How far away, in pixels, an input pixel can be that still changes an output pixel; at most."""
        return self.at(1.0).reach

    def forward(self, images: Tensor, sigma: float | Tensor) -> Tensor:
        """The images without their noise of this σ; one σ, or one for each: (batch,)."""
        output: Tensor = self.at(sigma)(images)
        return output

    def at(self, sigma: float | Tensor) -> DenoiserAt:
        """The composition for one σ, or for a σ of each image of a batch, (batch,): the same weights."""
        like = self.h.head.weight
        told = torch.as_tensor(sigma, dtype=like.dtype, device=like.device).reshape(-1, 1, 1, 1)
        contrast = (told.square() + _CONTRAST).sqrt()
        noise = told / contrast
        least, largest = (torch.log(torch.tensor(end)) for end in self.sigmas)
        place = (2 * (told.log() - least) / (largest - least) - 1).clamp(-1.5, 1.5)
        features = torch.cat([torch.ones_like(place), place, place.square(), noise], 1).flatten(1)
        channels = self.config.channels
        into, out = Gain(1 / contrast), Gain(contrast)
        h = nn.Sequential(
            into,
            *_colours(channels, like, back=False),
            _down(channels, like),
            *self.h.at(told, noise, features),
            out,
        )
        g = nn.Sequential(
            into,
            *self.g.at(told, noise, features),
            _up(channels, like),
            *_colours(channels, like, back=True),
            out,
        )
        return DenoiserAt(self.config, h, g)


class DenoiserAt(Composition):
    """A `ConditionedDenoiser` that has been told σ: f = g ∘ h on images (batch, channels, height, width)."""

    def __init__(self, config: ConditionedDenoiserConfig, h: nn.Module, g: nn.Module) -> None:
        super().__init__(h, g)
        self.config = config

    @property
    def reach(self) -> int:
        """How far away, in pixels, an input pixel can be that still changes an output pixel; at most."""
        return reach_of(self)


class _Half(nn.Module):
    """The weights of one factor; its layers are made for a σ."""

    def __init__(self, config: ConditionedDenoiserConfig) -> None:
        super().__init__()
        channels, widths, blocks = config.channels, config.widths, config.blocks
        self.variances = nn.ParameterList(
            nn.Parameter(_variances(scale, channels).log()) for scale in range(SCALES)
        )
        self.head = nn.Conv2d(4 * channels, widths[0], 3, padding=1)
        bend = _ACTIVATIONS[config.activation]
        self.before = nn.ModuleList(
            nn.ModuleList(_Block(width, bend) for _ in range(blocks)) for width in widths
        )
        self.after = nn.ModuleList(
            nn.ModuleList(_Block(width, bend) for _ in range(blocks)) for width in widths[:-1]
        )
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.tail = nn.Conv2d(widths[0], 4 * channels, 3, padding=1)

    def at(self, sigma: Tensor, noise: Tensor, features: Tensor) -> list[nn.Module]:
        """Its layers, from 2×2 squares to as many numbers."""
        correction = nn.Sequential(self.head, *self._level(0, features), self.tail, Gain(noise))
        return [Sum(self._straight(0, sigma), correction)]

    def _level(self, level: int, features: Tensor) -> list[nn.Module]:
        layers = [_blocks(self.before, level, features)]
        if level < len(self.down):
            inner = [self.down[level], *self._level(level + 1, features), self.up[level]]
            layers.append(Sum(nn.Identity(), nn.Sequential(*inner)))
            layers.append(_blocks(self.after, level, features))
        return layers

    def _straight(self, scale: int, sigma: Tensor) -> nn.Module:
        variance = self.variances[scale].exp().reshape(1, -1, 1, 1)
        kept = (variance / (variance + sigma.square())).sqrt()
        if scale == SCALES - 1:
            return Gain(kept)
        channels = len(self.variances[-1]) // 4
        nothing = kept.new_zeros(len(kept), channels, 1, 1)  # of what the next scale has
        like = self.variances[0]
        inner = nn.Sequential(
            _down(channels, like, among=4 * channels),
            self._straight(scale + 1, sigma),
            _up(channels, like, among=4 * channels),
        )
        return Sum(Gain(torch.cat([nothing, kept], 1)), inner)


class _Block(nn.Module):
    """x + second(φ(first(x) + what σ says))."""

    def __init__(self, width: int, activation: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.told = nn.Parameter(torch.empty(width, _FEATURES))
        self.bend = activation()
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def at(self, features: Tensor) -> nn.Module:
        """Its layers, for σ told by ``features`` (batch or 1, features)."""
        offset = Offset((features @ self.told.mT)[:, :, None, None])
        return Sum(nn.Identity(), nn.Sequential(self.first, offset, self.bend, self.second))


def build(config: ConditionedDenoiserConfig, seed: int) -> ConditionedDenoiser:
    """One with weights drawn from ``seed``, near its linear part."""
    denoiser = ConditionedDenoiser(config)
    generator = torch.Generator().manual_seed(seed)
    damped = {
        layer: share
        for half in (denoiser.h, denoiser.g)
        for layers, share in (
            ([module.second for module in half.modules() if isinstance(module, _Block)], _DAMPED),
            (list(half.up), _DAMPED),
            ([half.tail], _TAIL),
        )
        for layer in layers
    }
    with torch.no_grad():
        for layer in denoiser.modules():
            if isinstance(layer, _Block):
                layer.told.normal_(0, 0.3, generator=generator)
            elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                # Every output of a transposed 2×2 convolution of stride 2 is reached by one tap.
                taps = layer.kernel_size[0] * layer.kernel_size[1] if isinstance(layer, nn.Conv2d) else 1
                spread = damped.get(layer, 1.0) * (layer.in_channels * taps) ** -0.5
                layer.weight.normal_(0, spread, generator=generator)
                assert layer.bias is not None
                layer.bias.zero_()
    return channels_last(denoiser)


MODEL = ModelKind(
    "conditioned-denoiser",
    ConditionedDenoiserConfig,
    "a denoiser that is told σ",
    ConditionedDenoiser,
    build,
    channels_last,
)


def _blocks(levels: nn.ModuleList, level: int, features: Tensor) -> nn.Module:
    """The residual blocks of a level, in a row, for σ told by ``features``."""
    blocks = levels[level]
    assert isinstance(blocks, nn.ModuleList)
    return nn.Sequential(*(block.at(features) for block in blocks if isinstance(block, _Block)))


def _variances(scale: int, channels: int) -> Tensor:
    """Of the bands of a scale, those of the coarsest with what is left: (bands · channels,)."""
    grey, colour = _DETAILS[scale]
    details = torch.tensor([grey, *[colour] * (channels - 1)]).repeat(3)
    if scale < SCALES - 1:
        return details
    return torch.cat([torch.tensor([_REST[0], *[_REST[1]] * (channels - 1)]), details])


def _colours(channels: int, like: Tensor, *, back: bool) -> list[nn.Module]:
    """From red, green and blue to grey and two differences, an orthonormal map, or back."""
    if channels == 1:
        return []
    rows = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]])
    rows = rows / rows.norm(dim=1, keepdim=True)
    return [_fixed(nn.Conv2d, (rows.mT if back else rows)[:, :, None, None], like, stride=1)]


def _down(channels: int, like: Tensor, among: int | None = None) -> nn.Module:
    """Haar's four bands, all channels' of one after another, of the first ``channels`` of ``among``."""
    return _fixed(nn.Conv2d, _haar(channels, among or channels), like, stride=2)


def _up(channels: int, like: Tensor, among: int | None = None) -> nn.Module:
    """Back from there; the others of ``among`` are 0."""
    return _fixed(nn.ConvTranspose2d, _haar(channels, among or channels), like, stride=2)


def _haar(channels: int, among: int) -> Tensor:
    bands = torch.tensor([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
    weight = torch.zeros(4, channels, among, 2, 2)
    for channel in range(channels):
        weight[:, channel, channel] = bands.reshape(4, 2, 2)
    return weight.flatten(0, 1)


def _fixed(
    layer: type[nn.Conv2d] | type[nn.ConvTranspose2d], weight: Tensor, like: Tensor, *, stride: int
) -> nn.Module:
    """A convolution with weights that nobody learns, where ``like`` is."""
    outputs, inputs, side = weight.shape[:3]
    if layer is nn.ConvTranspose2d:
        outputs, inputs = inputs, outputs
    made = layer(inputs, outputs, side, stride=stride, bias=False, device="meta")
    made.weight = nn.Parameter(weight.to(like), requires_grad=False)
    return made
