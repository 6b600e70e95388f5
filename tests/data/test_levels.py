"""A picture and its halvings."""

from __future__ import annotations

import numpy as np

from jnn_studio.data.levels import SMALLEST, levels_of


def test_each_is_the_average_of_the_one_before() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4 * SMALLEST, 6 * SMALLEST, 3), np.uint8)
    levels = levels_of(pixels)
    assert [level.shape[:2] for level in levels] == [(1024, 1536), (512, 768), (256, 384)]
    assert levels[0] is pixels
    mean = pixels.reshape(512, 2, 768, 2, 3).mean((1, 3))
    assert np.abs(levels[1] - mean).max() <= 0.5


def test_odd_sides_lose_nothing() -> None:
    pixels = np.full((2 * SMALLEST + 1, 2 * SMALLEST + 3, 3), 7, np.uint8)
    assert levels_of(pixels)[1].shape == (SMALLEST + 1, SMALLEST + 2, 3)
    assert (levels_of(pixels)[1] == 7).all()


def test_a_small_picture_is_alone() -> None:
    assert len(levels_of(np.zeros((1, 1, 3), np.uint8))) == 1
