"""Pixels and the networks' scale, noise that can be repeated, and σ from the noisy image alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.labs.denoise.noise import add_noise, estimate_sigma, to_pixels, to_signed


def gradient(side: int = 160) -> Tensor:
    """Smooth colour that runs through all of [-0.5, 0.5]."""
    ramp = torch.linspace(-0.5, 0.5, side)
    down, across = ramp[:, None].expand(side, side), ramp[None].expand(side, side)
    return torch.stack([down, across, -down])


def test_every_pixel_value_comes_back() -> None:
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(8, 32, 3)
    image = to_signed(pixels)
    assert image.shape == (3, 8, 32)
    assert (float(image.min()), float(image.max())) == (-1, 1)
    np.testing.assert_array_equal(to_pixels(image), pixels)


def test_what_no_pixel_can_show_is_cut() -> None:
    image = torch.tensor([-7.0, -1.001, 0.0, 1.001, 7.0]).reshape(1, 1, 5)
    assert to_pixels(image).ravel().tolist() == [0, 0, 128, 255, 255]


def test_noise_is_that_of_its_seed_scaled_by_sigma() -> None:
    clean = gradient()
    weak, strong = add_noise(clean, 0.5, 3) - clean, add_noise(clean, 2.0, 3) - clean
    torch.testing.assert_close(strong, 4 * weak, atol=1e-5, rtol=0)
    assert float(weak.std()) == pytest.approx(0.5, rel=0.02)
    assert float(weak.mean()) == pytest.approx(0, abs=0.01)
    assert torch.equal(add_noise(clean, 0.5, 3) - clean, weak)
    assert not torch.equal(add_noise(clean, 0.5, 4) - clean, weak)
    assert torch.equal(clean, gradient())


@pytest.mark.parametrize("sigma", [0.05, 0.5, 1.0, 2.0])
def test_sigma_is_found_in_the_noisy_image_alone(sigma: float) -> None:
    assert estimate_sigma(add_noise(gradient(), sigma, 1)) == pytest.approx(sigma, rel=0.04)


def test_a_clean_smooth_image_has_next_to_no_noise() -> None:
    assert estimate_sigma(gradient()) < 0.005


def test_black_borders_do_not_hide_the_noise() -> None:
    noisy = add_noise(gradient(), 0.2, 1)
    framed = torch.full((3, 480, 480), -1.0)
    framed[:, 160:320, 160:320] = noisy
    assert estimate_sigma(framed) == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 1, 50), (3, 2, 2), (1, 3, 3)])
def test_the_smallest_images_have_an_estimate(shape: tuple[int, int, int]) -> None:
    found = estimate_sigma(add_noise(torch.zeros(shape), 1.0, 0))
    assert found >= 0
    assert (found > 0) == (min(shape[1:]) >= 2)
