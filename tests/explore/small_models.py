"""Models small enough to be known in full, for tests of walks."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from jnn_studio.explore.state import DirectionKind
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.models.autoencoder import Autoencoder, build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel


def tiny_autoencoder(seed: int = 0, refinement: int = 0) -> Autoencoder:
    """Double precision, bent more than a fresh network is."""
    model = build(
        AutoencoderConfig(channels=1, size=8, dct=4, hidden=12, latent=4, refinement=refinement), seed
    )
    generator = torch.Generator().manual_seed(seed)
    model = model.double()
    for parameter in model.parameters():
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        parameter.data += noise * (0.3 if parameter.ndim > 1 else 0.1)
    with torch.no_grad():  # grey and of little contrast, so that nothing is clipped
        model.decoder[1].weight *= 0.3
        model.decoder[1].bias *= 0.3
        model.decoder[1].bias[0] += 4.0
    return model.eval().requires_grad_(False)


class Handmade(nn.Module):
    """A linear encoder and any decoder of one-channel images."""

    def __init__(
        self, encoder: nn.Module, decode: Callable[[Tensor], Tensor], latent: int, size: int
    ) -> None:
        super().__init__()
        self.config = SimpleNamespace(channels=1, size=size, latent=latent)
        self.encoder = encoder
        self._decode = decode

    def encoder_input(self, images: Tensor) -> Tensor:
        return images.flatten(1)

    def encode(self, images: Tensor) -> Tensor:
        return self.encoder(self.encoder_input(images))

    def decode(self, latents: Tensor) -> Tensor:
        return self._decode(latents).reshape(-1, 1, self.config.size, self.config.size)


def walker_of(model: nn.Module, kind: DirectionKind = "encoder", limit: float = 0.1) -> Walker:
    """A walker of a model that no file describes."""
    return Walker(LoadedModel(model, "small", {}), kind, limit)  # type: ignore[arg-type]
