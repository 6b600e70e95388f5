"""A U-shaped network without skip connections that takes the noise out of images of any size."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from jnn_studio.jacobian.summing import Sum
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.convolutional_decoder import channels_last
from jnn_studio.models.denoising_model import DenoisingModel
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.penalty.composition import Composition

STRIDE = 8
"""The coarsest grid is this many times coarser than the image."""


class Denoiser(Composition):
    """f = g ∘ h on images (batch, channels, height, width) in [-1, 1], sides divisible by `STRIDE`.

    The network of the paper's denoising experiments (Scarvelis & Solomon, NeurIPS 2024, §5 and B.2), after
    DPIR's U-Net: h is the head, three levels with two convolutions and a strided 2×2 convolution down, and a
    body; g is a body of its own, three levels up by 2×2 transposed convolutions, and the tail. ELU between
    all of them, and no skip connections, so that everything passes through the one cut between h and g.
    """

    def __init__(self, config: DenoiserConfig) -> None:
        widths = config.widths
        down: list[nn.Module] = [*_level(config.channels, widths[0], 1)]
        for width, wider in pairwise(widths):
            down += [*_level(width, width, 2), nn.Conv2d(width, wider, 2, stride=2), nn.ELU()]
        down += _level(widths[-1], widths[-1], 2)
        up: list[nn.Module] = [*_level(widths[-1], widths[-1], 2)]
        for wider, width in pairwise(reversed(widths)):
            up += [nn.ConvTranspose2d(wider, width, 2, stride=2), nn.ELU(), *_level(width, width, 2)]
        up.append(nn.Conv2d(widths[0], config.channels, 3, padding=1))
        super().__init__(nn.Sequential(*down), nn.Sequential(*up))
        self.config = config
        channels_last(self)

    @property
    def reach(self) -> int:
        """How far away, in pixels of the image, an input pixel can be that still changes an output pixel.

        An upper bound from the layers alone: a 3×3 convolution reaches one pixel of its own grid further, and
        a cell of a coarser grid stands for all image pixels it covers.
        """
        return reach_of(self)


def build(config: DenoiserConfig, seed: int) -> Denoiser:
    """A denoiser with weights drawn from ``seed``, variance kept from layer to layer; biases are 0."""
    with torch.device("meta"):
        denoiser = Denoiser(config)
    denoiser.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for layer in denoiser.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            # Every output of a transposed 2×2 convolution of stride 2 is reached by one tap.
            taps = layer.kernel_size[0] * layer.kernel_size[1] if isinstance(layer, nn.Conv2d) else 1
            with torch.no_grad():
                layer.weight.normal_(0, (layer.in_channels * taps) ** -0.5, generator=generator)
                assert layer.bias is not None
                layer.bias.zero_()
    return channels_last(denoiser)


MODEL = ModelKind("denoiser", DenoiserConfig, "a denoiser", Denoiser, build, channels_last)


def denoise(denoiser: DenoisingModel, images: Tensor) -> Tensor:
    """What ``denoiser`` makes of images (batch, channels, height, width) of any size.

    Sides are brought to a multiple of `STRIDE` by mirroring at the right and lower border (repeating the
    border pixel where an image is smaller than what is missing), and cut again.
    """
    height, width = images.shape[-2:]
    padded = pad_to_stride(images)
    output: Tensor = denoiser(padded.contiguous(memory_format=torch.channels_last))
    return output[..., :height, :width]


def reach_of(chain: nn.Module) -> int:
    """How far, in pixels of the image, a chain of convolutions from an image to an image reaches; at most."""
    return _reached(chain, 1)[0]


def _reached(layer: nn.Module, cell: int) -> tuple[int, int]:
    """How far a layer reaches, in pixels, on a grid of cells ``cell`` pixels wide; and the next grid's."""
    if isinstance(layer, Sum):
        found = [_reached(branch, cell) for branch in layer.branches]
        return max(pixels for pixels, _ in found), found[0][1]
    if isinstance(layer, nn.Sequential):
        total = 0
        for part in layer:
            pixels, cell = _reached(part, cell)
            total += pixels
        return total, cell
    if isinstance(layer, nn.ConvTranspose2d):
        return 0, cell // layer.stride[0]
    if isinstance(layer, nn.Conv2d):
        pixels = (layer.kernel_size[0] - 1) // 2 * cell if layer.stride[0] == 1 else cell
        return pixels, cell * layer.stride[0]
    return 0, cell


def pad_to_stride(images: Tensor) -> Tensor:
    """``images`` (batch, channels, height, width) as `denoise` extends them: sides divisible by `STRIDE`."""
    height, width = images.shape[-2:]
    right, below = -width % STRIDE, -height % STRIDE
    if not (right or below):
        return images
    mode = "reflect" if right < width and below < height else "replicate"
    return functional.pad(images, (0, right, 0, below), mode=mode)


def _level(inputs: int, width: int, convolutions: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for index in range(convolutions):
        layers += [nn.Conv2d(width if index else inputs, width, 3, padding=1), nn.ELU()]
    return layers
