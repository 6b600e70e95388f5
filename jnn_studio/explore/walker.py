"""Walking a model's latent space along the singular directions of its encoder's Jacobian."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jnn_studio.data.pixels import psnr, to_uint8
from jnn_studio.explore.calibration import Calibration, calibrate
from jnn_studio.jacobian import GramSVD, effective_rank
from jnn_studio.models.autoencoder import Autoencoder


@dataclass(frozen=True)
class Place:
    """One model at one image: its latent, and the directions that lead away from it.

    Attributes:
        latent: (latent,).
        directions: left singular vectors of the encoder's Jacobian at the image, columns (latent, k).
        right: right singular vectors, rows (k, features); they keep signs when weights change.
        sigma: all singular values, descending.
        effective_rank: of ``sigma``.
        calibration: image change against latent distance for each direction.
        start: the decoded latent, clipped to [0, 1]: what RMS changes are measured from.
        reconstruction: the same as uint8 (height, width, 3).
        psnr: of the reconstruction, in dB for images in [0, 1].
    """

    latent: Tensor
    directions: Tensor
    right: Tensor
    sigma: np.ndarray
    effective_rank: float
    calibration: Calibration
    start: Tensor
    reconstruction: np.ndarray
    psnr: float


@dataclass(frozen=True)
class Moved:
    """Where a walk arrived: the image as uint8 (height, width, 3) and its RMS distance from the start."""

    image: np.ndarray
    rms: float


class Walker:
    """A model at fixed weights, ready to be walked.

    z = h(x) + Σ α_d u_d, with u_d the d-th left singular vector of the encoder's Jacobian at x
    (Scarvelis & Solomon, NeurIPS 2024, B.3). Amounts are given as RMS change of the image and turned into
    α by `Calibration`, so that the same amount means the same in every model.

    Args:
        model: in evaluation mode, on the CPU; not to be trained while it is walked.
        limit: RMS image change the calibration reaches out to.
    """

    def __init__(self, model: Autoencoder, limit: float = 0.2) -> None:
        self.model = model
        self.limit = limit
        self._svd = GramSVD(model.encoder)

    def with_limit(self, limit: float) -> Walker:
        """The same model calibrated out to another limit; what was prepared for its weights is shared."""
        other = copy.copy(self)
        other.limit = limit
        return other

    @torch.no_grad()
    def place(self, image: Tensor, k: int, previous: Place | None = None) -> Place:
        """Directions and calibration at ``image`` (channels, size, size).

        With ``previous``, the place at the same image before the weights changed, signs are kept.
        """
        features = self.model.dct(image.unsqueeze(0))
        svd = self._svd(features)
        sigma = svd.sigma[0]
        u, vh = svd.u[0, :, :k], svd.vh[0, :k]
        latent = self.model.encoder(features)[0]
        if previous is not None and previous.right.shape == vh.shape:
            sign = torch.where((vh * previous.right).sum(1) < 0, -1.0, 1.0)
        else:
            # Of the two signs, the one that brightens the image: arbitrary, but always the same.
            latents = latent.expand(u.shape[1], -1).contiguous()
            push = torch.func.jvp(self.model.decode, (latents,), (u.T.contiguous(),))[1]
            sign = torch.where(push.flatten(1).sum(1) < 0, -1.0, 1.0)
        u, vh = u * sign, vh * sign.unsqueeze(1)
        start = self.model.decode(latent.unsqueeze(0)).clamp(0, 1)[0]
        return Place(
            latent=latent,
            directions=u,
            right=vh,
            sigma=sigma.numpy(),
            effective_rank=float(effective_rank(sigma)),
            calibration=calibrate(self.model.decode, latent, u, self.limit),
            start=start,
            reconstruction=to_uint8(start),
            psnr=psnr(start.unsqueeze(0), image.unsqueeze(0)),
        )

    @torch.no_grad()
    def move(self, place: Place, amounts: Sequence[float]) -> Moved:
        """Go ``amounts[d]`` RMS along direction d, for all d at once."""
        latent = place.latent.clone()
        for d, amount in enumerate(amounts):
            if amount:
                latent += place.calibration.distance(d, amount) * place.directions[:, d]
        return self._decode(place, latent.unsqueeze(0))[0]

    @torch.no_grad()
    def strip(self, place: Place, direction: int, amounts: Sequence[float]) -> list[Moved]:
        """One image for each amount along one direction."""
        alphas = [place.calibration.distance(direction, amount) for amount in amounts]
        steps = torch.tensor(alphas, dtype=place.latent.dtype).unsqueeze(1)
        return self._decode(place, place.latent + steps * place.directions[:, direction])

    def _decode(self, place: Place, latents: Tensor) -> list[Moved]:
        images = self.model.decode(latents).clamp(0, 1)
        rms = (images - place.start).square().flatten(1).mean(1).sqrt()
        return [Moved(to_uint8(image), float(r)) for image, r in zip(images, rms, strict=True)]
