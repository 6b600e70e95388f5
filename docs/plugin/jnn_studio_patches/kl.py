"""`AutoencoderKL` of diffusers, the autoencoder of latent diffusion models, as a model of JNN Studio.

The latent is the mean that the encoder gives, a map of (channels, height, width), walked as one vector.
diffusers is imported when a network is made.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from jnn_studio.models.config import LatentModelConfig
from jnn_studio.models.model_kind import ModelKind

Width = Annotated[int, Field(ge=1, le=4096)]


class KLConfig(LatentModelConfig):
    """What `AutoencoderKL` is made with; the last width is at the latent."""

    kind: Literal["autoencoder-kl"] = "autoencoder-kl"
    size: int = Field(32, ge=8, le=1024, description="Side of the square images, in pixels.")
    widths: tuple[Width, ...] = Field((16, 32), min_length=1, max_length=8)
    layers: int = Field(1, ge=1, le=8, description="Residual blocks of each width.")
    latent_channels: int = Field(4, ge=1, le=64)
    groups: int = Field(8, ge=1, le=64, description="Of its group norms.")

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        side = self.size // 2 ** (len(self.widths) - 1)
        return self.latent_channels, side, side

    @property
    def latent(self) -> int:
        """Numbers in the latent."""
        channels, height, width = self.latent_shape
        return channels * height * width


class _Encoder(nn.Module):
    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.encode(x).latent_dist.mean.flatten(1)


class _Decoder(nn.Module):
    def __init__(self, network: Any, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.network, self.shape = network, shape

    def forward(self, latents: Tensor) -> Tensor:
        return self.network.decode(latents.unflatten(1, self.shape)).sample


class KLModel(nn.Module):
    """Images in [0, 1] → latent → images; the network takes and gives [-1, 1]."""

    def __init__(self, config: KLConfig) -> None:
        super().__init__()
        from diffusers import AutoencoderKL

        self.config = config
        stages = len(config.widths)
        self.network = AutoencoderKL(
            in_channels=config.channels,
            out_channels=config.channels,
            down_block_types=("DownEncoderBlock2D",) * stages,
            up_block_types=("UpDecoderBlock2D",) * stages,
            block_out_channels=config.widths,
            layers_per_block=config.layers,
            latent_channels=config.latent_channels,
            norm_num_groups=config.groups,
            sample_size=config.size,
        )

    @property
    def encoder(self) -> nn.Module:
        """Made anew: were it kept, the network's weights would be in files three times."""
        return _Encoder(self.network).eval()

    @property
    def decoder(self) -> nn.Module:
        """As the encoder."""
        return _Decoder(self.network, self.config.latent_shape).eval()

    def encoder_input(self, images: Tensor) -> Tensor:
        """What the encoder takes."""
        return 2 * images - 1

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, size, size) → (batch, latent)."""
        return self.encoder(self.encoder_input(images))

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, size, size), not clipped to [0, 1]."""
        return (self.decoder(latents) + 1) / 2


def build(config: KLConfig, seed: int) -> KLModel:
    """Randomly initialised, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return KLModel(config)


def adopt(network: Any, size: int) -> KLModel:
    """An `AutoencoderKL` that was trained elsewhere; `jnn_studio.models.weights.save_model` writes it."""
    made = network.config
    config = KLConfig(
        channels=made.in_channels,
        size=size,
        widths=tuple(made.block_out_channels),
        layers=made.layers_per_block,
        latent_channels=made.latent_channels,
        groups=made.norm_num_groups,
    )
    model = KLModel(config)
    model.network.load_state_dict(network.state_dict())
    return model.eval()


MODEL = ModelKind("autoencoder-kl", KLConfig, "an AutoencoderKL of diffusers", KLModel, build)
