"""Principal component analysis as a model: what a linear map without any training by descent can do.

Of images with mean μ and covariance Σ, the components v₁, v₂, … are Σ's eigenvectors and √λ₁ ≥ √λ₂ ≥ … the
standard deviations of the images along them (Jolliffe, Principal Component Analysis, 2nd ed. 2002).
"""

from __future__ import annotations

import math
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from jnn_studio.models.config import OblongModelConfig
from jnn_studio.models.latent_model import AffineDecoding
from jnn_studio.models.model_kind import ModelKind


class PCAConfig(OblongModelConfig):
    """Sizes of a principal component analysis."""

    kind: Literal["pca"] = "pca"
    latent: int = Field(32, ge=1, le=100_000, description="Principal components that are kept.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.latent > self.values:
            raise ValueError(f"images of {self.values} values have no {self.latent} components")
        return self

    @property
    def values(self) -> int:
        """Colour values of one image."""
        return math.prod(self.image_shape)


class PCA(nn.Module):
    """Images in [0, 1] → standardised scores → the nearest image in the span of the components.

    The latent is z = Λ^-½ Vᵀ(x - μ), of unit variance in every axis, and ``decode`` is μ + W z with the
    loadings W = V Λ^½. This is probabilistic PCA's encoding by the posterior mean as its noise goes to zero
    (Tipping & Bishop, J. R. Statist. Soc. B 1999): z = Wᵀ Σ⁻¹(x - μ). The encoder is Wᵀ and takes Σ⁻¹(x - μ),
    what is left of an image once its likely changes are weighed down. So encoder and decoder are each other's
    transposes, and have the same singular values everywhere: √λ₁ ≥ √λ₂ ≥ …, on the latent's side the axes in
    their order, on the picture's v₁, v₂, …. (Taken of plain images, the encoder's would be 1/√λ, in the
    reverse order; were the scores not standardised, the decoder's would all be 1, and no direction told from
    another.) All of it is written in coordinates along the components, where W is the diagonal Λ^½.

    Attributes:
        mean: μ, (channels, height, width).
        components: v₁, v₂, … as orthonormal rows (latent, channels · height · width).
        deviations: √λ₁ ≥ √λ₂ ≥ … > 0, (latent,).
    """

    mean: Tensor
    components: Tensor
    deviations: Tensor

    def __init__(self, config: PCAConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.image_shape))
        self.register_buffer("components", torch.zeros(config.latent, config.values))
        self.register_buffer("deviations", torch.ones(config.latent))

    @property
    def encoder(self) -> nn.Linear:
        """Λ^½: the decoder's transpose, and in these coordinates the decoder itself."""
        weights = self.deviations
        linear = nn.Linear(len(weights), len(weights), bias=False, device="meta")
        linear.weight = nn.Parameter(torch.diag(weights), requires_grad=False)
        return linear

    def encoder_input(self, images: Tensor) -> Tensor:
        """What ``encoder`` takes: Σ⁻¹(x - μ) along the components, (batch, latent)."""
        return self.scores(images) / self.deviations.square()

    def scores(self, images: Tensor) -> Tensor:
        """Vᵀ(x - μ), (batch, latent), not standardised."""
        return (images - self.mean).flatten(1) @ self.components.T

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) → (batch, latent)."""
        return self.scores(images) / self.deviations

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, height, width), not clipped to [0, 1]."""
        return self.render(latents * self.deviations)

    def decode_coarse(self, latents: Tensor, shrink: int) -> Tensor:
        """(batch, latent) → (batch, channels, height/shrink, width/shrink): averaged blocks of pixels."""
        return functional.avg_pool2d(self.decode(latents), shrink)

    def render(self, scores: Tensor) -> Tensor:
        """Scores along the components → images."""
        return (scores @ self.components).unflatten(1, self.mean.shape) + self.mean

    @property
    def affine_decoding(self) -> AffineDecoding:
        """Orthonormal components keep distances."""
        return AffineDecoding(self.encoder, self.render, isometric=True)

    def truncated(self, latent: int) -> PCA:
        """The analysis with the first ``latent`` components only."""
        model = PCA(self.config.model_copy(update={"latent": latent}))
        model.mean, model.deviations = self.mean, self.deviations[:latent]
        model.components = self.components[:latent]
        return model.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        return self.decode(self.encode(images))


def build(config: PCAConfig, seed: int) -> PCA:
    """Of no images: random orthonormal components, all of the same deviation, around mid grey."""
    model = PCA(config)
    generator = torch.Generator().manual_seed(seed)
    random = torch.randn(config.values, config.latent, generator=generator)
    model.components.copy_(torch.linalg.qr(random)[0].T)
    model.mean.fill_(0.5)
    return model


MODEL = ModelKind("pca", PCAConfig, "a principal component analysis", PCA, build)
