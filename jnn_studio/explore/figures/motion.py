"""Motions: what Explore shows, as a function of time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from jnn_studio.explore.figures.exporting import ExportError
from jnn_studio.explore.figures.sheet import direction_name, reaching, sheet_state
from jnn_studio.explore.state import MAX_DIRECTIONS, Column, ExploreState, Leg, Walk, WalkMode

MotionKind = Literal["sweep", "walk", "interpolation", "directions"]
"""One direction from end to end; from the base to where the walk has led; from there to another image;
every direction in turn."""

Loop = Literal["once", "loop", "ping-pong"]
"""From start to end; there and back, slowing down at the turns; there and back at constant speed. The last
two end a frame before they begin, so that they can be repeated for ever."""

MAX_FRAMES = 5000


@dataclass(frozen=True)
class Motion:
    """A motion with its timing.

    Attributes:
        direction: swept along, from 0.
        directions: how many are shown in turn.
        limit: RMS image change at the ends of a sweep; None: the state's range.
        seconds, fps: how long, and how many frames a second.
    """

    kind: MotionKind = "sweep"
    direction: int = 0
    directions: int = 5
    limit: float | None = None
    seconds: float = 4.0
    fps: float = 25.0
    loop: Loop = "loop"

    @property
    def frame_count(self) -> int:
        """How many frames; at least two."""
        return max(2, round(self.seconds * self.fps))


@dataclass(frozen=True)
class Frame:
    """One moment: what Explore shows then, and words for how far things have moved."""

    state: ExploreState
    label: str


def frames_of(state: ExploreState, motion: Motion) -> list[Frame]:
    """The frames of ``motion`` for what ``state`` shows.

    Raises:
        ExportError: nothing to move (no walk, no other image, no such direction), or too many frames.
    """
    check_motion(state, motion)
    limit = state.limit if motion.limit is None else motion.limit
    frames = []
    for i in range(motion.frame_count):
        match motion.kind:
            case "sweep":
                frames.append(_sweep(state, motion.direction, limit, share_at(i, motion)))
            case "walk":
                frames.append(_walk(state, share_at(i, motion)))
            case "interpolation":
                frames.append(_interpolation(state, share_at(i, motion)))
            case "directions":
                frames.append(_in_turn(state, motion, limit, i))
    return frames


def share_at(frame: int, motion: Motion) -> float:
    """How far from start (0) to end (1) the motion is at a frame."""
    count = motion.frame_count
    if motion.loop == "once":
        return frame / (count - 1)
    if motion.loop == "ping-pong":
        return 1 - abs(1 - 2 * frame / count)
    return (1 - math.cos(2 * math.pi * frame / count)) / 2


def part_of_walk(walk: Walk, mode: WalkMode, share: float) -> Walk:
    """The first ``share`` of a walk: straight, that much of every amount; curved, of the way."""
    if mode == "straight":
        return Walk(amounts=tuple(share * amount for amount in walk.amounts))
    if share >= 1:
        return walk
    left = share * sum(abs(leg.amount) for leg in walk.legs)
    legs: list[Leg] = []
    for leg in walk.legs:
        if left <= 1e-12:
            break
        length = min(left, abs(leg.amount))
        legs.append(Leg(direction=leg.direction, amount=math.copysign(length, leg.amount)))
        left -= length
    return Walk(legs=tuple(legs))


def _sweep(state: ExploreState, direction: int, limit: float, share: float) -> Frame:
    amount = limit * (2 * share - 1)
    moved = sheet_state(reaching(state, limit, direction + 1), direction, amount)
    return Frame(moved, f"{_names(state, direction)} {_signed(amount)}")


def _walk(state: ExploreState, share: float) -> Frame:
    def moved(column: Column) -> Column:
        return column.model_copy(update={"walk": part_of_walk(column.walk, state.mode, share)})

    towards = state.towards
    if towards is not None:
        towards = towards.model_copy(update={"share": towards.share * share})
    changed = state.change(
        walk=part_of_walk(state.walk, state.mode, share),
        columns=tuple(moved(column) for column in state.columns),
        towards=towards,
    )
    return Frame(changed, f"{share:.0%} of the way")


def _interpolation(state: ExploreState, share: float) -> Frame:
    assert state.towards is not None
    towards = state.towards.model_copy(update={"share": share})
    return Frame(state.change(towards=towards), f"{share:.0%} towards the other image")


def _in_turn(state: ExploreState, motion: Motion, limit: float, frame: int) -> Frame:
    """Every direction for an equal time: base, +limit, base, −limit, base."""
    count, directions = motion.frame_count, motion.directions
    # Once ends at the base; what is repeated leaves that to the next time round.
    along = directions * frame / (count - 1 if motion.loop == "once" else count)
    direction = min(int(along), directions - 1)
    phase = along - direction
    if motion.loop == "ping-pong":
        amount = limit * _triangle(phase)
    else:
        amount = limit * math.sin(2 * math.pi * phase)
    amount = 0.0 if abs(amount) < 1e-9 else amount
    moved = sheet_state(reaching(state, limit, direction + 1), direction, amount)
    return Frame(moved, f"{_names(state, direction)} {_signed(amount)}")


def _triangle(phase: float) -> float:
    """0, 1, 0, −1, 0 at phases 0, ¼, ½, ¾, 1, straight between."""
    return 4 * abs((phase - 0.25) % 1 - 0.5) - 1


def _names(state: ExploreState, direction: int) -> str:
    names = dict.fromkeys(
        direction_name(column.directions if state.region is None else "region", direction)
        for column in state.columns
    )
    return "/".join(names)


def _signed(amount: float) -> str:
    return f"{amount:+.3f}".replace("-", "−")


def check_motion(state: ExploreState, motion: Motion) -> None:
    """ExportError if ``motion`` is none for ``state``; see `frames_of`."""
    if not state.columns:
        raise ExportError("there is no model to animate; open one first")
    if motion.frame_count > MAX_FRAMES:
        raise ExportError(
            f"{motion.frame_count:,} frames are too many; shorten the animation, or take fewer than "
            f"{MAX_FRAMES:,} with a lower frame rate"
        )
    if motion.kind == "sweep" and not 0 <= motion.direction < MAX_DIRECTIONS:
        raise ExportError(
            f"there is no direction {motion.direction + 1}; choose one from 1 to {MAX_DIRECTIONS}"
        )
    if motion.kind == "directions" and not 1 <= motion.directions <= MAX_DIRECTIONS:
        raise ExportError(
            f"{motion.directions} directions cannot be shown; choose from 1 to {MAX_DIRECTIONS}"
        )
    if motion.kind == "interpolation" and state.towards is None:
        raise ExportError("there is no image to interpolate to; choose one first")
    still = all(state.walk_of(column).is_still(state.mode) for column in state.columns)
    if motion.kind == "walk" and still and (state.towards is None or not state.towards.share):
        raise ExportError("the walk is still at its base; move a slider first")
