"""A small transformer autoencoder: patches of the image are tokens."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from jnn_studio.models.config import LatentModelConfig
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.penalty import Composition


class PatchesConfig(LatentModelConfig):
    """What rebuilds the network; it travels with the weights."""

    kind: Literal["patches"] = "patches"
    size: int = Field(32, ge=8, le=256, description="Side of the square images, in pixels.")
    patch: int = Field(8, ge=2, le=64, description="Side of a patch, in pixels.")
    width: int = Field(
        48, ge=8, le=1024, multiple_of=4, description="Numbers a token has; four heads share them."
    )
    latent: int = Field(16, ge=1, le=100_000, description="Dimensions of the latent.")

    @model_validator(mode="after")
    def _fits(self) -> PatchesConfig:
        if self.size % self.patch:
            raise ValueError(f"patches of {self.patch} pixels do not fill {self.size}")
        return self


def _layer(width: int) -> nn.Module:
    return nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True)


class Patches(nn.Module):
    """Images in [0, 1] → latent → images. These members are all that the program asks of a model."""

    def __init__(self, config: PatchesConfig) -> None:
        super().__init__()
        self.config = config
        side, channels = config.size // config.patch, config.channels
        tokens, values = side**2, channels * config.patch**2
        hidden = nn.Sequential(
            nn.Conv2d(channels, config.width, config.patch, config.patch),
            nn.Flatten(2),
            _Turned(),
            _layer(config.width),
            nn.Flatten(),
        )
        self.encoder = Composition(hidden, nn.Linear(tokens * config.width, config.latent))  # f = g ∘ h
        self.decoder = nn.Sequential(
            nn.Linear(config.latent, tokens * config.width),
            nn.Unflatten(1, (tokens, config.width)),
            _layer(config.width),
            nn.Linear(config.width, values),
            _Turned(),
            nn.Unflatten(2, (side, side)),
            nn.PixelShuffle(config.patch),
        )

    def encoder_input(self, images: Tensor) -> Tensor:
        """What the encoder takes."""
        return 2 * images - 1

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, size, size) → (batch, latent)."""
        return self.encoder(self.encoder_input(images))

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, size, size), not clipped to [0, 1]."""
        return (self.decoder(latents) + 1) / 2

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        return self.decode(self.encode(images))


class _Turned(nn.Module):
    """Tokens before numbers, or the other way round."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)


def build(config: PatchesConfig, seed: int) -> Patches:
    """A network to begin with, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Patches(config)


MODEL = ModelKind("patches", PatchesConfig, "a transformer autoencoder of patches", Patches, build)
