"""The paper's autoencoder: DCT, two-layer encoder, two-layer decoder, inverse DCT, optional refinement."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.convolutional_decoder import channels_last, convolutional_decoder
from jnn_studio.models.dct import TruncatedDCT
from jnn_studio.models.latent_model import AffineDecoding
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.models.refinement import Refinement
from jnn_studio.penalty.composition import Composition


class Autoencoder(nn.Module):
    """Images in [0, 1] → latent → images.

    ``encoder`` and ``decoder`` are compositions g ∘ h with h = Linear + ELU and g = Linear, acting on
    orthonormal DCT coefficients; ``encoder`` is what the paper penalises. A convolutional ``decoder`` has
    five factors and ends in pixels.
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.dct = TruncatedDCT(config.channels, config.size, config.dct)
        features = config.features
        self.encoder = _two_layers(features, config.hidden, config.latent)
        self.decoder = _decoder(config)
        self.refinement = Refinement(config.channels, config.refinement) if config.refinement else None

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, size, size) → (batch, latent)."""
        return self.encoder(self.dct(images))

    def encoder_input(self, images: Tensor) -> Tensor:
        """What ``encoder`` takes: DCT coefficients (batch, features)."""
        return self.dct(images)

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, size, size); not clipped to [0, 1]."""
        return self.render(self.decoder(latents))

    def decode_coarse(self, latents: Tensor, shrink: int) -> Tensor:
        """(batch, latent) → (batch, channels, size/shrink, size/shrink), unrefined; not clipped to [0, 1].

        Only the frequencies a picture of that size can hold are decoded; a convolutional decoder's picture
        is averaged.

        Raises:
            ValueError: the image size is no multiple of ``shrink``.
        """
        size, keep = self.config.size, self.config.dct
        if shrink < 1 or size % shrink:
            raise ValueError(f"images of {size} pixels cannot be shrunk {shrink} times")
        if self.config.decoder == "convolutional":
            return nn.functional.avg_pool2d(self.decoder(latents), shrink)
        small = min(keep, size // shrink)
        hidden, last = self.decoder[0], self.decoder[1]
        assert isinstance(last, nn.Linear)
        grid = (self.config.channels, keep, keep)
        weight = last.weight.unflatten(0, grid)[:, :small, :small].flatten(0, 2)
        bias = last.bias.unflatten(0, grid)[:, :small, :small].flatten()
        coefficients = nn.functional.linear(hidden(latents), weight, bias)
        return self.dct.inverse_small(coefficients, small, size // shrink)

    def render(self, decoded: Tensor) -> Tensor:
        """What ``decoder`` gives, DCT coefficients or pixels, → images."""
        images = decoded if self.config.decoder == "convolutional" else self.dct.inverse(decoded)
        return images if self.refinement is None else self.refinement(images)

    @property
    def affine_decoding(self) -> AffineDecoding | None:
        """Pixels as they are, or the inverse DCT: an isometry, undone by the DCT. A refinement bends both."""
        if self.refinement is not None:
            return None
        coefficients = self.config.decoder != "convolutional"
        return AffineDecoding(self.decoder, self.render, linear=True, isometric=True, undone=coefficients)

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        return self.decode(self.encode(images))


def _decoder(config: AutoencoderConfig) -> Composition:
    if config.decoder == "convolutional":
        return convolutional_decoder(
            config.channels, config.size, config.latent, config.decoder_hidden, config.decoder_widths
        )
    return _two_layers(config.latent, config.hidden, config.features)


def _two_layers(inputs: int, hidden: int, outputs: int) -> Composition:
    return Composition(nn.Sequential(nn.Linear(inputs, hidden), nn.ELU()), nn.Linear(hidden, outputs))


def build(config: AutoencoderConfig, seed: int) -> Autoencoder:
    """A freshly initialised network; the same seed gives the same weights on any device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Autoencoder(config)


def _lay_out(model: Autoencoder) -> None:
    if model.config.decoder == "convolutional":
        channels_last(model.decoder)


MODEL = ModelKind("autoencoder", AutoencoderConfig, "an autoencoder", Autoencoder, build, _lay_out)
