"""Explore's state: one immutable value that decides everything that is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from jnn_studio.explore.region import Region
from jnn_studio.explore.state import (
    DIRECTIONS,
    MAX_DIRECTIONS,
    Base,
    Column,
    ExploreState,
    FileImage,
    Leg,
    SourceImage,
    Towards,
    Walk,
    bundled_state,
)


def test_a_straight_walk_remembers_every_slider() -> None:
    walk = Walk().moved(2, "straight", 0.05).moved(0, "straight", -0.01)
    assert walk.amounts == (-0.01, 0, 0.05, 0, 0, 0, 0, 0)
    assert walk.amount(2, "straight") == 0.05
    assert not walk.legs


def test_there_are_as_many_amounts_as_are_needed() -> None:
    walk = Walk().moved(11, "straight", 0.05)
    assert len(walk.amounts) == 12
    assert walk.amount(11, "straight") == 0.05
    assert walk.amount(20, "straight") == 0
    assert walk.moved(11, "straight", 0.0) == Walk(), "as if it had never been moved"


def test_fewer_sliders_take_back_what_the_others_moved() -> None:
    legs = (Leg(direction=12, amount=0.02), Leg(direction=1, amount=0.03))
    state = bundled_state().showing(16).with_amount(12, 0.04).with_amount(1, 0.02)
    state = state.change(walk=state.walk.model_copy(update={"legs": legs}))
    few = state.showing(8)
    assert few.shown == 8
    assert few.walk == Walk(amounts=(0, 0.02, 0, 0, 0, 0, 0, 0), legs=legs[1:])


def test_the_other_way_to_move_keeps_amounts_beyond_the_eighth() -> None:
    state = bundled_state().showing(16).with_amount(9, 0.05)
    curved = state.in_mode("curved")
    assert curved.walk.legs == (Leg(direction=9, amount=0.05),)
    assert curved.in_mode("straight") == state


def test_dragging_one_slider_of_a_curve_changes_its_last_leg() -> None:
    walk = Walk().moved(1, "curved", 0.02).moved(1, "curved", 0.05)
    assert walk.legs == (Leg(direction=1, amount=0.05),)
    assert walk.moved(1, "curved", 0.0).legs == ()


def test_another_slider_goes_on_from_where_the_curve_is() -> None:
    walk = Walk().moved(1, "curved", 0.02).moved(4, "curved", 0.03).moved(1, "curved", 0.03)
    assert [leg.direction for leg in walk.legs] == [1, 4, 1]
    assert walk.legs[-1].amount == pytest.approx(0.01)
    assert walk.amount(1, "curved") == pytest.approx(0.03)


def test_straight_amounts_do_not_disturb_curves() -> None:
    walk = Walk(legs=(Leg(direction=0, amount=0.1),))
    assert walk.is_still("straight")
    assert not walk.is_still("curved")


def test_the_other_way_to_move_keeps_the_amounts() -> None:
    state = bundled_state().with_amount(2, 0.05).with_amount(0, -0.01)
    curved = state.in_mode("curved")
    assert curved.walk.legs == (Leg(direction=0, amount=-0.01), Leg(direction=2, amount=0.05))
    assert [curved.walk.amount(d, "curved") for d in range(3)] == [-0.01, 0, 0.05]
    assert curved.in_mode("straight") == state


def test_the_legs_of_a_direction_become_one_amount_within_the_range() -> None:
    legs = (Leg(direction=1, amount=0.08), Leg(direction=4, amount=0.03), Leg(direction=1, amount=0.07))
    state = bundled_state().change(mode="curved", walk=Walk(legs=legs), limit=0.1)
    assert state.in_mode("straight").walk.amounts == (0, 0.1, 0, 0, 0.03, 0, 0, 0)


def test_the_other_way_to_move_keeps_a_columns_own_walk_and_the_blend() -> None:
    towards = Towards(image=SourceImage(index=1))
    state = bundled_state().change(towards=towards)
    state = state.with_column(state.columns[1].model_copy(update={"linked": False}))
    state = state.with_amount(3, 0.02, "c2").in_mode("curved")
    assert state.column("c2").walk.legs == (Leg(direction=3, amount=0.02),)
    assert state.towards == towards


def test_an_unlinked_column_has_its_own_walk() -> None:
    state = bundled_state()
    state = state.with_column(state.columns[1].model_copy(update={"linked": False}))
    state = state.with_amount(0, 0.04).with_amount(0, -0.02, "c2")
    assert [state.walk_of(column).amounts[0] for column in state.columns] == [0.04, -0.02]


def test_at_rest_everything_is_back_at_the_base_and_the_base_stays() -> None:
    base = Base(image=SourceImage(index=3), latents={"c1": (1.0, 2.0)})
    state = bundled_state().change(base=base, towards=Towards(image=SourceImage(index=1)))
    state = state.with_amount(0, 0.04).at_rest()
    assert state == bundled_state().change(base=base)


def test_keys_are_new() -> None:
    state = bundled_state()
    assert state.new_key() == "c3"
    assert state.change(columns=state.columns[1:]).new_key() == "c1"


def test_json_gives_the_same_state_to_the_last_digit(tmp_path: Path) -> None:
    state = bundled_state().change(
        base=Base(image=FileImage(path=tmp_path / "face.png"), latents={"c1": (0.1 + 0.2, 1e-17)}),
        walk=Walk(amounts=(1 / 3, *(0.0,) * (DIRECTIONS - 1)), legs=(Leg(direction=2, amount=-1 / 7),)),
        mode="curved",
        matched=True,
        shown=24,
        basis="sparse",
        region=Region(left=0.1, top=0.2, right=1 / 3, bottom=0.9),
    )
    assert ExploreState.model_validate_json(state.model_dump_json()) == state


def test_a_state_written_before_there_were_regions_groups_and_more_sliders_is_the_same() -> None:
    old = {"columns": [{"key": "c1", "where": "regularised", "directions": "decoder"}], "limit": 0.2}
    state = ExploreState.model_validate(old)
    assert (state.shown, state.basis, state.region, state.columns[0].scope) == (8, "computed", None, "image")


@pytest.mark.parametrize(
    "change",
    [
        {"columns": [{"key": "a", "where": "x"}, {"key": "a", "where": "y"}]},
        {"columns": [{"key": str(i), "where": "x"} for i in range(5)]},
        {"walk": {"amounts": [float("nan")] * DIRECTIONS}},
        {"walk": {"amounts": [0.0]}},
        {"walk": {"amounts": [0.0] * (MAX_DIRECTIONS + 1)}},
        {"walk": {"legs": [{"direction": MAX_DIRECTIONS, "amount": 0.1}]}},
        {"shown": 0},
        {"shown": MAX_DIRECTIONS + 1},
        {"basis": "prettiest"},
        {"region": {"left": 0.5, "top": 0, "right": 0.5, "bottom": 1}},
        {"columns": [{"key": "a", "where": "x", "scope": "everywhere"}]},
        {"limit": 0},
        {"mode": "sideways"},
        {"unknown": 1},
    ],
)
def test_nonsense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ExploreState.model_validate(change)


def test_columns_are_found_by_key() -> None:
    state = ExploreState(columns=(Column(key="a", where="regularised"),))
    assert state.column("a").where == "regularised"
    with pytest.raises(KeyError):
        state.column("b")
