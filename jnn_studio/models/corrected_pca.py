"""Principal components with a correction: an autoencoder that begins as good as PCA.

An image is seen as its scores q = V(x - μ) along many principal components (orthonormal rows of V), and
drawn from such scores; V and μ stay as they are. Between scores and latent,

    encoder  z = A₁ … Aₙ (S q + c(q)),        decoder  q = Sᵀ B₁ … Bₙ z + d(B₁ … Bₙ z).

S takes the leading scores, as many as the latent has dimensions. The square A and B begin as the identity,
and c and d end in layers that begin at zero: the fresh model is PCA, and what it learns it learns on top.

Encoder and decoder are compositions of what is in brackets and of the square matrices: the straight and the
bent part of a direction go through the same matrices, and are lost together. The penalty acts on their
product as a Schatten quasi-norm of power 2/n would: the more there are, the less those directions are
shrunk that are kept, and the less it costs to bend them. The matrices' ‖J‖_F² is exact. That of the rest is
estimated by one product with its Jacobian, without bias and with a relative standard deviation of about
√(2/r) for one image at r equal singular values, and √batch less for a batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from jnn_studio.jacobian.summing import Sum
from jnn_studio.models.config import CorrectedPCAConfig
from jnn_studio.models.latent_model import AffineDecoding
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.models.pca import PCA, PCAConfig
from jnn_studio.models.pca import build as build_pca
from jnn_studio.penalty.composition import Composition


class CorrectedPCA(nn.Module):
    """Images in [0, 1] → latent → images, beginning as a principal component analysis.

    ``encoder`` and ``decoder`` are compositions of the square matrices and the rest, from and to scores.

    Attributes:
        mean: μ, (channels, size, size).
        basis: V, (components, channels · size²).
    """

    mean: Tensor
    basis: Tensor

    def __init__(self, config: CorrectedPCAConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.channels, config.size, config.size))
        self.register_buffer("basis", torch.zeros(config.components, config.values))
        few, many = config.latent, config.components
        self.encoder = Composition(_corrected(config, many, few), *_squares(config))
        self.decoder = Composition(*_squares(config), _corrected(config, few, many))

    def encoder_input(self, images: Tensor) -> Tensor:
        """What ``encoder`` takes: scores (batch, components)."""
        return (images - self.mean).flatten(1) @ self.basis.T

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, size, size) → (batch, latent)."""
        return self.encoder(self.encoder_input(images))

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, size, size), not clipped to [0, 1]."""
        return self.render(self.decoder(latents))

    def decode_coarse(self, latents: Tensor, shrink: int) -> Tensor:
        """(batch, latent) → (batch, channels, size/shrink, size/shrink): averaged blocks of pixels."""
        return functional.avg_pool2d(self.decode(latents), shrink)

    def render(self, scores: Tensor) -> Tensor:
        """What ``decoder`` gives, scores, → images."""
        return (scores @ self.basis).unflatten(1, self.mean.shape) + self.mean

    @property
    def affine_decoding(self) -> AffineDecoding:
        """Orthonormal components keep distances, and taking scores undoes drawing from them."""
        return AffineDecoding(self.decoder, self.render, isometric=True, undone=True)

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        return self.decode(self.encode(images))

    def squared_error(self, images: Tensor, scores: Tensor, decoded: Tensor) -> Tensor:
        """‖f(x) - x‖², summed over the batch, of what ``decoder`` gave for the images' scores.

        No picture is drawn for it: what lies outside of the components is lost in any case.
        """
        outside = (images - self.mean).square().sum() - scores.square().sum()
        return (decoded.float() - scores).square().sum() + outside

    def undecayed(self) -> list[Tensor]:
        """What a decay of the weights must leave alone, for it begins as the identity: A and B."""
        layers = [*self.encoder, *self.decoder]
        return [layer.weight for layer in layers if isinstance(layer, nn.Linear)]

    @torch.no_grad()
    def start_from(self, pca: PCA) -> None:
        """Become this analysis, cut to as many components as the latent has dimensions.

        The corrections come to see scores at the same scale, whatever their deviations.

        Raises:
            ValueError: it is of images of another shape, or of another number of components.
        """
        if pca.mean.shape != self.mean.shape or len(pca.deviations) != self.config.components:
            raise ValueError(
                f"this model does not have {len(pca.deviations)} components of images {tuple(pca.mean.shape)}"
            )
        self.mean.copy_(pca.mean)
        self.basis.copy_(pca.components)
        smallest = float(pca.deviations[self.config.latent - 1])
        for side in (self.encoder[0], self.decoder[-1]):
            first = _correction(side)[0]
            assert isinstance(first, nn.Linear)
            first.weight.div_(pca.deviations[: first.in_features].clamp_min(smallest))


def _corrected(config: CorrectedPCAConfig, inputs: int, outputs: int) -> Sum:
    straight = nn.Linear(inputs, outputs, bias=False)
    nn.init.eye_(straight.weight)
    straight.weight.requires_grad_(False)
    layers: list[nn.Module] = []
    width = inputs
    for _ in range(config.layers):
        layers += [nn.Linear(width, config.hidden), nn.SiLU()]
        width = config.hidden
    last = nn.Linear(width, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return Sum(straight, nn.Sequential(*layers, last))


def _correction(side: nn.Module) -> nn.Sequential:
    assert isinstance(side, Sum)
    bent = side.branches[1]
    assert isinstance(bent, nn.Sequential)
    return bent


def _squares(config: CorrectedPCAConfig) -> list[nn.Linear]:
    squares = [nn.Linear(config.latent, config.latent, bias=False) for _ in range(config.squares)]
    for square in squares:
        nn.init.eye_(square.weight)
    return squares


def build(config: CorrectedPCAConfig, seed: int) -> CorrectedPCA:
    """A fresh network of no images: random orthonormal components around mid grey, not corrected.

    The same seed gives the same weights on any device.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = CorrectedPCA(config)
    components = PCAConfig(channels=config.channels, size=config.size, latent=config.components)
    model.start_from(build_pca(components, seed))
    return model


MODEL = ModelKind(
    "corrected-pca",
    CorrectedPCAConfig,
    "a corrected principal component analysis",
    CorrectedPCA,
    build,
)
