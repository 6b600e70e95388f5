"""σ from the noisy image alone, also where noise was cut off at black and white when the image was saved."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.labs.denoise.noisy.clipping import was_cut
from jnn_studio.labs.denoise.noisy.noise import add_noise, to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_estimate import estimate_noise


def gradient(side: int = 160) -> Tensor:
    """Smooth colour that runs through all of [-0.5, 0.5]."""
    ramp = torch.linspace(-0.5, 0.5, side)
    down, across = ramp[:, None].expand(side, side), ramp[None].expand(side, side)
    return torch.stack([down, across, -down])


@pytest.fixture(scope="module")
def leaves() -> Tensor:
    """Edges and even colours from black to white, with a piece that is wholly black."""
    drawn = torch.from_numpy(draw_dead_leaves(256, 320, 3, 4)).mul(1.4).sub(0.7)
    drawn[:, :60, :60] = -1
    return drawn.float()


def saved(image: Tensor, depth: int = 8) -> Tensor:
    """What a file of so many bits keeps of it."""
    return to_signed(to_pixels(image, depth))


@pytest.mark.parametrize("sigma", [0.05, 0.5, 1.0, 2.0])
def test_sigma_is_found_in_the_noisy_image_alone(sigma: float) -> None:
    found = estimate_noise(add_noise(gradient(), sigma, 1))
    assert found.sigma == pytest.approx(sigma, rel=0.04)
    assert not found.cut


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("sigma", [0.05, 0.1, 0.3, 0.5, 1.0, 1.5])
def test_sigma_is_what_it_was_before_noise_was_cut_off(leaves: Tensor, sigma: float, depth: int) -> None:
    found = estimate_noise(saved(add_noise(leaves, sigma, 7), depth))
    assert found.sigma == pytest.approx(sigma, rel=0.06)
    assert found.cut


def test_of_a_dark_picture_with_strong_noise_it_is_found_in_what_is_left(leaves: Tensor) -> None:
    found = estimate_noise(saved(add_noise(leaves * 0.3 - 0.6, 0.6, 7)))
    assert found.sigma == pytest.approx(0.6, rel=0.06)


def test_steps_of_eight_bits_are_no_noise_and_hide_none() -> None:
    assert estimate_noise(saved(gradient())).sigma < 0.002
    assert estimate_noise(saved(add_noise(gradient(), 0.006, 1))).sigma == pytest.approx(0.006, rel=0.05)


def test_a_clean_smooth_image_has_next_to_no_noise() -> None:
    assert estimate_noise(gradient()).sigma < 0.005


def test_the_clean_picture_has_next_to_no_noise_and_nothing_was_cut_off(leaves: Tensor) -> None:
    found = estimate_noise(saved(leaves * 0.9))
    assert found.sigma < 0.01
    assert not found.cut


@pytest.mark.parametrize("border", [-1.0, 0.2])
def test_even_borders_do_not_hide_the_noise(border: float) -> None:
    framed = torch.full((3, 480, 480), border)
    framed[:, 160:320, 160:320] = add_noise(gradient(), 0.2, 1)
    assert estimate_noise(framed).sigma == pytest.approx(0.2, rel=0.05)


def test_an_even_white_sky_is_nothing_cut_off_and_noise_around_grey_neither() -> None:
    sky = add_noise(gradient(), 0.1, 1)
    assert not was_cut(sky.clamp(-1, 1))
    sky[:, :80] = 1
    assert not was_cut(sky)


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_one_even_colour_has_no_noise(value: float) -> None:
    assert estimate_noise(torch.full((3, 40, 40), value)).sigma == 0


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 1, 50), (3, 2, 2), (1, 3, 3)])
@pytest.mark.parametrize("cut", [False, True])
def test_the_smallest_images_have_an_estimate(shape: tuple[int, int, int], cut: bool) -> None:
    noisy = add_noise(torch.zeros(shape), 1.0, 0)
    found = estimate_noise(saved(noisy) if cut else noisy).sigma
    assert found >= 0
    assert cut or (found > 0) == (min(shape[1:]) >= 2)
