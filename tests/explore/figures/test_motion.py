"""Motions: what is shown when."""

from __future__ import annotations

import numpy as np
import pytest

from jnn_studio.explore.figures.exporting import ExportError
from jnn_studio.explore.figures.motion import Loop, Motion, frames_of, part_of_walk, share_at
from jnn_studio.explore.state import ExploreState, Leg, SourceImage, Towards, Walk, bundled_state

LEGS = (Leg(direction=0, amount=0.06), Leg(direction=2, amount=-0.04), Leg(direction=0, amount=-0.02))


def amounts_of(state: ExploreState, motion: Motion, direction: int) -> np.ndarray:
    frames = frames_of(state, motion)
    return np.array([frame.state.walk.amount(direction, state.mode) for frame in frames])


# --- timing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "fps", "count"), [(4, 25, 100), (0.5, 30, 15), (1, 1, 2), (2.02, 25, 50), (1, 12.5, 12)]
)
def test_duration_times_rate_is_the_number_of_frames(seconds: float, fps: float, count: int) -> None:
    motion = Motion(seconds=seconds, fps=fps)
    assert motion.frame_count == count
    assert len(frames_of(bundled_state(), motion)) == count


def test_once_goes_evenly_from_start_to_end() -> None:
    motion = Motion(seconds=1, fps=11, loop="once")
    np.testing.assert_allclose([share_at(i, motion) for i in range(11)], np.linspace(0, 1, 11))


@pytest.mark.parametrize("loop", ["loop", "ping-pong"])
def test_what_repeats_goes_there_and_back_and_ends_a_frame_before_its_start(loop: Loop) -> None:
    motion = Motion(seconds=2, fps=10, loop=loop)
    shares = np.array([share_at(i, motion) for i in range(20)])

    assert shares[0] == 0
    assert shares[10] == 1
    np.testing.assert_allclose(shares[1:10], shares[19:10:-1], atol=1e-12)
    steps = np.abs(np.diff([*shares, shares[0]]))
    if loop == "ping-pong":
        np.testing.assert_allclose(steps, 0.1, atol=1e-12)
    else:
        assert steps[0] < steps[4] / 5  # slow at the turns
        assert steps.max() < 0.16


# --- what moves --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["straight", "curved"])
def test_a_sweep_moves_one_direction_from_end_to_end(mode: str) -> None:
    state = bundled_state().change(mode=mode, walk=Walk(amounts=(0.05,) * 8, legs=LEGS))
    motion = Motion(direction=3, limit=0.08, seconds=1, fps=5, loop="once")

    np.testing.assert_allclose(amounts_of(state, motion, 3), [-0.08, -0.04, 0, 0.04, 0.08], atol=1e-12)
    for other in (0, 1, 2, 4, 5, 6, 7):
        assert not amounts_of(state, motion, other).any()
    assert [frame.label for frame in frames_of(state, motion)][:2] == ["u4 −0.080", "u4 −0.040"]


def test_a_sweep_moves_models_that_are_not_linked_too() -> None:
    state = bundled_state()
    column = state.columns[1].model_copy(update={"linked": False, "walk": Walk(amounts=(0.09,) * 8)})
    state = state.with_column(column)

    for frame in frames_of(state, Motion(direction=1, seconds=1, fps=4)):
        assert frame.state.walk_of(frame.state.columns[1]) == frame.state.walk


def test_a_sweep_beyond_the_range_widens_it_and_one_within_leaves_it() -> None:
    state = bundled_state()
    assert {f.state.limit for f in frames_of(state, Motion(limit=0.2))} == {0.2}
    assert {f.state.limit for f in frames_of(state, Motion(limit=0.02))} == {state.limit}


def test_a_straight_walk_grows_from_the_base_to_where_it_is() -> None:
    amounts = (0.05, 0.0, -0.03, 0.0, 0.0, 0.01, 0.0, 0.0)
    state = bundled_state().change(walk=Walk(amounts=amounts))
    frames = frames_of(state, Motion("walk", seconds=1, fps=5, loop="once"))

    for share, frame in zip((0, 0.25, 0.5, 0.75, 1), frames, strict=True):
        np.testing.assert_allclose(frame.state.walk.amounts, np.multiply(amounts, share), atol=1e-15)
    assert frames[-1].state == state
    assert frames[2].label == "50% of the way"


