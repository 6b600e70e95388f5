"""Difference images: signed, symmetric, and readable without seeing all colours."""

from __future__ import annotations

import numpy as np
import pytest

from jnn_studio.explore.scene.difference import MIN_SCALE, Ground, difference

GROUNDS: tuple[Ground, ...] = ("light", "dark")


def grey(level: int) -> np.ndarray:
    return np.full((4, 6, 3), level, np.uint8)


def all_colours(ground: Ground) -> np.ndarray:
    """(103, 3): from as much darker as can be to as much lighter, in equal steps."""
    change = np.arange(-255, 256, 5)[None]
    base, moved = (np.clip(levels, 0, 255).astype(np.uint8) for levels in (-change, change))
    return difference(base, moved, ground, scale=1).image[0]


@pytest.mark.parametrize(("ground", "level"), [("light", 255), ("dark", 0)])
def test_no_change_is_the_ground(ground: Ground, level: int) -> None:
    found = difference(grey(90), grey(90), ground)
    assert (found.image == level).all()
    assert found.image.dtype == np.uint8
    assert (found.largest, found.scale) == (0, MIN_SCALE)


@pytest.mark.parametrize("ground", GROUNDS)
def test_lighter_is_orange_and_darker_is_blue(ground: Ground) -> None:
    moved = grey(100)
    moved[0, 0], moved[0, 1] = 151, 49
    image = difference(grey(100), moved, ground).image.astype(int)
    assert image[0, 0, 0] > image[0, 0, 2] + 100
    assert image[0, 1, 2] > image[0, 1, 0] + 100


def test_the_scale_is_the_largest_change_and_is_told() -> None:
    moved = grey(100)
    moved[0, 0] = 151
    found = difference(grey(100), moved)
    assert found.scale == pytest.approx(0.2)
    assert found.caption == "±0.20"
    half = difference(grey(100), moved, scale=0.4)
    assert half.scale == 0.4
    assert half.largest == pytest.approx(0.2)
    assert (half.image[0, 0] > found.image[0, 0]).any(), "half as far from white"


def test_beyond_a_given_scale_colours_stay_full() -> None:
    full = all_colours("light")[-1]
    moved = grey(200)
    assert (difference(grey(0), moved, scale=0.1).image == full).all()


def test_colours_that_only_turn_are_no_change_of_luminance() -> None:
    base, moved = np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1, 3), np.uint8)
    base[0, 0], moved[0, 0] = (200, 0, 0), (0, 102, 0)
    assert difference(base, moved).largest < 0.01


def test_greys_are_compared_as_they_are() -> None:
    found = difference(np.zeros((3, 3), np.uint8), np.full((3, 3), 51, np.uint8))
    assert found.scale == pytest.approx(0.2)
    assert found.image.shape == (3, 3, 3)


@pytest.mark.parametrize("ground", GROUNDS)
def test_both_signs_leave_the_ground_equally_far_behind_in_greys_and_stay_apart(ground: Ground) -> None:
    bar = all_colours(ground).astype(float)
    luminance = bar @ [0.299, 0.587, 0.114]
    steps = np.diff(luminance)
    sign = -1 if ground == "dark" else 1
    assert (sign * steps[:51] > 0).all()
    assert (sign * steps[51:] < 0).all()
    assert luminance[0] == pytest.approx(luminance[-1], abs=15)
    # What protanopes and deuteranopes keep of hue is blue against yellow.
    yellowness = bar[:, :2].mean(1) - bar[:, 2]
    assert yellowness[-1] - yellowness[0] > 150


def test_images_of_different_shapes_and_scales_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        difference(grey(0), np.zeros((4, 6), np.uint8))
    with pytest.raises(ValueError, match="positive"):
        difference(grey(0), grey(1), scale=0)
