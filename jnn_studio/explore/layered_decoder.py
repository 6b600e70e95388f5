"""Pictures and their push-forwards through a decoder of many layers, which are run once for both."""

from __future__ import annotations

import torch
from torch import Tensor

from jnn_studio.jacobian import JacobianOperator
from jnn_studio.models.autoencoder import Autoencoder
from jnn_studio.models.beta_vae import BetaVAE
from jnn_studio.models.latent_model import LatentModel


class LayeredDecoder:
    """A decoder whose picture is an affine map of what its layers give; the last latent asked for is kept."""

    def __init__(self, model: Autoencoder | BetaVAE) -> None:
        self._model = model
        self._last: tuple[Tensor, JacobianOperator, Tensor] | None = None

    @classmethod
    def of(cls, model: LatentModel) -> LayeredDecoder | None:
        """That of a model, if it has one: a refinement after the decoder bends the picture once more."""
        if isinstance(model, BetaVAE) or (isinstance(model, Autoencoder) and model.refinement is None):
            return cls(model)
        return None

    def picture(self, latent: Tensor) -> Tensor:
        """One latent (latent,) → image (channels, size, size), not clipped."""
        return self._model.render(self._at(latent)[1])[0]

    def picture_and_push(self, latent: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """`picture`, and how it changes along columns (latent, k): (k, values)."""
        layers, output = self._at(latent)
        pushes = layers.push(vectors.unsqueeze(0))[0].T.reshape(-1, *output.shape[1:])
        pictures = self._model.render(torch.cat([torch.zeros_like(output), output, pushes]))
        # Of an affine map only the linear part moves.
        return pictures[1], (pictures[2:] - pictures[0]).flatten(1)

    def _at(self, latent: Tensor) -> tuple[JacobianOperator, Tensor]:
        last = self._last
        if last is None or last[0] is not latent:
            layers = JacobianOperator(self._model.decoder, latent.unsqueeze(0))
            output = layers.output
            assert isinstance(output, Tensor)
            last = self._last = (latent, layers, output)
        return last[1:]
