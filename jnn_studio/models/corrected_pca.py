"""Principal components with a convolutional correction: an autoencoder that begins as good as PCA.

With components V (orthonormal rows) and mean μ, and x̃ = x - μ,

    encoder  z = A₂ (A₁ V x̃ + c(x̃)),        decoder  x = μ + Vᵀ B₂ B₁ z + d(B₁ z).

A₁, A₂, B₁, B₂ are square and begin as the identity; c and d are convolutional and end in a layer that begins
at zero. So the fresh model is PCA, and what it learns it learns on top. V and μ stay as they are.

Encoder and decoder are compositions of a square matrix and the rest: both parts of a direction, the linear
one and its correction, go through the same matrix, and are lost together. Its ‖J‖_F² is exact; that of the
rest is estimated by one product with its Jacobian (all its layers are known), with a relative standard
deviation of about √(2/r) for one image at r equal singular values, and √batch less for a batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from jnn_studio.jacobian.summing import Sum
from jnn_studio.models.config import CorrectedPCAConfig
from jnn_studio.models.convolutional_decoder import channels_last
from jnn_studio.models.latent_model import AffineDecoding
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.models.pca import PCA, PCAConfig
from jnn_studio.models.pca import build as build_pca
from jnn_studio.penalty.composition import Composition

PATCH = 4
"""The first convolution sees squares of so many pixels a side, and the last one gives them."""
STRIDE = 16
"""The coarsest grid is this many times coarser than the image."""


class CorrectedPCA(nn.Module):
    """Images in [0, 1] → latent → images, beginning as a principal component analysis.

    ``encoder`` and ``decoder`` are compositions of two factors, of images less their ``mean``.

    Attributes:
        mean: μ, (channels, size, size).
    """

    mean: Tensor

    def __init__(self, config: CorrectedPCAConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.channels, config.size, config.size))
        latent = config.latent
        to_scores = nn.Sequential(nn.Flatten(), _fixed(config.values, latent), _square(latent))
        from_scores = nn.Sequential(
            _square(latent), _fixed(latent, config.values), nn.Unflatten(1, self.mean.shape)
        )
        self.encoder = Composition(Sum(to_scores, _encoding_correction(config)), _square(latent))
        self.decoder = Composition(_square(latent), Sum(from_scores, _decoding_correction(config)))

    def encoder_input(self, images: Tensor) -> Tensor:
        """What ``encoder`` takes: images less the mean, of the same shape."""
        return images - self.mean

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, size, size) → (batch, latent)."""
        return self.encoder(self.encoder_input(images))

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, size, size), not clipped to [0, 1]."""
        return self.render(self.decoder(latents))

    def decode_coarse(self, latents: Tensor, shrink: int) -> Tensor:
        """(batch, latent) → (batch, channels, size/shrink, size/shrink): averaged blocks of pixels."""
        return functional.avg_pool2d(self.decode(latents), shrink)

    def render(self, decoded: Tensor) -> Tensor:
        """What ``decoder`` gives, differences from the mean, → images."""
        return decoded + self.mean

    @property
    def affine_decoding(self) -> AffineDecoding:
        """A shift keeps distances; taking the mean away undoes it."""
        return AffineDecoding(self.decoder, self.render, isometric=True, undone=True)

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        return self.decode(self.encode(images))

    @torch.no_grad()
    def start_from(self, pca: PCA) -> None:
        """Become this analysis, of as many components: from here on the correction can only be learnt.

        The correction's first layers are brought to the scale of what they see.

        Raises:
            ValueError: it is of images of another shape, or of another number of components.
        """
        if pca.mean.shape != self.mean.shape or len(pca.deviations) != self.config.latent:
            raise ValueError(
                f"this model does not have {len(pca.deviations)} components of images {tuple(pca.mean.shape)}"
            )
        self.mean.copy_(pca.mean)
        (to_scores, encoding), (from_scores, decoding) = (
            _branches(self.encoder[0]),
            _branches(self.decoder[1]),
        )
        _weight(to_scores[1]).copy_(pca.components)
        _weight(from_scores[1]).copy_(pca.components.T)
        _weight(encoding[1]).div_(pca.deviations.square().sum().div(self.config.values).sqrt())
        _weight(decoding[0]).div_(pca.deviations)


def _branches(factor: nn.Module) -> tuple[nn.Sequential, nn.Sequential]:
    """The linear path of an encoder or decoder, and its correction."""
    assert isinstance(factor, Sum)
    linear, correction = factor.branches
    assert isinstance(linear, nn.Sequential)
    assert isinstance(correction, nn.Sequential)
    return linear, correction


def _weight(layer: nn.Module) -> Tensor:
    assert isinstance(layer.weight, Tensor)
    return layer.weight


def _fixed(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs, bias=False)
    layer.weight.requires_grad_(False)
    return layer


def _square(side: int) -> nn.Linear:
    layer = nn.Linear(side, side, bias=False)
    nn.init.eye_(layer.weight)
    return layer


def _encoding_correction(config: CorrectedPCAConfig) -> nn.Sequential:
    """Images → latent, 0 at first."""
    fine, middle, coarse = config.widths
    last = nn.Linear(coarse * (config.size // STRIDE) ** 2, config.latent)
    _zero(last)
    return nn.Sequential(
        nn.PixelUnshuffle(PATCH),
        nn.Conv2d(PATCH**2 * config.channels, fine, 3, padding=1),
        nn.SiLU(),
        nn.Conv2d(fine, middle, 4, stride=2, padding=1),
        nn.SiLU(),
        nn.Conv2d(middle, coarse, 4, stride=2, padding=1),
        nn.SiLU(),
        nn.Flatten(),
        last,
    )


def _decoding_correction(config: CorrectedPCAConfig) -> nn.Sequential:
    """Latent → images, 0 at first."""
    fine, middle, coarse = config.widths
    grid = config.size // STRIDE
    last = nn.Conv2d(fine, PATCH**2 * config.channels, 3, padding=1)
    _zero(last)
    return nn.Sequential(
        nn.Linear(config.latent, config.hidden),
        nn.SiLU(),
        nn.Linear(config.hidden, coarse * grid**2),
        nn.SiLU(),
        nn.Unflatten(1, (coarse, grid, grid)),
        nn.ConvTranspose2d(coarse, middle, 4, stride=2, padding=1),
        nn.SiLU(),
        nn.ConvTranspose2d(middle, fine, 4, stride=2, padding=1),
        nn.SiLU(),
        last,
        nn.PixelShuffle(PATCH),
    )


def _zero(layer: nn.Linear | nn.Conv2d) -> None:
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)


def build(config: CorrectedPCAConfig, seed: int) -> CorrectedPCA:
    """A fresh network of no images: random orthonormal components around mid grey, not corrected.

    The same seed gives the same weights on any device.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = channels_last(CorrectedPCA(config))
    components = PCAConfig(channels=config.channels, size=config.size, latent=config.latent)
    model.start_from(build_pca(components, seed))
    return model


MODEL = ModelKind(
    "corrected-pca",
    CorrectedPCAConfig,
    "a corrected principal component analysis",
    CorrectedPCA,
    build,
    channels_last,
)
