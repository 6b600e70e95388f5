"""The β-VAE the paper compares with (§5 and B.3; Higgins et al., ICLR 2017), as in AntixK's PyTorch-VAE."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from jnn_studio.models.config import BetaVAEConfig
from jnn_studio.models.latent_model import AffineDecoding
from jnn_studio.models.model_kind import ModelKind


class BetaVAE(nn.Module):
    """Images in [0, 1] → mean of the latent's distribution → images.

    Inside, images are in [-1, 1]. In evaluation mode the network is deterministic and batch normalisation
    uses its running statistics, so that each image is encoded on its own. ``axis_kl`` (latent,) is the mean
    KL divergence of each latent axis from its prior over held-out images, in nats; 0 where it was never
    measured.
    """

    axis_kl: Tensor

    def __init__(self, config: BetaVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = MeanEncoder(config)
        self.log_variance = nn.Linear(self.encoder.mean.in_features, config.latent)
        self.decoder = Decoder(config)
        self.register_buffer("axis_kl", torch.zeros(config.latent))

    def encoder_input(self, images: Tensor) -> Tensor:
        """What ``encoder`` takes: the images themselves."""
        return images

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, size, size) → means (batch, latent)."""
        return self.encoder(images)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, channels, size, size) → mean and log variance of the latent, (batch, latent) each."""
        features = self.encoder.features(2 * images - 1)
        return self.encoder.mean(features), self.log_variance(features)

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, size, size) in [0, 1]."""
        return self.render(self.decoder(latents))

    def decode_coarse(self, latents: Tensor, shrink: int) -> Tensor:
        """(batch, latent) → (batch, channels, size/shrink, size/shrink) in [0, 1]: averaged blocks of pixels.

        The layers before need the full size.
        """
        return functional.avg_pool2d(self.decode(latents), shrink)

    def render(self, decoded: Tensor) -> Tensor:
        """What ``decoder`` gives, pixels in [-1, 1], → images."""
        return (decoded + 1) / 2

    @property
    def affine_decoding(self) -> AffineDecoding:
        """Pixels from [-1, 1] to [0, 1]."""
        return AffineDecoding(self.decoder, self.render)

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions from the mean."""
        return self.decode(self.encode(images))


class MeanEncoder(nn.Module):
    """Images (batch, channels, size, size) in [0, 1] → mean (batch, latent)."""

    def __init__(self, config: BetaVAEConfig) -> None:
        super().__init__()
        widths = (config.channels, *config.widths)
        blocks = [_halve(a, b) for a, b in itertools.pairwise(widths)]
        self.features = nn.Sequential(*blocks, nn.Flatten())
        self.mean = nn.Linear(config.widths[-1] * config.coarse**2, config.latent)

    def forward(self, images: Tensor) -> Tensor:
        """The mean."""
        return self.mean(self.features(2 * images - 1))


class Decoder(nn.Module):
    """Latents (batch, latent) → images (batch, channels, size, size) in [-1, 1]."""

    def __init__(self, config: BetaVAEConfig) -> None:
        super().__init__()
        widths = config.widths[::-1]
        self.coarse, self.width = config.coarse, widths[0]
        self.spread = nn.Linear(config.latent, widths[0] * config.coarse**2)
        blocks = [_double(a, b) for a, b in itertools.pairwise(widths)]
        self.blocks = nn.Sequential(*blocks, _double(widths[-1], widths[-1]))
        self.tail = nn.Conv2d(widths[-1], config.channels, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        """Images."""
        # Channels last in memory: a third faster on CPUs, and the convolutions after it keep to it.
        grid = self.spread(latents).unflatten(1, (self.coarse, self.coarse, self.width)).permute(0, 3, 1, 2)
        return torch.tanh(self.tail(self.blocks(grid)))


def _halve(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.LeakyReLU()
    )


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(),
    )


def axis_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp log_variance) ‖ N(0, 1)) of each axis in nats, (batch, latent)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def build(config: BetaVAEConfig, seed: int) -> BetaVAE:
    """A freshly initialised network; the same seed gives the same weights on any device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BetaVAE(config)


MODEL = ModelKind("beta-vae", BetaVAEConfig, "a β-VAE", BetaVAE, build)
