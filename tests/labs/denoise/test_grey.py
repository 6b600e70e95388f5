"""A grey photograph has one channel from the noise to the file: nothing colours it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jnn_studio.base.watch import Watch
from jnn_studio.data.levels import levels_of
from jnn_studio.data.photo import Photo
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.noisy.noise import add_noise, to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel
from jnn_studio.labs.denoise.photos.photo import make_noisy, run_method, take_as_noisy
from jnn_studio.labs.denoise.restoring.priors import prior_of
from jnn_studio.labs.denoise.restoring.restoration import (
    DegradationConfig,
    DegradationTask,
    PriorConfig,
    pose,
    restore_both,
)
from jnn_studio.labs.denoise.spectra.spectrum import Crop, denoiser_spectrum
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.denoiser import Denoiser, build
from jnn_studio.models.weights import Loaded

COLOUR = build(DenoiserConfig(widths=(2, 3, 4, 4)), 0).eval()
GREY = build(DenoiserConfig(widths=(2, 3, 4, 4), channels=1), 0).eval()


@pytest.fixture
def photo() -> Photo:
    levels = np.random.default_rng(0).integers(0, 256, (21, 34, 1), dtype=np.uint8)
    return Photo("grey", np.repeat(levels, 3, axis=2))


def coloured(pixels: np.ndarray) -> int:
    """The largest difference between two channels of a pixel."""
    return int(np.ptp(pixels.astype(int), axis=2).max())


@pytest.mark.parametrize("network", [COLOUR, GREY], ids=["of colours", "of grey"])
def test_noise_and_what_a_network_makes_of_it_are_grey(photo: Photo, network: Denoiser) -> None:
    noised = make_noisy(photo, None, NoiseModel(0.5), 3)
    assert noised.noisy.shape == (1, 21, 34)
    assert coloured(noised.levels[0]) == 0
    result = run_method(
        lambda noisy, watch: denoise_photo(network, noisy, watch=watch), noised.noisy, noised.clean, Watch()
    )
    assert result.pixels.shape == (21, 34, 1)
    assert coloured(result.levels[0]) == 0
    assert result.levels[0].shape == (21, 34, 3)
    assert result.quality is not None
    again = make_noisy(photo, noised.clean, NoiseModel(0.5), 3)
    assert torch.equal(again.noisy, noised.noisy)


def test_the_noise_is_as_strong_as_it_says(photo: Photo) -> None:
    clean = torch.zeros(1, 200, 200)
    assert float(add_noise(clean, 0.5, 0).std()) == pytest.approx(0.5, rel=0.02)
    taken = take_as_noisy(photo, levels_of(photo.pixels))
    assert taken.noisy.shape == (1, 21, 34)


def test_a_network_of_colours_sees_channels_that_are_alike(photo: Photo) -> None:
    noisy = add_noise(to_signed(photo.channels), 0.5, 0)
    expected = denoise_photo(COLOUR, noisy.expand(3, -1, -1)).mean(0, keepdim=True)
    torch.testing.assert_close(denoise_photo(COLOUR, noisy), expected)
    torch.testing.assert_close(denoise_photo(COLOUR, noisy, tile=8), expected, atol=1e-5, rtol=1e-5)
    with pytest.raises(ValueError, match="takes 3 channels, the image has 2"):
        denoise_photo(COLOUR, noisy.expand(2, -1, -1))


@pytest.mark.skipif(not bm3d.available(), reason="BM3D is not installed")
def test_bm3d_s_result_is_grey(photo: Photo) -> None:
    noised = make_noisy(photo, None, NoiseModel(0.5), 0)
    result = run_method(
        lambda noisy, watch: bm3d.denoise_bm3d(noisy, 0.5, watch=watch), noised.noisy, noised.clean, Watch()
    )
    assert coloured(result.levels[0]) == 0


@pytest.mark.parametrize("task", ["missing", "scratches", "gaussian", "motion"])
def test_what_is_seen_and_what_is_restored_are_grey(photo: Photo, task: DegradationTask) -> None:
    config = DegradationConfig(task=task, width=1, length=5)
    problem = pose(to_signed(photo.channels), config)
    assert coloured(levels_of(to_pixels(problem.seen))[0]) == 0
    prior = prior_of(Loaded(COLOUR, "colours", {"sigma": "0.5"}))
    assert prior is not None
    *_, last = restore_both(problem, prior, PriorConfig(steps=2))
    for found in (last.learnt, last.control):
        assert found.image.shape == (1, 21, 34)
        assert coloured(levels_of(to_pixels(found.image))[0]) == 0


def test_why_looks_at_it_as_the_network_does(photo: Photo) -> None:
    noisy = to_signed(photo.channels)
    found = denoiser_spectrum(COLOUR, noisy, Crop(0, 0, 16), 3)
    alike = denoiser_spectrum(COLOUR, noisy.expand(3, -1, -1), Crop(0, 0, 16), 3)
    torch.testing.assert_close(found.sigma, alike.sigma)
    assert found.right.shape == (3, 3, 16, 16)
