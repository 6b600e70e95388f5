"""Along the flow of a direction field: dz/ds = ±u_d(z) / ‖change of the picture along u_d(z)‖."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.directions.direction_fields import DirectionField, Directions
from jnn_studio.explore.directions.forms import Forms, Landmark, forms_at
from jnn_studio.explore.walking.place import Place
from jnn_studio.jacobian.tracker import CLUSTER, continuation

STEP = 0.008
"""Longest way between landmarks, RMS image change."""
SMALLEST = STEP / 64
PARTS = 2
"""Knots between landmarks, at least."""
TURN = 12.0
"""Between knots where the direction turns by more degrees there is another one."""
LOST = 45.0
"""A direction that turns by more degrees within the smallest step is lost."""
NEAR = 0.1
"""Part of σ by which those of neighbours may differ that it is said to have turned into …"""
WITHIN = 0.9
"""… where so much of it lies among them (cosine)."""
UNEVEN = 1.5
"""So there is where the speed changes by a larger factor."""
UNSURE = 0.0003
"""A landmark which is farther from where the way then leads is too far (RMS) …"""
WRONG = 0.15
"""… or by a larger part of the way to it."""
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
        push: how the picture changes along the directions, (k, values), where that was found with them.
    """

    latent: Tensor
    directions: Tensor
    sigma: np.ndarray
    length: float
    velocity: Tensor
    speed: float
    fastest: float
    push: Tensor | None = None


@dataclass(frozen=True)
class Stretch:
    """The way from one landmark to the next.

    Attributes:
        knots: without the one it began with.
        landmark: at its end.
        step: how far to try to go next.
        stopped: why it ends at its last knot; empty if it goes on.
    """

    knots: tuple[Knot, ...]
    landmark: Landmark | None
    step: float
    stopped: str = ""


class Flow:
    """Stretches along the directions of one choice, all of them followed as `SingularTracker` does.

    Where near neighbours are followed as a group, ``cluster`` is as there.

    The Jacobian is taken at landmarks alone. Between them its Gram matrices are interpolated, entry by
    entry: they are smooth, while singular vectors with near-equal singular values turn fast and are found
    at as many knots as that needs, from small matrices. The next landmark lies where extrapolated ones
    lead, and is near enough if interpolated ones lead almost there too.

    Path length is that of the picture as it is seen, so clipped pixels do not count.
    """

    step = STEP / 4

    def __init__(self, field: DirectionField, choice: DirectionChoice, cluster: float = CLUSTER) -> None:
        self._field, self._choice, self._cluster = field, choice, cluster

    @property
    def by_direction(self) -> bool:
        """Whether what is known of a point is known for one direction alone."""
        return self._choice.fixed

    def start(self, place: Place) -> Knot:
        """The base."""
        zero = torch.zeros_like(place.latent)
        return Knot(place.latent, place.directions, place.sigma, 0.0, zero, 0.0, 0.0)

    def landmark(self, at: Knot, d: int, length: float = 0.0) -> Landmark:
        """What is known of a point once the Jacobian has been taken there, for a path along direction d."""
        if not self._choice.fixed:
            return Landmark(
                length, self._choice.forms(self._field, at.latent, at.directions.shape[1] + MARGIN)
            )
        picture, push = self._field.picture_and_push(at.latent, at.directions[:, d : d + 1])
        seen = ((picture > 0) & (picture < 1)).flatten()
        return Landmark(length, Forms((), (push[0] * seen).double().square().mean().reshape(1, 1)))

    def begin(self, at: Knot, start: Landmark, d: int, sign: float) -> Knot:
        """The first knot of a path along direction d."""
        return self._knot(replace(at, length=0.0, fastest=0.0, push=None), start.forms, 0.0, d, sign)

    def lost_at_once(self, at: Knot, first: Knot, d: int) -> str:
        """Why a path along direction d ends at its `first` knot, if it does.

        Where a walk begins, an encoder's directions are those at the image, and from there on those at the
        pictures that are decoded.
        """
        if _degrees(at.directions[:, d], first.directions[:, d]) <= LOST:
            return ""
        return (
            f"u{d + 1} is lost at once: the model gives back another picture, and the encoder's directions "
            "there are others; make that picture the base (B), or follow the decoder's directions"
        )

    def advance(self, last: Knot, known: Sequence[Landmark], d: int, sign: float, step: float) -> Stretch:
        """The next stretch, ``step`` long or shorter; ``known`` are the last landmarks, up to two."""
        stopped = _spent(last, d)
        if stopped:
            return Stretch((), None, step, stopped)
        while True:
            guess = self._walk(last, known, d, sign, step, 1, LOST)
            end = guess[-1]
            if bool(torch.isfinite(end.latent).all()):
                landmark = self.landmark(end, d, end.length)
                parts = PARTS if step > SMALLEST else 1
                knots = self._walk(last, (*known, landmark), d, sign, step, parts, TURN)
                apart = float((knots[-1].latent - end.latent).norm())
                error = apart / max(float((knots[-1].latent - last.latent).norm()), 1e-30)
            else:
                landmark, knots, error = None, [], math.inf
            allowed = min(WRONG, UNSURE / step)
            if error <= allowed or step <= SMALLEST:
                break
            step = max(step / 2, SMALLEST)
        if landmark is None:
            return Stretch((), None, step, f"u{d + 1} ends here: the picture no longer changes along it")
        kept, stopped = _up_to_the_end(last, knots, d)
        longer = 0.8 * step * (allowed / max(error, 1e-12)) ** (1 / 3)
        return Stretch(kept, landmark, min(max(longer, step / 2, SMALLEST), 2 * step, STEP), stopped)

    def between(self, before: Knot, known: Sequence[Landmark], latent: Tensor, length: float) -> Knot:
        """The point at ``latent``, ``length`` along a path, its directions continuing those before."""
        if self._choice.averaged is not None and self._choice.fixed:
            return replace(before, latent=latent)
        if self._choice.fixed:
            lengths = torch.linalg.vector_norm(self._field.push(latent, before.directions), dim=1)
            k = before.directions.shape[1]
            sigma = np.concatenate([lengths.numpy(), before.sigma[k:]])
            return replace(before, latent=latent, sigma=sigma)
        count = before.directions.shape[1] + MARGIN
        found = self._choice.near(self._field, latent, forms_at(known, length), count)
        directions, sigma, push = _followed(before.directions, found, self._cluster)
        return replace(before, latent=latent, directions=directions, sigma=sigma, push=push)

    def _walk(
        self, last: Knot, known: Sequence[Landmark], d: int, sign: float, step: float, parts: int, turn: float
    ) -> list[Knot]:
        """The knots of a stretch where the forms are those on the curve through ``known``.

        There are at least ``parts``, and others where the direction turns by more than ``turn`` degrees.
        """
        wanted = [last.length + step * part / parts for part in range(parts, 0, -1)]
        knots = [last]
        while wanted:
            before, length = knots[-1], wanted[-1]
            knot = self._knot(before, forms_at(known, length), length, d, sign)
            calm = _degrees(before.directions[:, d], knot.directions[:, d]) <= turn
            even = before.speed < UNEVEN * knot.speed < UNEVEN**2 * before.speed
            if not (calm and even) and length - before.length > 1.01 * SMALLEST:
                wanted.append((before.length + length) / 2)
            else:
                knots.append(knot)
                wanted.pop()
        return knots[1:]

    def _knot(self, before: Knot, forms: Forms, length: float, d: int, sign: float) -> Knot:
        """The next knot, by the trapezoidal rule: velocities follow from the forms alone."""
        directions, sigma = before.directions, before.sigma
        if self._choice.fixed:
            squared = float(forms.speed[0, 0])
        else:
            found = self._choice.of_forms(self._field, forms, before.latent)
            directions, sigma, _ = _followed(directions, found, self._cluster)
            u = directions[:, d].double()
            squared = float(u @ forms.speed @ u)
        speed = math.sqrt(squared) if squared > 0 else 0.0
        u = directions[:, d]
        velocity = sign * u / speed if speed > 0 else torch.zeros_like(u)
        way = (length - before.length) / 2 * (before.velocity + velocity)
        fastest = max(before.fastest, speed)
        return Knot(before.latent + way, directions, sigma, length, velocity, speed, fastest)


