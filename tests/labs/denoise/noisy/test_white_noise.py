"""White noise beside texture, which patches tell apart."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jnn_studio.labs.denoise.noisy.noise import to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_estimate import estimate_noise
from jnn_studio.labs.denoise.noisy.white_noise import white_noise

SIDE = 320
TINT = torch.tensor([1.0, 0.9, 0.8], dtype=torch.float64)[:, None, None]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    """Standard normal, in double precision."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def with_noise(clean: Tensor, sigma: float) -> tuple[Tensor, float]:
    """The image with white noise, and the σ which that has."""
    noise = drawn(*clean.shape, seed=1) * sigma
    return clean + noise, float(noise.square().mean().sqrt())


def weave() -> Tensor:
    """Texture of one colour as fine as pixels are, all over the picture, no place of which is smooth."""
    return 0.1 * drawn(SIDE, SIDE) * TINT


def gravel() -> Tensor:
    """The same, with the heavy tails of the texture of photographs."""
    strengths = drawn(SIDE // 4, SIDE // 4, seed=2).exp().repeat_interleave(4, 0).repeat_interleave(4, 1)
    return (0.03 * strengths * drawn(SIDE, SIDE)).clamp(-1, 1) * TINT


def saved(image: Tensor) -> Tensor:
    return to_signed(to_pixels(image))


@pytest.mark.parametrize("texture", [weave, gravel])
@pytest.mark.parametrize("sigma", [0.01, 0.05, 0.2])
def test_the_noise_is_found_under_texture_that_fills_the_picture(texture: object, sigma: float) -> None:
    assert callable(texture)
    noisy, true = with_noise(texture(), sigma)
    found = white_noise(noisy)
    assert found is not None
    assert found.sigma == pytest.approx(true, rel=0.02)
    assert found.certain == 1
    assert estimate_noise(noisy).sigma == pytest.approx(true, rel=0.03)


def test_it_is_found_in_what_eight_bits_keep_of_it() -> None:
    noisy, true = with_noise(weave(), 0.01)
    assert estimate_noise(saved(noisy)).sigma == pytest.approx(true, rel=0.04)


def test_texture_alone_is_no_noise() -> None:
    assert estimate_noise(gravel()).sigma < 1e-3
    assert estimate_noise(saved(gravel())).sigma < 1e-3


def test_noise_that_the_channels_share_is_not_lost() -> None:
    """As most of what a JPEG keeps is. What is Gaussian wherever one looks is rather noise than texture."""
    found = white_noise(weave())
    assert found is not None
    assert found.sigma < 1e-6
    assert found.certain == 0
    assert estimate_noise(weave()).sigma == pytest.approx(0.09, rel=0.03)  # the middle channel


def test_a_grey_picture_has_the_same_noise_in_one_channel_and_in_three() -> None:
    noisy, true = with_noise(torch.zeros(1, SIDE, SIDE, dtype=torch.float64), 0.05)
    found = [estimate_noise(noisy).sigma, estimate_noise(noisy.expand(3, SIDE, SIDE)).sigma]
    assert found[0] == found[1] == pytest.approx(true, rel=0.03)


def test_a_channel_without_anything_does_not_hide_the_noise_of_the_others() -> None:
    noisy, true = with_noise(gravel(), 0.05)
    noisy[2] = -1
    found = white_noise(noisy)
    assert found is not None
    assert found.sigma == pytest.approx(true, rel=0.02)


def test_where_noise_was_cut_off_only_what_is_far_from_black_and_white_counts() -> None:
    clean = weave().clone()
    clean[2, :, : SIDE // 2] -= 1
    noisy, true = with_noise(clean, 0.05)
    found = estimate_noise(saved(noisy))
    assert found.cut
    assert found.sigma == pytest.approx(true, rel=0.04)


def test_a_large_picture_is_looked_at_in_parts() -> None:
    noisy, true = with_noise(weave().repeat(1, 2, 3), 0.02)
    found = white_noise(noisy)
    assert found is not None
    assert found.sigma == pytest.approx(true, rel=0.02)
    assert found == white_noise(noisy.clone())


@pytest.mark.parametrize("shape", [(3, 1, 50), (3, 4, 400), (1, 6, 6), (3, 40, 40)])
def test_few_patches_say_nothing(shape: tuple[int, int, int]) -> None:
    assert white_noise(drawn(*shape)) is None
