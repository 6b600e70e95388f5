"""Means and deviations of noise that was cut off, against noise that is drawn, and what is undone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jnn_studio.labs.denoise.measuring.measures import quality
from jnn_studio.labs.denoise.noisy.clipping import CutNoise
from jnn_studio.labs.denoise.noisy.noise import add_noise, to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("grey", [-1.0, -0.3, 0.0, 0.9])
def test_moments_are_those_of_noise_that_is_drawn(sigma: float, grey: float) -> None:
    drawn = add_noise(torch.full((1, 500, 500), grey), sigma, 0).clamp(-1, 1).double()
    noise = CutNoise(sigma)
    assert noise.deviation(grey) == pytest.approx(float(drawn.std()), rel=0.01, abs=1e-3)
    assert noise.mean_deviation(drawn) == pytest.approx(float(drawn.std()), rel=0.05)
    assert float(noise.inverse(drawn.mean())) == pytest.approx(grey, abs=0.02 * max(1, sigma))


def test_means_that_no_grey_has_become_black_and_white() -> None:
    assert CutNoise(1.0).inverse(torch.tensor([-0.99, 0.99])).tolist() == [-1, 1]


def test_no_noise_has_no_moments() -> None:
    with pytest.raises(ValueError, match="positive"):
        CutNoise(0.0)


def test_a_mean_of_neighbours_is_right_again_once_the_cut_is_undone() -> None:
    """A denoiser that is perfect, of even colours: the mean of each half."""
    clean = torch.full((3, 64, 128), -0.8)
    clean[..., 64:] = 0.6
    asked: list[float] = []

    def halves(noisy: Tensor, sigma: float) -> Tensor:
        asked.append(sigma)
        return torch.cat([part.mean((1, 2), True).expand_as(part) for part in noisy.split(64, 2)], 2)

    kept = to_signed(to_pixels(add_noise(clean, 1.0, 0)))
    noise = NoiseModel(1.0, cut=True)
    as_it_is = quality(noise.denoise(halves, kept, False), clean).psnr_plain
    undone = quality(noise.denoise(halves, kept, True), clean).psnr_plain
    assert undone > as_it_is + 15
    assert asked[0] == 1.0
    assert asked[1] == pytest.approx(0.66, abs=0.04)
    assert noise.told(True) == pytest.approx(0.718, abs=1e-3)
    assert noise.told(False) == 1.0
    assert "cut off" in noise.words
