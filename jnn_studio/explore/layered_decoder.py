"""Pictures and their push-forwards through a decoder of many layers, which are run once for both."""

from __future__ import annotations

from torch import Tensor

from jnn_studio.jacobian import JacobianOperator
from jnn_studio.models.latent_model import AffineDecoding


class LayeredDecoder:
    """The layers of a decoding that ends in an affine map; the last latent asked for is kept."""

    def __init__(self, decoding: AffineDecoding) -> None:
        self._decoding = decoding
        self._last: tuple[Tensor, JacobianOperator, Tensor] | None = None

    def picture(self, latent: Tensor) -> Tensor:
        """One latent (latent,) → image (channels, size, size), not clipped."""
        return self._decoding.render(self._at(latent)[1])[0]

    def picture_and_push(self, latent: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """`picture`, and how it changes along columns (latent, k): (k, values)."""
        layers, output = self._at(latent)
        pushes = layers.push(vectors.unsqueeze(0))[0].T.reshape(-1, *output.shape[1:])
        return self._decoding.picture_and_push(output, pushes)

    def _at(self, latent: Tensor) -> tuple[JacobianOperator, Tensor]:
        last = self._last
        if last is None or last[0] is not latent:
            layers = JacobianOperator(self._decoding.decoder, latent.unsqueeze(0))
            output = layers.output
            assert isinstance(output, Tensor)
            last = self._last = (latent, layers, output)
        return last[1:]
