"""How far to go along a latent direction so that the image changes by a given amount."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Decode = Callable[[Tensor], Tensor]

FRACTIONS = (1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
"""Where along each half of the range the change is measured first."""
EVEN = 12
"""At how many evenly spaced changes it is then measured again: the curve may bend anywhere."""
MAX_DOUBLINGS = 8


@dataclass(frozen=True)
class Calibration:
    """For each of k directions, image change against signed latent distance.

    Attributes:
        alpha: signed latent distances (k, points), ascending, zero in the middle.
        rms: the signed RMS change of the image there, ascending; images in [0, 1], clipped.
    """

    alpha: np.ndarray
    rms: np.ndarray

    def distance(self, direction: int, amount: float) -> float:
        """The signed latent distance α at which the image has changed by |amount| RMS.

        Where the decoder cannot change the image that much, the furthest distance measured.
        """
        if amount == 0:
            return 0.0  # a stretch without any change must not lead away from the start
        return float(np.interp(amount, self.rms[direction], self.alpha[direction]))

    def reordered(self, order: Sequence[int], signs: Sequence[float]) -> Calibration:
        """For direction ``order[d]``, times ``signs[d]``, as the d-th."""
        alpha, rms = self.alpha[list(order)], self.rms[list(order)]
        turned = np.asarray(signs)[:, None] < 0
        return Calibration(np.where(turned, -alpha[:, ::-1], alpha), np.where(turned, -rms[:, ::-1], rms))


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
    scale = float(latent.norm().clamp_min(1.0))
    trial = latent.new_full((k, 1), 1e-3 * scale)
    slope = (change(trial) / trial).clamp_min(1e-3 * limit / scale)
    ends = limit / slope * latent.new_tensor([-1.0, 1.0])
    reached = change(ends)
    for _ in range(MAX_DOUBLINGS):
        short = reached < limit
        if not short.any():
            break
        further = change(2 * ends)
        # A decoder that saturates below the limit is not followed into nowhere.
        grows = short & (further > 1.01 * reached)
        ends = torch.where(grows, 2 * ends, ends)
        reached = torch.where(grows, further, reached)
    fractions = latent.new_tensor(FRACTIONS)
    zero = latent.new_zeros(k, 1)
    alpha = torch.cat([ends[:, :1] * fractions.flip(0), zero, ends[:, 1:] * fractions], dim=1)
    rms = change(alpha)
    amounts = limit * np.delete(np.linspace(-1, 1, 2 * EVEN + 1), EVEN)
    first = Calibration(alpha.double().numpy(), _ascending(alpha, rms))
    between = latent.new_tensor([[first.distance(d, a) for a in amounts] for d in range(k)])
    alpha, order = torch.cat([alpha, between], dim=1).sort(dim=1)
    rms = torch.cat([rms, change(between)], dim=1).gather(1, order)
    return Calibration(alpha.double().numpy(), _ascending(alpha, rms))


def _ascending(alpha: Tensor, rms: Tensor) -> np.ndarray:
    """Signed changes. Clipping can make them fall back a little on the way out; a slider must not."""
    signed = (rms * alpha.sign()).double().numpy()
    right = np.maximum.accumulate(signed.clip(min=0), axis=1)
    left = np.minimum.accumulate(signed.clip(max=0)[:, ::-1], axis=1)[:, ::-1]
    return left + right