def _spent(knot: Knot, d: int) -> str:
    """Why a path ends at a knot, if it does."""
    if knot.sigma[d] <= VANISHED * knot.sigma.max():
        return f"u{d + 1} ends here: its σ is below {VANISHED:g} of the largest"
    if not knot.speed > STUCK * knot.fastest:
        return f"u{d + 1} ends here: the picture no longer changes along it"
    return ""


def _up_to_the_end(last: Knot, knots: Sequence[Knot], d: int) -> tuple[tuple[Knot, ...], str]:
    """The knots up to where the path ends, and why it does."""
    kept: list[Knot] = []
    for knot in knots:
        before = kept[-1] if kept else last
        if not (bool(torch.isfinite(knot.latent).all()) and math.isfinite(knot.speed)):
            return tuple(kept), f"u{d + 1} ends here: the picture no longer changes along it"
        if _degrees(before.directions[:, d], knot.directions[:, d]) > LOST:
            return tuple(kept), f"u{d + 1} is lost here: {_why_lost(before, knot, d)}"
        kept.append(knot)
        ends = _spent(knot, d)
        if ends:
            return tuple(kept), ends
    return tuple(kept), ""


def _why_lost(before: Knot, knot: Knot, d: int) -> str:
    own = before.sigma[: before.directions.shape[1]]
    near = np.flatnonzero(np.abs(own - own[d]) <= NEAR * own[d])
    inside = torch.linalg.vector_norm(knot.directions[:, near].mT @ before.directions[:, d])
    if len(near) > 1 and float(inside) > WITHIN:
        return (
            "it turns into its neighbours, whose σ are nearly as large; choose a basis for them together "
            "(Which… ▸ Groups), which is followed as a whole"
        )
    return f"it turns by more than {LOST:g}° within {knot.length - before.length:.2g} RMS"


def _followed(last: Tensor, found: Directions, cluster: float) -> tuple[Tensor, np.ndarray, Tensor | None]:
    """The new directions that continue columns (latent, k), all σ with theirs first, and their pushes."""
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
    push = None if found.pushes is None else rotation.mT @ found.pushes[:count]
    if found.lengths is not None:  # of vectors that are not orthogonal a mixture is no unit vector
        followed = followed / torch.linalg.vector_norm(followed, dim=0)
    return followed, np.concatenate([values, rest[others]]), push


def _degrees(a: Tensor, b: Tensor) -> float:
    """Angle between unit vectors."""
    return math.degrees(math.acos(min(max(float(a @ b), -1.0), 1.0)))
