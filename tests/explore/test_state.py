"""Explore's state: one immutable value that decides everything that is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from jnn_studio.explore.state import (
    DIRECTIONS,
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
    )
    assert ExploreState.model_validate_json(state.model_dump_json()) == state


@pytest.mark.parametrize(
    "change",
    [
        {"columns": [{"key": "a", "where": "x"}, {"key": "a", "where": "y"}]},
        {"columns": [{"key": str(i), "where": "x"} for i in range(5)]},
        {"walk": {"amounts": [float("nan")] * DIRECTIONS}},
        {"walk": {"amounts": [0.0]}},
        {"walk": {"legs": [{"direction": 8, "amount": 0.1}]}},
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
