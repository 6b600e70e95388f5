"""A convolutional variational autoencoder with batch norms; its latent is the mean that the encoder gives."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from jnn_studio.models.config import LatentModelConfig
from jnn_studio.models.model_kind import ModelKind

Width = Annotated[int, Field(ge=1, le=4096)]


class VAEConfig(LatentModelConfig):
    """What rebuilds the network; it travels with the weights."""

    kind: Literal["conv-vae"] = "conv-vae"
    size: int = Field(32, ge=8, le=1024, description="Side of the square images, in pixels.")
    widths: tuple[Width, ...] = Field(
        (16, 32), min_length=1, max_length=6, description="Channels after each halving of the image."
    )
    latent: int = Field(16, ge=1, le=100_000, description="Dimensions of the latent.")

    @model_validator(mode="after")
    def _fits(self) -> VAEConfig:
        if self.size % 2 ** len(self.widths):
            raise ValueError(f"{self.size} pixels cannot be halved {len(self.widths)} times")
        return self


class ConvVAE(nn.Module):
    """Images in [0, 1] → mean of the latent → images; the network takes and gives [-1, 1]."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        side, last = config.size // 2 ** len(config.widths), config.widths[-1]
        down: list[nn.Module] = []
        for before, after in zip((config.channels, *config.widths), config.widths, strict=False):
            down += [nn.Conv2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.SiLU()]
        up: list[nn.Module] = []
        for before, after in zip(config.widths[::-1], (*config.widths[-2::-1], config.channels), strict=True):
            up += [nn.SiLU(), nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1)]
            up += [nn.BatchNorm2d(after)] if after != config.channels else []
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(last * side**2, config.latent))
        self.spread = nn.Linear(config.latent, config.latent)
        self.decoder = nn.Sequential(
            nn.Linear(config.latent, last * side**2), nn.Unflatten(1, (last, side, side)), *up
        )

    def encoder_input(self, images: Tensor) -> Tensor:
        """What the encoder takes."""
        return 2 * images - 1

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, size, size) → (batch, latent): the mean."""
        return self.encoder(self.encoder_input(images))

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, size, size), not clipped to [0, 1]."""
        return (self.decoder(latents) + 1) / 2

    def loss(self, images: Tensor, beta: float = 1e-3) -> Tensor:
        """Minus the evidence lower bound, per image; ``beta`` weighs its divergence."""
        mean = self.encode(images)
        log_variance = self.spread(mean).clamp(-10, 10)
        drawn = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        error = (self.decode(drawn) - images).square().flatten(1).sum(1)
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        return (error + beta * divergence).mean()


def build(config: VAEConfig, seed: int) -> ConvVAE:
    """A network to begin with, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ConvVAE(config)


MODEL = ModelKind("conv-vae", VAEConfig, "a convolutional VAE", ConvVAE, build)
