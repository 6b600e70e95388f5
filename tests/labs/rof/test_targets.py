"""Targets: their indicator, volume and perimeter say the same of one set."""

from __future__ import annotations

import math

import pytest
import torch

from jnn_studio.labs.rof.targets import Annulus, Ball, Box, Drawn, Target, TwoBalls, ball_volume

SQUARE = Drawn(points=((-1.0, -0.5), (1.0, -0.5), (1.0, 0.5), (-1.0, 0.5)))


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    "target", [Ball(radius=0.8), Box(half_side=0.6), Annulus(), TwoBalls(radius=0.4, distance=1.0)]
)
def test_the_volume_is_that_of_the_indicator(target: Target, n: int) -> None:
    points = torch.rand(200_000, n, generator=torch.Generator().manual_seed(0)) * 2 - 1

    counted = target.inside(points).double().mean().item() * 2**n

    assert counted == pytest.approx(target.volume(n), abs=0.015 * 2**n)


@pytest.mark.parametrize(
    ("target", "n", "perimeter"),
    [
        (Ball(), 1, 2),
        (Ball(radius=2.0), 2, 4 * math.pi),
        (Ball(), 3, 4 * math.pi),
        (Box(), 2, 8),
        (Annulus(inner=0.5, outer=1.0), 2, 3 * math.pi),
        (TwoBalls(radius=0.5, distance=2.0), 2, 2 * math.pi),
        (SQUARE, 2, 6),
    ],
)
def test_perimeters(target: Target, n: int, perimeter: float) -> None:
    assert target.perimeter(n) == pytest.approx(perimeter)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_perimeter_over_volume_of_the_unit_ball_is_n(n: int) -> None:
    assert Ball().perimeter(n) / ball_volume(n) == pytest.approx(n)


def test_a_drawn_outline_holds_what_is_inside_it() -> None:
    points = torch.tensor([[0.0, 0.0], [0.99, 0.49], [1.01, 0.0], [0.0, 0.51], [-0.9, -0.4]])

    assert SQUARE.inside(points).tolist() == [True, True, False, False, True]
    assert SQUARE.volume(2) == pytest.approx(2.0, rel=0.01)
    assert SQUARE.extent(2) == 1.0


def test_where_an_outline_goes_round_twice_is_outside() -> None:
    round_twice = Drawn(
        points=((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    )

    assert round_twice.inside(torch.tensor([[0.3, 0.3], [0.8, 0.8]])).tolist() == [False, True]
