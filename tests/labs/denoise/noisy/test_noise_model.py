"""Counted photons, alone and with Gaussian noise: drawn, stabilised, and taken back without bias."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jnn_studio.labs.denoise.noisy.noise import add_noise
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel, Stabiliser

GREYS = torch.tensor([-0.8, -0.3, 0.0, 0.6, 1.0])


def flat(grey: float, side: int = 400) -> torch.Tensor:
    return torch.full((1, side, side), float(grey))


@pytest.mark.parametrize(("sigma", "peak"), [(0.0, 4.0), (0.2, 20.0), (0.05, 500.0)])
def test_the_mean_stays_and_the_variance_follows_it(sigma: float, peak: float) -> None:
    noise = NoiseModel(sigma, peak)
    for grey in GREYS.tolist():
        drawn = noise.draw(flat(grey), 3)
        assert float(drawn.mean()) == pytest.approx(grey, abs=0.01)
        assert float(drawn.std()) == pytest.approx(noise.mean_sigma(grey), rel=0.02)
    assert torch.equal(noise.draw(flat(0, 8), 3), noise.draw(flat(0, 8), 3))
    assert not torch.equal(noise.draw(flat(0, 8), 3), noise.draw(flat(0, 8), 4))


def test_without_photons_it_is_the_gaussian_noise_of_always() -> None:
    clean = torch.rand(3, 5, 7)
    assert torch.equal(NoiseModel(0.4).draw(clean, 9), add_noise(clean, 0.4, 9))


@pytest.mark.parametrize(("sigma", "peak"), [(0.0, 3.0), (0.1, 30.0), (0.5, 3.0), (0.02, 2000.0)])
def test_the_inverse_takes_back_the_mean_of_the_transform(sigma: float, peak: float) -> None:
    """Against averages over many draws: what an ideal denoiser would answer."""
    stabiliser = Stabiliser(NoiseModel(sigma, peak))
    generator = np.random.default_rng(0)
    for grey in GREYS.tolist():
        counts = generator.poisson((grey + 1) / 2 * peak, 400_000)
        values = 2 * counts / peak - 1 + sigma * generator.standard_normal(400_000)
        transformed = stabiliser.forward(torch.from_numpy(values))
        found = float(stabiliser.inverse(transformed.mean()[None]))
        assert found == pytest.approx(grey, abs=0.012)
        plain = ((float(transformed.mean()) + 1) / stabiliser.sigma + stabiliser._root(0)) ** 2 / 4
        darker = 2 * (plain - 3 / 8 - stabiliser._read**2) / peak - 1
        if peak == 3.0 and sigma == 0 and grey > -0.5:
            assert darker < found - 0.1  # the plain inverse, for comparison


def test_table_and_closed_form_meet() -> None:
    stabiliser = Stabiliser(NoiseModel(0.01, 1000.0))
    around = torch.linspace(59.5, 60.5, 101, dtype=torch.float64) / 1000 * 2 - 1
    there = stabiliser.inverse(stabiliser.forward(around))
    assert (there.diff() > 0).all()
    jump = float((there.diff() - there.diff().mean()).abs().max()) * 1000 / 2
    assert jump < 0.02  # of a photon, at 60


def test_a_denoiser_is_asked_about_an_image_with_the_noise_it_is_told() -> None:
    noise, asked = NoiseModel(0.1, 12.0), []

    def averaged(image: torch.Tensor, sigma: float) -> torch.Tensor:
        asked.append((float(image.std()), sigma))
        return image.mean().expand(image.shape)

    clean = flat(0.4)
    found = noise.denoise(averaged, noise.draw(clean, 0), stabilised=True)
    assert float((found - clean).abs().max()) < 0.01
    noise.denoise(averaged, noise.draw(clean, 0), stabilised=False)
    for spread, told in asked:
        assert spread == pytest.approx(told, rel=0.03)
