"""Pixels and the networks' scale, and noise that can be repeated."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.labs.denoise.noisy.noise import add_noise, to_pixels, to_signed


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
