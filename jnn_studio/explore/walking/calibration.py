"""How far to go along a latent direction so that the image changes by a given amount."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

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
class Table:
    """Image change against signed latent distance along one direction.

    Attributes:
        alpha: signed latent distances (points,), ascending, zero in the middle.
        rms: the signed RMS change of the image there, ascending; images in [0, 1], clipped.
    """

    alpha: np.ndarray
    rms: np.ndarray

    def reversed(self) -> Table:
        """Along the opposite direction."""
        return Table(-self.alpha[::-1], -self.rms[::-1])


class Calibration:
    """For each of k directions, image change against signed latent distance, measured when first asked for.

    Models differ by orders of magnitude in the scale of their latents; walking each by the same amount in
    image space is what makes them comparable.

    Args:
        decode: (batch, latent) → images.
        latent: where the walk starts, (latent,).
        directions: unit columns (latent, k).
        limit: RMS change wanted at the end of the range, images being in [0, 1].
    """

    def __init__(self, decode: Decode, latent: Tensor, directions: Tensor, limit: float) -> None:
        self._tables = [
            _Kept(partial(measure, decode, latent, directions[:, d], limit))
            for d in range(directions.shape[1])
        ]
        self._signs: tuple[float, ...] = (1.0,) * len(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def table(self, direction: int) -> Table:
        """What was measured along a direction."""
        table = self._tables[direction].get()
        return table if self._signs[direction] > 0 else table.reversed()

    def distance(self, direction: int, amount: float) -> float:
        """The signed latent distance α at which the image has changed by |amount| RMS.

        Where the decoder cannot change the image that much, the furthest distance measured.
        """
        if amount == 0:
            return 0.0  # a stretch without any change must not lead away from the start
        table = self.table(direction)
        return float(np.interp(amount, table.rms, table.alpha))

    def measure_one(self, among: int) -> bool:
        """Measure along one more of the first ``among`` directions before its first use, if there is one.

        Returns:
            Whether there was.
        """
        missing = next((kept for kept in self._tables[:among] if not kept.known), None)
        if missing is not None:
            missing.get()
        return missing is not None

    def reordered(self, order: Sequence[int], signs: Sequence[float]) -> Calibration:
        """For direction ``order[d]``, times ``signs[d]``, as the d-th; what is measured is shared."""
        other = copy.copy(self)
        other._tables = [self._tables[d] for d in order]
        other._signs = tuple(self._signs[d] * sign for d, sign in zip(order, signs, strict=True))
        return other


class _Kept:
    """A table that is measured once."""

    def __init__(self, measured: Callable[[], Table]) -> None:
        self._measured: Callable[[], Table] | None = measured
        self._table: Table | None = None

    @property
    def known(self) -> bool:
        return self._table is not None

    def get(self) -> Table:
        if self._table is None:
            assert self._measured is not None
            self._table = self._measured()
            self._measured = None  # it holds a model
        return self._table


@torch.no_grad()
def measure(decode: Decode, latent: Tensor, direction: Tensor, limit: float) -> Table:
    """Measure the image change along a direction, out to at least ``limit`` RMS where that is reached.

    Args:
        decode: (batch, latent) → images.
        latent: where the walk starts, (latent,).
        direction: of length one, (latent,).
        limit: RMS change wanted at the end of the range, images being in [0, 1].
    """
    start = decode(latent.unsqueeze(0)).clamp(0, 1)

    def change(alpha: Tensor) -> Tensor:
        """RMS change for each of α (s,)."""
        images = decode(latent + alpha.unsqueeze(1) * direction).clamp(0, 1)
        return (images - start).square().flatten(1).mean(1).sqrt()

    scale = float(latent.norm().clamp_min(1.0))
    trial = latent.new_full((1,), 1e-3 * scale)
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
        if not grows.any():
            break
        ends = torch.where(grows, 2 * ends, ends)
        reached = torch.where(grows, further, reached)
    fractions = latent.new_tensor(FRACTIONS)
    alpha = torch.cat([ends[:1] * fractions.flip(0), latent.new_zeros(1), ends[1:] * fractions])
    rms = change(alpha)
    amounts = limit * np.delete(np.linspace(-1, 1, 2 * EVEN + 1), EVEN)
    between = latent.new_tensor(np.interp(amounts, _ascending(alpha, rms), alpha.double().numpy()))
    alpha, order = torch.cat([alpha, between]).sort()
    rms = torch.cat([rms, change(between)])[order]
    return Table(alpha.double().numpy(), _ascending(alpha, rms))


def _ascending(alpha: Tensor, rms: Tensor) -> np.ndarray:
    """Signed changes. Clipping can make them fall back a little on the way out; a slider must not."""
    signed = (rms * alpha.sign()).double().numpy()
    right = np.maximum.accumulate(signed.clip(min=0))
    left = np.minimum.accumulate(signed.clip(max=0)[::-1])[::-1]
    return left + right
