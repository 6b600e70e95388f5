"""Dead leaves: repeatable, in range, covered, and with the statistics they are drawn for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jnn_studio.data.dead_leaves import COVER, DeadLeavesSource, draw_dead_leaves
from jnn_studio.data.source import ImageSource


def test_it_is_an_image_source() -> None:
    source = DeadLeavesSource(20, 16)
    assert isinstance(source, ImageSource)
    assert (len(source), source.image_shape, source.label(3)) == (20, (3, 16, 16), "leaves 3")
    images = source.images([0, 19])
    assert images.shape == (2, 3, 16, 16)
    assert images.dtype == torch.float32
    assert 0 <= float(images.min()) <= float(images.max()) <= 1
    assert source.thumbnails([4], 8).shape == (1, 8, 8, 3)
    assert np.array_equal(source.thumbnails([4], 16)[0], source.thumbnails([4, 5], 16)[0])


def test_an_image_is_a_function_of_seed_and_index_alone() -> None:
    first, longer, other = DeadLeavesSource(9, 16), DeadLeavesSource(99, 16), DeadLeavesSource(9, 16, seed=1)
    assert torch.equal(first.images([8]), longer.images([3, 8])[1:])
    assert not torch.equal(first.images([8]), other.images([8]))


def test_grey_and_oblong_images_are_drawn_too() -> None:
    assert DeadLeavesSource(2, 16, channels=1).images([0]).shape == (1, 1, 16, 16)
    assert draw_dead_leaves(5, 31, 3, 0).shape == (3, 5, 31)
    assert draw_dead_leaves(1, 1, 1, 0).shape == (1, 1, 1)


@pytest.mark.parametrize("index", [-1, 20])
def test_an_image_that_is_not_there_is_an_index_error(index: int) -> None:
    source = DeadLeavesSource(20, 16)
    with pytest.raises(IndexError, match="images 0 to 19"):
        source.images([index])
    with pytest.raises(IndexError, match="images 0 to 19"):
        source.label(index)


@pytest.mark.parametrize("arguments", [(0, 16), (5, 0), (5, 16, 2)])
def test_impossible_sources_are_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least 1 and channels 1 or 3"):
        DeadLeavesSource(*arguments)


def test_the_scene_looks_the_same_through_a_small_and_a_large_window() -> None:
    """Neighbouring pixels differ as much on average, whatever piece of the scene is drawn."""
    small = [draw_dead_leaves(24, 24, 1, (1, i)) for i in range(500)]
    large = [draw_dead_leaves(96, 96, 1, (2, i)) for i in range(60)]
    steps = [
        np.mean([np.abs(np.diff(image, axis=2)).mean() for image in images]) for images in (small, large)
    ]
    assert steps[0] == pytest.approx(steps[1], rel=0.15)


def test_power_falls_with_frequency_as_in_photographs() -> None:
    """Photographs: power ∝ 1/frequency^2, about; white noise would not fall at all."""
    power = np.zeros((64, 64))
    for index in range(24):
        image = draw_dead_leaves(64, 64, 1, (3, index))[0]
        window = np.hanning(64)[:, None] * np.hanning(64)
        power += np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    bands = [(0.04, 0.08), (0.08, 0.16), (0.16, 0.32)]
    means = [power[(frequency >= low) & (frequency < high)].mean() for low, high in bands]
    slope = np.polyfit(np.log([0.06, 0.12, 0.24]), np.log(means), 1)[0]
    assert -3.5 < slope < -1.2


def test_hardly_a_point_is_left_uncovered() -> None:
    assert np.exp(-COVER) < 1e-3