def test_a_curved_walk_takes_its_legs_one_after_the_other() -> None:
    state = bundled_state().change(mode="curved", walk=Walk(legs=LEGS))
    frames = frames_of(state, Motion("walk", seconds=1, fps=5, loop="once"))

    def legs(frame: int) -> list[tuple[int, float]]:
        return [(leg.direction, round(leg.amount, 12)) for leg in frames[frame].state.walk.legs]

    assert legs(0) == []
    assert legs(1) == [(0, 0.03)]
    assert legs(2) == [(0, 0.06)]
    assert legs(3) == [(0, 0.06), (2, -0.03)]
    assert frames[4].state == state


def test_half_of_a_walk_twice_as_long_is_the_walk() -> None:
    half = Walk(legs=LEGS)
    whole = Walk(legs=(*LEGS, Leg(direction=5, amount=0.12)))
    assert part_of_walk(whole, "curved", 0.5).legs[:2] == half.legs[:2]
    assert part_of_walk(whole, "curved", 0.5).legs[2].amount == pytest.approx(-0.02)


def test_a_walk_takes_models_of_their_own_and_the_interpolation_along() -> None:
    state = bundled_state()
    column = state.columns[0].model_copy(update={"linked": False, "walk": Walk(amounts=(0.04,) * 8)})
    state = state.with_column(column).change(towards=Towards(image=SourceImage(index=3), share=0.6))
    frames = frames_of(state, Motion("walk", seconds=1, fps=3, loop="once"))

    assert frames[1].state.columns[0].walk.amounts == (0.02,) * 8
    assert frames[1].state.towards == Towards(image=SourceImage(index=3), share=0.3)
    assert frames[2].state == state


def test_interpolation_goes_from_where_the_walk_is_to_the_other_image() -> None:
    walk = Walk(amounts=(0.05,) * 8)
    state = bundled_state().change(towards=Towards(image=SourceImage(index=9), share=0.2), walk=walk)
    frames = frames_of(state, Motion("interpolation", seconds=1, fps=5, loop="once"))

    shares = [frame.state.towards.share for frame in frames if frame.state.towards]
    np.testing.assert_allclose(shares, [0, 0.25, 0.5, 0.75, 1])
    assert all(frame.state.walk == walk for frame in frames)


@pytest.mark.parametrize("loop", ["once", "loop", "ping-pong"])
def test_directions_are_shown_in_turn_each_out_and_back_both_ways(loop: Loop) -> None:
    state = bundled_state()
    motion = Motion("directions", directions=3, limit=0.1, seconds=12, fps=4, loop=loop)
    moved = np.stack([amounts_of(state, motion, d) for d in range(8)])

    assert (np.count_nonzero(moved, axis=0) <= 1).all()
    assert not moved[3:].any()
    for d in range(3):
        assert moved[d].max() == pytest.approx(0.1, rel=0.02)
        assert moved[d].min() == pytest.approx(-0.1, rel=0.02)
    at = np.linspace(0, 3, 48, endpoint=loop == "once")
    order = [int(moved[:, i].nonzero()[0][0]) for i in range(48) if moved[:, i].any()]
    assert order == [int(a) for i, a in enumerate(at) if moved[:, i].any()]
    assert np.abs(np.diff(moved.sum(0))).max() < 0.055  # no jumps
    assert abs(moved[:, 0].sum()) < 1e-9


# --- what cannot move --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "motion", "complaint"),
    [
        (ExploreState(), Motion(), "there is no model to animate"),
        (bundled_state(), Motion("walk"), "the walk is still at its base; move a slider first"),
        (bundled_state(), Motion("interpolation"), "there is no image to interpolate to; choose one first"),
        (bundled_state(), Motion(direction=32), "there is no direction 33; choose one from 1 to 32"),
        (bundled_state(), Motion("directions", directions=0), "0 directions cannot be shown"),
        (bundled_state(), Motion(seconds=600, fps=60), "36,000 frames are too many"),
    ],
)
def test_what_cannot_move_is_refused(state: ExploreState, motion: Motion, complaint: str) -> None:
    with pytest.raises(ExportError, match=complaint):
        frames_of(state, motion)


def test_an_interpolation_of_a_still_walk_can_be_shown_from_the_base() -> None:
    state = bundled_state().change(towards=Towards(image=SourceImage(index=3), share=0.5))
    assert frames_of(state, Motion("walk"))[0].state.towards == Towards(image=SourceImage(index=3), share=0)
