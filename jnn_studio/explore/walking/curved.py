"""Walks that follow a direction as it turns, and what is kept of them so that dragging only goes further."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.directions.direction_fields import DirectionField
from jnn_studio.explore.directions.forms import Landmark
from jnn_studio.explore.state import Leg
from jnn_studio.explore.walking.flow import Flow, Knot
from jnn_studio.explore.walking.place import Place
from jnn_studio.jacobian.tracker import CLUSTER

KEPT_ARRIVALS = 32
KEPT_NUMBERS = 2**23
"""Of all paths together: 64 MB in double precision."""

LegKey = tuple[int, float]


@dataclass
class Path:
    """The flow of one direction, one way, from one point; longer as soon as somebody goes further.

    Attributes:
        landmarks: where the Jacobian was taken; the last of them at the last knot or beyond.
        step: how far the next landmark is tried.
    """

    direction: int
    sign: float
    knots: list[Knot]
    landmarks: list[Landmark]
    step: float
    stopped: str = ""

    @property
    def size(self) -> int:
        """How many numbers are kept, about."""
        forms = self.landmarks[0].forms
        each = forms.speed.numel() + sum(gram.numel() for gram in forms.grams)
        knot = self.knots[0]
        return len(self.landmarks) * each + len(self.knots) * (knot.directions.numel() + 3 * len(knot.latent))

    def go_on(self, flow: Flow) -> None:
        """One stretch further."""
        stretch = flow.advance(self.knots[-1], self.landmarks[-2:], self.direction, self.sign, self.step)
        self.knots.extend(stretch.knots)
        if stretch.landmark is not None:
            self.landmarks.append(stretch.landmark)
        self.step, self.stopped = stretch.step, stretch.stopped

    def at(self, flow: Flow, length: float) -> Knot:
        """The point at ``length``: cubic between the knots, directions as they are there."""
        after = bisect_left(self.knots, length, key=lambda knot: knot.length)
        right = self.knots[after]
        if after == 0:
            return right
        left = self.knots[after - 1]
        end = bisect_left(self.landmarks, length, key=lambda landmark: landmark.length)
        known = self.landmarks[max(end - 2, 0) : end + 1]
        return flow.between(left, known, between(left, right, length), length)


@dataclass(frozen=True)
class Arrival:
    """The end of a walk.

    Attributes:
        knot: the point and the directions there, continued from the base.
        length: of all legs together (RMS).
        stopped: why the last leg that ended early did; empty if none did.
        stopped_at: the signed amount of that leg at which it ended.
    """

    knot: Knot
    length: float
    stopped: str = ""
    stopped_at: float | None = None


@dataclass
class CurvedPaths:
    """What has been walked from one place, by the legs before, the direction and the way. Bounded.

    Knots lie where step-size control puts them and never where a walk happens to end, so that a walk leads
    to the same picture whatever was walked before.
    """

    place: Place | None = None
    paths: OrderedDict[tuple[tuple[LegKey, ...], int, bool], Path] = dataclasses.field(
        default_factory=OrderedDict
    )
    arrivals: OrderedDict[tuple[LegKey, ...], Arrival] = dataclasses.field(default_factory=OrderedDict)
    starts: OrderedDict[tuple[tuple[LegKey, ...], int], Landmark] = dataclasses.field(
        default_factory=OrderedDict
    )

    def start(self, flow: Flow, place: Place) -> Arrival:
        """Where all walks start. Everything that belongs to another place is forgotten."""
        if self.place is not place:
            self.place = place
            self.paths.clear()
            self.arrivals.clear()
            self.starts.clear()
        if () not in self.arrivals:
            self.arrivals[()] = Arrival(flow.start(place), 0.0)
        self.arrivals.move_to_end(())
        return self.arrivals[()]

    def keep_within_bounds(self) -> None:
        """Drop what has not been used for longest."""
        while len(self.arrivals) > KEPT_ARRIVALS:
            self.arrivals.popitem(last=False)
        while len(self.starts) > KEPT_ARRIVALS:
            self.starts.popitem(last=False)
        while len(self.paths) > 1 and sum(path.size for path in self.paths.values()) > KEPT_NUMBERS:
            self.paths.popitem(last=False)


@torch.no_grad()
def arrive(
    field: DirectionField, choice: DirectionChoice, place: Place, legs: Sequence[Leg], paths: CurvedPaths
) -> Arrival:
    """Walk the legs one after the other, each along the continuation of the base's direction of its number.

    Where a leg is stopped, the next goes on from there.
    """
    # A basis of a group's subspace is followed within it, wherever single vectors turn to.
    grouping = place.grouping if place.rotated else None
    flow = Flow(field, choice, CLUSTER if grouping is None else float(np.median(grouping.gaps)))
    arrival = paths.start(flow, place)
    done: tuple[LegKey, ...] = ()
    for leg in legs:
        before, done = done, (*done, (leg.direction, leg.amount))
        known = paths.arrivals.get(done)
        if known is None:
            known = _walk(flow, arrival, leg, before, paths)
            paths.arrivals[done] = known
        paths.arrivals.move_to_end(done)
        arrival = known
    paths.keep_within_bounds()
    return arrival


def _walk(flow: Flow, start: Arrival, leg: Leg, before: tuple[LegKey, ...], paths: CurvedPaths) -> Arrival:
    wanted = abs(leg.amount)
    if wanted == 0:
        return start
    key = (before, leg.direction, leg.amount > 0)
    path = paths.paths.get(key)
    if path is None:
        sign = 1.0 if leg.amount > 0 else -1.0
        first = _first_landmark(flow, start, leg, before, paths)
        knot = flow.begin(start.knot, first, leg.direction, sign)
        lost = flow.lost_at_once(start.knot, knot, leg.direction)
        path = paths.paths[key] = Path(leg.direction, sign, [knot], [first], flow.step, lost)
    paths.paths.move_to_end(key)
    while path.knots[-1].length < wanted and not path.stopped:
        path.go_on(flow)
    reached = min(wanted, path.knots[-1].length)
    knot = path.at(flow, reached)
    if reached < wanted:
        return Arrival(knot, start.length + reached, path.stopped, path.sign * reached)
    return Arrival(knot, start.length + reached, start.stopped, start.stopped_at)


def _first_landmark(
    flow: Flow, start: Arrival, leg: Leg, before: tuple[LegKey, ...], paths: CurvedPaths
) -> Landmark:
    """That of all paths along any direction that start there, where it is the same for all."""
    key = before, leg.direction if flow.by_direction else -1
    found = paths.starts.get(key)
    if found is None:
        found = paths.starts[key] = flow.landmark(start.knot, leg.direction)
    paths.starts.move_to_end(key)
    return found


def between(left: Knot, right: Knot, length: float) -> Tensor:
    """The latent at ``length`` on the cubic with the positions and velocities of two knots (Hermite)."""
    h = right.length - left.length
    t = (length - left.length) / h
    return (
        (1 + 2 * t) * (1 - t) ** 2 * left.latent
        + t * (1 - t) ** 2 * h * left.velocity
        + t**2 * (3 - 2 * t) * right.latent
        + t**2 * (t - 1) * h * right.velocity
    )
