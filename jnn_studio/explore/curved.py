"""Walks that follow a singular direction as it turns: the flow of the d-th direction field."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from jnn_studio.explore.direction_fields import DirectionField
from jnn_studio.explore.place import Place
from jnn_studio.explore.state import DirectionKind, Leg
from jnn_studio.jacobian import JacobianSVD, SingularTracker

STEP = 0.006
"""Length of a step in image space, RMS."""
SMALLEST = STEP / 16
"""A direction that still turns too sharply at this step is lost."""
TURN = math.cos(math.radians(20))
"""A step along which the direction turns further is halved."""
LOST = math.cos(math.radians(45))
VANISHED = 1e-3
"""Below this share of σ₁ a direction is one of many that do nothing."""
STUCK = 0.05
"""A step that changes the picture by less than this share of its length leads nowhere (colours clipped)."""
MARGIN = 4
"""Directions looked at beyond those followed, so that one that falls behind in σ is still found."""
KEPT_PATHS = 64

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Knot:
    """A point of a path.

    Attributes:
        length: of the path up to here, RMS in image space.
        latent: (latent,).
        directions: all that are followed, columns (latent, k).
        sigma: theirs first, then all others.
        picture: the decoded latent, clipped to [0, 1].
    """

    length: float
    latent: Tensor
    directions: Tensor
    sigma: np.ndarray
    picture: Tensor


@dataclass
class Path:
    """Part of the flow of one direction, one way; longer as soon as somebody goes further."""

    knots: list[Knot]
    stopped: str = ""


@dataclass
class CurvedPaths:
    """What has been walked from one place: by the legs before, the direction and the way."""

    paths: OrderedDict[tuple[tuple[Leg, ...], int, bool], Path] = field(default_factory=OrderedDict)

    def path(self, before: tuple[Leg, ...], leg: Leg, start: Knot) -> Path:
        """The path that goes on from ``start``; a new one of no length if it was never begun."""
        key = (before, leg.direction, leg.amount > 0)
        if key not in self.paths:
            self.paths[key] = Path([start])
        self.paths.move_to_end(key)
        while len(self.paths) > KEPT_PATHS:
            self.paths.popitem(last=False)
        return self.paths[key]


@dataclass(frozen=True)
class Arrival:
    """The end of a curved walk; ``length`` is that of all legs together."""

    knot: Knot
    length: float
    stopped: str


class CurvedWalk:
    """The flow of the direction field of one model from one place.

    dz/ds = ±u_d(z)/‖J_dec u_d‖, s being path length in image space, by Heun's method; directions are kept
    apart by `SingularTracker`. The field is taken anew at every step.
    """

    def __init__(self, directions: DirectionField, kind: DirectionKind, place: Place) -> None:
        self._field, self._kind, self._place = directions, kind, place
        self._k = place.directions.shape[1]

    @torch.no_grad()
    def arrive(self, legs: Sequence[Leg], paths: CurvedPaths) -> Arrival:
        """Walk the legs one after the other; what is in ``paths`` already is not walked again."""
        place = self._place
        here = Knot(0.0, place.latent, place.directions, place.sigma, place.start)
        total, stopped = 0.0, ""
        for number, leg in enumerate(legs):
            path = paths.path(tuple(legs[:number]), leg, here)
            wanted = abs(leg.amount)
            while path.knots[-1].length < wanted and not path.stopped:
                self._extend(path, leg)
            here, gone = self._at(path, min(wanted, path.knots[-1].length), path.knots[0].length)
            total += gone
            if path.stopped and gone < wanted - 1e-9:
                stopped = path.stopped
        return Arrival(here, total, stopped)

    def _at(self, path: Path, length: float, start: float) -> tuple[Knot, float]:
        """The point of a path at ``length``, as the start of another (length 0), and how far that is."""
        knots = path.knots
        after = next((i for i, knot in enumerate(knots) if knot.length >= length), len(knots) - 1)
        knot = knots[after]
        if after and knot.length > length:
            before = knots[after - 1]
            share = (length - before.length) / (knot.length - before.length)
            latent = torch.lerp(before.latent, knot.latent, share)
            knot = self._look(before, latent)
        return Knot(0.0, knot.latent, knot.directions, knot.sigma, knot.picture), length - start

    def _extend(self, path: Path, leg: Leg) -> None:
        """One step further, or the reason why there is none."""
        d, sign = leg.direction, math.copysign(1.0, leg.amount)
        last = path.knots[-1]
        name = f"u{d + 1}"
        if last.sigma[d] <= VANISHED * last.sigma.max():
            path.stopped = f"{name} ends here: its σ has vanished"
            return
        step = STEP
        while True:
            velocity = self._velocity(last, d) * sign
            probe = self._look(last, last.latent + step * velocity)
            cosine = float(last.directions[:, d] @ probe.directions[:, d])
            if cosine >= TURN or step <= SMALLEST:
                break
            step /= 2
        if cosine < LOST:
            path.stopped = f"{name} is lost here: it turns by more than 45° within {step:.4f} RMS"
            return
        mean = (velocity + sign * self._velocity(probe, d)) / 2
        knot = self._look(last, last.latent + step * mean)
        if float(last.directions[:, d] @ knot.directions[:, d]) < LOST:
            path.stopped = f"{name} is lost here: it turns by more than 45° within {step:.4f} RMS"
            return
        change = float((knot.picture - last.picture).square().mean().sqrt())
        if not math.isfinite(change) or change < STUCK * step:
            path.stopped = f"{name} ends here: the picture changes no further"
            return
        path.knots.append(
            Knot(last.length + change, knot.latent, knot.directions, knot.sigma, knot.picture)
        )

    def _velocity(self, knot: Knot, d: int) -> Tensor:
        """Latent change per unit of RMS image change along direction d."""
        direction = knot.directions[:, d : d + 1]
        push = self._field.push(knot.latent, direction)[0]
        return direction[:, 0] / push.square().mean().sqrt().clamp_min(1e-12)

    def _look(self, before: Knot, latent: Tensor) -> Knot:
        """The directions at ``latent`` as continuations of those of ``before``."""
        found = self._field.at_latent(self._kind, latent)
        count = min(self._k + MARGIN, len(found.sigma))
        tracker = SingularTracker(keep=self._k, side="left")
        tracker.update(_decomposition(before.directions, torch.from_numpy(before.sigma[: self._k].copy())))
        tracked = tracker.update(_decomposition(found.vectors[:, :count], found.sigma[:count]))
        followed = tracked.sigma[0].numpy()
        sigma = np.concatenate([followed, found.sigma[self._k :].numpy()])
        picture = self._field.model.decode(latent.unsqueeze(0)).clamp(0, 1)[0]
        return Knot(before.length, latent, tracked.u[0], sigma, picture)


def _decomposition(vectors: Tensor, sigma: Tensor) -> JacobianSVD:
    """For the tracker, which is asked to follow the latent side alone."""
    return JacobianSVD(
        vectors.unsqueeze(0),
        sigma.to(vectors).unsqueeze(0),
        vectors.T.unsqueeze(0),
        torch.zeros(1, vectors.shape[1], dtype=vectors.dtype),
        "followed",
    )
