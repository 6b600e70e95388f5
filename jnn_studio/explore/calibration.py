"""How far to go along a latent direction so that the image changes by a given amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Decode = Callable[[Tensor], Tensor]

GRID = 8
MAX_DOUBLINGS = 8


@dataclass(frozen=True)
class Calibration:
    """For each of k directions, image change against signed latent distance.

    Attributes:
        alpha: signed latent distances (k, 2·GRID + 1), ascending, zero in the middle.
        rms: the signed RMS change of the image at each (k, 2·GRID + 1), ascending; images in [0, 1], clipped.
    """

    alpha: np.ndarray
    rms: np.ndarray

    def distance(self, direction: int, amount: float) -> float:
        """The signed latent distance α at which the image has changed by |amount| RMS.

        Where the decoder cannot change the image that much, the furthest distance measured.
        """
        return float(np.interp(amount, self.rms[direction], self.alpha[direction]))


@torch.no_grad()
def calibrate(decode: Decode, latent: Tensor, directions: Tensor, limit: float) -> Calibration:
    """Measure the image change along each direction, out to at least ``limit`` RMS where that is reached.

    Models differ by orders of magnitude in the scale of their latents; walking each by the same amount in
    image space is what makes them comparable.

    Args:
        decode: (batch, latent) → images.
        latent: where the walk starts, (latent,).
        directions: unit columns (latent, k).
        limit: RMS change wanted at the end of the range, images being in [0, 1].
    """
    start = decode(latent.unsqueeze(0)).clamp(0, 1)

    def change(alpha: Tensor) -> Tensor:
        """RMS change for α (k, s): (k, s)."""
        latents = latent + alpha.unsqueeze(-1) * directions.T.unsqueeze(1)
        images = decode(latents.flatten(0, 1)).clamp(0, 1)
        return (images - start).square().flatten(1).mean(1).sqrt().reshape(alpha.shape)

    k = directions.shape[1]
    probe = torch.full((k, 1), 1e-3 * float(latent.norm().clamp_min(1.0)), dtype=latent.dtype)
    slope = (change(probe) / probe).clamp_min(1e-12)
    ends = (limit / slope).expand(k, 2) * torch.tensor([-1.0, 1.0])
    for _ in range(MAX_DOUBLINGS):
        short = change(ends) < limit
        if not short.any():
            break
        ends = torch.where(short, 2 * ends, ends)
    fractions = torch.linspace(0, 1, GRID + 1)[1:]
    alpha = torch.cat([ends[:, :1] * fractions.flip(0), torch.zeros(k, 1), ends[:, 1:] * fractions], dim=1)
    rms = change(alpha).double().numpy()
    # Clipping can make the change fall back a little on the way out; a slider must not.
    negative = -np.maximum.accumulate(rms[:, GRID - 1 :: -1], axis=1)[:, ::-1]
    positive = np.maximum.accumulate(rms[:, GRID + 1 :], axis=1)
    signed = np.concatenate([negative, np.zeros((k, 1)), positive], axis=1)
    return Calibration(alpha.double().numpy(), signed)
