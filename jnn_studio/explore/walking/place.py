"""Where walks start and where they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from jnn_studio.explore.directions.groups import Grouping
from jnn_studio.explore.state import FoundKind
from jnn_studio.explore.walking.calibration import Calibration


@dataclass(frozen=True)
class Place:
    """One model at one image or latent, and the directions that lead away from it.

    Attributes:
        kind: what the directions are.
        method: how they were found.
        latent: (latent,).
        directions: unit columns (latent, k), in the order of the sliders.
        push: their decoded push-forwards, (k, values).
        sigma: of the directions first, in their order, then all others, descending.
        spectrum: the singular values of the Jacobian itself, descending; the directions' own are others
            where a group has another basis, or where they are those of all images.
        effective_rank: of ``spectrum``.
        calibration: image change against latent distance for each direction.
        start: the decoded latent, clipped to [0, 1]: what RMS changes are measured from.
        reconstruction: the same as uint8 (height, width, 3).
        psnr: of the reconstruction, in dB for images in [0, 1]; None where an earlier walk led here.
        grouping: groups of near-equal singular values; None where directions are determined one by one.
        own: what number each direction has in ``grouping``.
        rotated: the groups have another basis than the decomposition gave.
        inside: (k,) share of each direction's squared change that is in the region; None without one.
        fit: (k,) how much of each averaged direction lies among the leading ones here, the cosine of the
            angle to their subspace; None where they were found here.
    """

    kind: FoundKind
    method: str
    latent: Tensor
    directions: Tensor
    push: Tensor
    sigma: np.ndarray
    spectrum: np.ndarray
    effective_rank: float
    calibration: Calibration
    start: Tensor
    reconstruction: np.ndarray
    psnr: float | None
    grouping: Grouping | None = None
    own: tuple[int, ...] = ()
    rotated: bool = False
    inside: np.ndarray | None = None
    fit: np.ndarray | None = None

    def group(self, direction: int) -> tuple[int, ...]:
        """Those of these directions that this one can turn into, and itself.

        Empty if it stands alone, or that is not known yet.
        """
        members = self._members(direction)
        return tuple(d for d, own in enumerate(self.own) if own in members)

    def group_size(self, direction: int) -> int:
        """How many can turn into it, with those that are none of these directions, and itself."""
        return len(self._members(direction))

    def _members(self, direction: int) -> tuple[int, ...]:
        if self.grouping is None or direction >= len(self.own):
            return ()
        return self.grouping.members(self.own[direction])

    def reordered(self, order: Sequence[int], signs: Sequence[float]) -> Place:
        """The same place with direction ``order[d]``, times ``signs[d]``, as the d-th."""
        index, sign = torch.tensor(list(order)), torch.tensor(list(signs), dtype=self.directions.dtype)
        others = np.delete(self.sigma, list(order))
        return replace(
            self,
            directions=self.directions[:, index] * sign,
            push=self.push[index] * sign.unsqueeze(1),
            sigma=np.concatenate([self.sigma[list(order)], others]),
            calibration=self.calibration.reordered(order, signs),
            own=tuple(self.own[index] for index in order),
            inside=None if self.inside is None else self.inside[list(order)],
            fit=None if self.fit is None else self.fit[list(order)],
        )


@dataclass(frozen=True)
class Here:
    """The directions where a curved walk has arrived, followed from the base; as in `Place`."""

    directions: Tensor
    push: Tensor
    sigma: np.ndarray
    effective_rank: float


@dataclass(frozen=True)
class Moved:
    """Where a walk arrived.

    Attributes:
        image: uint8 (height, width, 3).
        rms: its RMS distance from the start, images in [0, 1].
        latent: (latent,).
        length: of the path in image space (RMS), for a curved walk.
        here: the directions there, for a curved walk.
        stopped: why the walk ended before it was as long as asked for; empty if it did not.
        stopped_at: the signed amount of the leg that was stopped at which it was.
    """

    image: np.ndarray
    rms: float
    latent: Tensor
    length: float | None = None
    here: Here | None = None
    stopped: str = ""
    stopped_at: float | None = None
