"""The directions a model offers at a point of its latent space, and what they do to the picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from jnn_studio.explore.state import DirectionKind
from jnn_studio.jacobian import GramSVD, jacobian_svd
from jnn_studio.jacobian.gram import two_layers
from jnn_studio.jacobian.tall_gram import TallGram
from jnn_studio.models.autoencoder import Autoencoder
from jnn_studio.models.latent_model import LatentModel


@dataclass(frozen=True)
class Directions:
    """All directions at one point, strongest first.

    Attributes:
        vectors: unit columns (latent, k).
        sigma: (k,): singular values of the Jacobian in question; for latent axes, the length of their
            push-forwards.
    """

    vectors: Tensor
    sigma: Tensor


class DirectionField:
    """One model at fixed weights; what depends on the weights alone is prepared once.

    Kinds: ``"encoder"``: left singular vectors of the encoder's Jacobian (Scarvelis & Solomon, NeurIPS
    2024, B.3); ``"decoder"``: right singular vectors of the decoder's; ``"axes"``: the latent's axes, by
    their KL where the model knows it (a β-VAE; the paper's Fig. 8), else by how far they move the picture.
    """

    def __init__(self, model: LatentModel) -> None:
        self.model = model
        self._encoder = GramSVD(model.encoder) if two_layers(model.encoder) is not None else None
        # With a refinement behind it the decoder's picture is no isometry of its coefficients.
        plain = isinstance(model, Autoencoder) and model.refinement is None
        decoder = model.decoder if isinstance(model, Autoencoder) and plain else None
        self._decoder = TallGram(decoder) if decoder is not None and two_layers(decoder) is not None else None

    def at_image(self, kind: DirectionKind, image: Tensor, latent: Tensor) -> Directions:
        """Directions at an image (channels, size, size) and its latent."""
        if kind == "encoder":
            return self._of_encoder(self.model.encoder_input(image.unsqueeze(0)))
        return self.at_latent(kind, latent)

    def at_latent(self, kind: DirectionKind, latent: Tensor) -> Directions:
        """Directions at a latent; those of the encoder are taken at the picture it decodes to."""
        if kind == "encoder":
            decoded = self.model.decode(latent.unsqueeze(0)).clamp(0, 1)
            return self._of_encoder(self.model.encoder_input(decoded))
        if kind == "axes":
            return self._axes(latent)
        if self._decoder is not None:
            sigma, vectors = self._decoder.right(latent.unsqueeze(0))
            return Directions(vectors[0], sigma[0])
        identity = torch.eye(len(latent), dtype=latent.dtype)
        columns = self.push(latent, identity)
        squares, vectors = torch.linalg.eigh(columns.double() @ columns.double().T)
        return Directions(vectors.flip(1).to(latent), squares.flip(0).clamp_min(0).sqrt().to(latent))

    def push(self, latent: Tensor, vectors: Tensor) -> Tensor:
        """Decoded push-forwards of columns (latent, k): the change of the picture, (k, values)."""
        if self._decoder is not None and isinstance(self.model, Autoencoder):
            return self.model.dct.inverse(self._decoder.push(latent, vectors)).flatten(1)
        latents = latent.expand(vectors.shape[1], -1).contiguous()
        moved = torch.func.jvp(self.model.decode, (latents,), (vectors.T.contiguous(),))[1]
        return moved.flatten(1)

    def _of_encoder(self, features: Tensor) -> Directions:
        if self._encoder is not None:
            svd = self._encoder(features)
        else:
            svd = jacobian_svd(self.model.encoder, features)
        return Directions(svd.u[0], svd.sigma[0])

    def _axes(self, latent: Tensor) -> Directions:
        identity = torch.eye(len(latent), dtype=latent.dtype)
        lengths = torch.linalg.vector_norm(self.push(latent, identity), dim=1)
        known = getattr(self.model, "axis_kl", None)
        rank = known if isinstance(known, Tensor) and bool(known.any()) else lengths
        order = rank.argsort(descending=True, stable=True)
        return Directions(identity[:, order], lengths[order])
