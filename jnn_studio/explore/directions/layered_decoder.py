"""Pictures and their push-forwards through a decoder of many layers, which are run once for both."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jnn_studio.jacobian import JacobianOperator
from jnn_studio.jacobian.thin_svd import float64
from jnn_studio.models.latent_model import AffineDecoding

CLOSED = 2e-3
"""Directions that the first layers weaken by this, compared with the strongest, are left out …"""
WORTH = 0.8
"""… if no larger part of all remains."""


class LayeredDecoder:
    """The layers of a decoding that ends in an affine map; the last latent asked for is kept."""

    def __init__(self, decoding: AffineDecoding) -> None:
        self._decoding = decoding
        self._last: tuple[Tensor, JacobianOperator, Tensor] | None = None

    def picture(self, latent: Tensor) -> Tensor:
        """One latent (latent,) → image (channels, height, width), not clipped."""
        return self._decoding.render(self._at(latent)[1])[0]

    def picture_and_push(self, latent: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """`picture`, and how it changes along columns (latent, k): (k, values)."""
        layers, output = self._at(latent)
        pushes = layers.push(vectors.unsqueeze(0))[0].T.reshape(-1, *output.shape[1:])
        return self._decoding.picture_and_push(output, pushes)

    def picture_and_leading(self, latent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`picture`, its changes (r, values) along an orthonormal basis of what changes it, and that basis.

        Directions are left out which the linear layers at the beginning, of which products with a Jacobian
        cost next to nothing, do not let through: the basis is (latent, r).
        """
        layers, output = self._at(latent)
        basis = torch.eye(len(latent), dtype=latent.dtype)
        first, rest = layers.split(_begins_to_cost)
        tangents = first.push(basis.unsqueeze(0))
        values, vectors = torch.linalg.eigh(float64(tangents[0].T @ tangents[0]))
        known = values > CLOSED**2 * values[-1]
        if int(known.sum()) < WORTH * len(latent):
            basis = vectors[:, known].to(latent)
            tangents = tangents @ basis
        pushes = rest.push(tangents)[0].T.reshape(-1, *output.shape[1:])
        return *self._decoding.picture_and_push(output, pushes), basis

    def _at(self, latent: Tensor) -> tuple[JacobianOperator, Tensor]:
        last = self._last
        if last is None or last[0] is not latent:
            layers = JacobianOperator(self._decoding.decoder, latent.unsqueeze(0))
            output = layers.output
            assert isinstance(output, Tensor)
            last = self._last = (latent, layers, output)
        return last[1:]


def _begins_to_cost(layer: object) -> bool:
    return isinstance(layer, nn.Module) and any(p.ndim > 2 for p in layer.parameters())
