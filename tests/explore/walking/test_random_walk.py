"""Small steps in no particular direction."""

from __future__ import annotations

import pytest
import torch

from jnn_studio.explore.state import Leg, Walk, WalkMode
from jnn_studio.explore.walking.random_walk import random_step


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("mode", ["straight", "curved"])
def test_a_step_has_its_length_and_stays_among_the_first_directions(mode: WalkMode) -> None:
    walk = random_step(Walk(), mode, 3, 0.02, 0.1, generator())

    amounts = torch.tensor([walk.amount(d, mode) for d in range(8)])
    assert float(amounts.norm()) == pytest.approx(0.02)
    assert (amounts[:3] != 0).all()
    assert (amounts[3:] == 0).all()


def test_the_same_generator_takes_the_same_steps() -> None:
    a, b = (random_step(Walk(), "straight", 8, 0.02, 0.1, generator(4)) for _ in range(2))
    assert a == b
    assert a != random_step(Walk(), "straight", 8, 0.02, 0.1, generator(5))


def test_straight_walks_stay_within_the_sliders() -> None:
    walk, random = Walk(), generator()
    for _ in range(200):
        walk = random_step(walk, "straight", 2, 0.05, 0.1, random)
        assert max(abs(amount) for amount in walk.amounts) <= 0.1


def test_a_curve_goes_on_from_where_it_is() -> None:
    before = Walk(legs=(Leg(direction=5, amount=0.03),))
    after = random_step(before, "curved", 2, 0.02, 0.1, generator())
    assert after.legs[0] == before.legs[0]
    assert [leg.direction for leg in after.legs[1:]] == [0, 1]
