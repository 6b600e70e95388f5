"""One step along the flow of a direction field: dz/ds = ±u_d(z) / ‖change of the picture along u_d(z)‖."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from jnn_studio.explore.choice import DirectionChoice
from jnn_studio.explore.direction_fields import DirectionField, Directions
from jnn_studio.explore.place import Place
from jnn_studio.jacobian.tracker import CLUSTER, continuation

STEP = 0.008
"""Longest step, RMS image change."""
SMALLEST = STEP / 64
TURN = 12.0
"""A step along which the direction turns by more degrees is halved …"""
CALM = 4.0
"""… and one along which it turns by fewer is followed by one twice as long."""
LOST = 45.0
"""A direction that turns by more degrees within the smallest step is lost."""
UNEVEN = 1.5
"""A step along which the speed changes by a larger factor is halved too."""
UNSURE = 0.03
"""So is one whose end is uncertain by a larger part of it (judged by the trapezoidal rule)."""
VANISHED = 1e-4
"""Below this part of σ₁ a direction is one of many that do nothing."""
STUCK = 0.01
"""The picture has stopped changing where it changes this much slower than it has before."""
MARGIN = 8
"""Directions looked at beyond those followed, so that one that falls behind in σ is still found."""


@dataclass(frozen=True)
class Knot:
    """A point of a path.

    Attributes:
        latent: (latent,).
        directions: those followed, columns (latent, k).
        sigma: theirs, then all others, descending.
        length: of the path up to here, RMS in image space.
        velocity: latent change per RMS of image change along the path (latent,); zeros where unknown.
        speed: RMS image change per unit of latent distance along the path.
        fastest: the largest speed of the path up to here.
    """

    latent: Tensor
    directions: Tensor
    sigma: np.ndarray
    length: float
    velocity: Tensor
    speed: float
    fastest: float


class Flow:
    """Steps along the directions of one choice, all of them followed as `SingularTracker` does.

    Where near neighbours are followed as a group, ``cluster`` is as there.

    Path length is that of the picture as it is seen, so clipped pixels do not count. Steps are
    Adams–Bashforth's of second order for uneven steps (the first by the midpoint rule): one evaluation of
    the field each.
    """

    step = STEP

    def __init__(self, field: DirectionField, choice: DirectionChoice, cluster: float = CLUSTER) -> None:
        self._field, self._choice, self._cluster = field, choice, cluster

    def start(self, place: Place) -> Knot:
        """The base."""
        zero = torch.zeros_like(place.latent)
        return Knot(place.latent, place.directions, place.sigma, 0.0, zero, 0.0, 0.0)

    def begin(self, at: Knot, d: int, sign: float) -> Knot:
        """The first knot of a path along direction d."""
        return self._moving(replace(at, length=0.0, fastest=0.0), d, sign)

    def advance(
        self, last: Knot, before: Knot | None, d: int, sign: float, step: float
    ) -> tuple[Knot | None, float, str]:
        """(the next knot, the step to try after it, why there is none)."""
        name = f"u{d + 1}"
        if last.sigma[d] <= VANISHED * last.sigma.max():
            return None, step, f"{name} ends here: its σ is below {VANISHED:g} of the largest"
        if not last.speed > STUCK * last.fastest:
            return None, step, f"{name} ends here: the picture no longer changes along it"
        while True:
            velocity = self._velocity(last, before, d, sign, step)
            knot = self._moving(self.look(last, last.latent + step * velocity), d, sign)
            turn = _degrees(last.directions[:, d], knot.directions[:, d])
            calm = turn <= TURN and last.speed < UNEVEN * knot.speed < UNEVEN**2 * last.speed
            error = float((velocity - (last.velocity + knot.velocity) / 2).norm() / velocity.norm())
            calm = calm and error <= UNSURE
            if calm or step <= SMALLEST:
                break
            step = max(step / 2, SMALLEST)
        if not (bool(torch.isfinite(knot.latent).all()) and math.isfinite(knot.speed)):
            return None, step, f"{name} ends here: the picture no longer changes along it"
        if turn > LOST:
            return None, step, f"{name} is lost here: it turns by more than {LOST:g}° within {step:.2g} RMS"
        knot = replace(knot, length=last.length + step, fastest=max(last.fastest, knot.speed))
        longer = turn < CALM and error < UNSURE / 4
        return knot, min(2 * step, STEP) if longer else step, ""

    def look(self, before: Knot, latent: Tensor) -> Knot:
        """The point at ``latent``, with the directions that continue those of ``before``."""
        if self._choice.averaged is not None and self._choice.fixed:
            return replace(before, latent=latent)
        if self._choice.fixed:
            lengths = torch.linalg.vector_norm(self._field.push(latent, before.directions), dim=1)
            k = before.directions.shape[1]
            sigma = np.concatenate([lengths.numpy(), before.sigma[k:]])
            return replace(before, latent=latent, sigma=sigma)
        found = self._choice.at_latent(self._field, latent)
        directions, sigma = _followed(before.directions, found, self._cluster)
        return replace(before, latent=latent, directions=directions, sigma=sigma)

    def _velocity(self, last: Knot, before: Knot | None, d: int, sign: float, step: float) -> Tensor:
        if before is None:
            half = self.look(last, last.latent + 0.5 * step * last.velocity)
            return self._moving(half, d, sign).velocity
        ratio = step / (last.length - before.length)
        return (1 + ratio / 2) * last.velocity - ratio / 2 * before.velocity

    def _moving(self, knot: Knot, d: int, sign: float) -> Knot:
        u = knot.directions[:, d]
        picture, push = self._field.picture_and_push(knot.latent, u.unsqueeze(1))
        seen = ((picture > 0) & (picture < 1)).flatten()
        speed = float((push[0] * seen).square().mean().sqrt())
        velocity = sign * u / speed if speed > 0 else torch.zeros_like(u)
        return replace(knot, velocity=velocity, speed=speed, fastest=max(knot.fastest, speed))


def _followed(last: Tensor, found: Directions, cluster: float) -> tuple[Tensor, np.ndarray]:
    """The new directions that continue columns (latent, k), and all σ with theirs first."""
    k = last.shape[1]
    count = min(k + MARGIN, len(found.sigma))
    vectors, sigma = found.vectors[:, :count], found.sigma[:count]
    rotation = continuation(last, vectors, sigma, cluster)
    values = (sigma @ rotation.square()).numpy()
    rest = found.sigma.numpy()
    others = np.ones(len(rest), bool)
    for value in values:
        others[np.where(others, np.abs(rest - value), np.inf).argmin()] = False
    followed = vectors @ rotation
    if found.lengths is not None:  # of vectors that are not orthogonal a mixture is no unit vector
        followed = followed / torch.linalg.vector_norm(followed, dim=0)
    return followed, np.concatenate([values, rest[others]])


def _degrees(a: Tensor, b: Tensor) -> float:
    """Angle between unit vectors."""
    return math.degrees(math.acos(min(max(float(a @ b), -1.0), 1.0)))
