"""Every PSNR has a convention, and every convention its own number."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from jnn_studio.labs.denoise.measuring import measures
from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS, UNIT, Quality, quality


def dull(height: int = 40, width: int = 50) -> Tensor:
    """An image that uses [-0.4, 0.6] only."""
    random = torch.rand(3, height, width, generator=torch.Generator().manual_seed(1))
    return (random - random.min()) / (random.max() - random.min()) - 0.4


def off(image: Tensor, by: float) -> Tensor:
    return image + by * torch.randn(image.shape, generator=torch.Generator().manual_seed(2))


def test_the_papers_peak_is_the_clean_images_own_range_and_0() -> None:
    clean = dull()
    error = torch.full_like(clean, 0.1)
    found = quality(clean + error, clean)
    assert found.psnr_paper == pytest.approx(20.0, abs=1e-4)  # range 1, error 0.1
    assert found.psnr_plain == pytest.approx(20 + 20 * math.log10(2), abs=1e-4)  # range 2


def test_torchmetrics_own_example() -> None:
    # torchmetrics' documentation of peak_signal_noise_ratio: 2.5527 dB.
    estimate, target = torch.tensor([[[0.0, 1.0], [2.0, 3.0]]]), torch.tensor([[[3.0, 2.0], [1.0, 0.0]]])
    assert quality(estimate, target).psnr_paper == pytest.approx(2.5527, abs=1e-4)


def test_only_the_plain_measures_cut_the_estimate() -> None:
    clean = torch.ones(3, 16, 16)
    clean[:, :8] = -1
    beyond = clean * 3
    found = quality(beyond, clean)
    assert found.psnr_plain == math.inf
    assert found.ssim == pytest.approx(1)
    assert found.psnr_paper == pytest.approx(0)  # error 2, range 2


def test_scikit_image_agrees_in_both_ranges() -> None:
    clean = dull()
    noisy = off(clean, 0.3)
    for shift, scale, black_white in ((0.0, 1.0, (-1.0, 1.0)), (1.0, 0.5, UNIT)):
        target, estimate = (clean + shift) * scale, (noisy + shift) * scale
        found = quality(estimate, target, black_white)
        peak = black_white[1] - black_white[0]
        cut = estimate.clamp(*black_white).numpy()
        expected = peak_signal_noise_ratio(target.numpy(), cut, data_range=peak)
        assert found.psnr_plain == pytest.approx(expected, abs=1e-4)
        similar = structural_similarity(target.numpy(), cut, data_range=peak, channel_axis=0)
        assert found.ssim == pytest.approx(similar, abs=1e-5)


def test_similarity_in_strips_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = dull(61, 20)
    whole = quality(off(clean, 0.2), clean).ssim
    monkeypatch.setattr(measures, "_ROWS", 13)
    assert quality(off(clean, 0.2), clean).ssim == pytest.approx(whole, abs=1e-6)


def test_more_noise_is_worse_in_every_measure() -> None:
    clean = dull()
    rows = [dataclasses.astuple(quality(off(clean, by), clean)) for by in (0.05, 0.2, 0.8)]
    assert (np.diff(np.array(rows), axis=0) < 0).all()


@pytest.mark.parametrize(("height", "width", "known"), [(1, 1, False), (6, 90, False), (7, 7, True)])
def test_similarity_needs_a_window(height: int, width: int, known: bool) -> None:
    clean = dull(8, 8).repeat(1, 12, 12)[:, :height, :width]
    assert (quality(off(clean, 0.1), clean).ssim is not None) == known


@pytest.mark.parametrize(
    ("low", "high", "peak"), [(0.25, 0.75, 0.75), (-0.75, -0.25, 0.75), (-0.5, 0.25, 0.75)]
)
def test_its_minimum_and_maximum_start_at_0(low: float, high: float, peak: float) -> None:
    """torchmetrics' PeakSignalNoiseRatio with data_range=None, in the versions that had it."""
    clean = low + (high - low) * (dull() + 0.4)
    found = quality(clean + 0.1, clean)
    assert found.psnr_paper == pytest.approx(20 * math.log10(peak / 0.1), abs=1e-3)


def test_an_image_of_zeros_has_no_range_of_its_own() -> None:
    found = quality(torch.full((3, 9, 9), 0.2), torch.zeros(3, 9, 9))
    assert math.isnan(found.psnr_paper)
    assert found.psnr_plain == pytest.approx(20.0, abs=1e-4)


def test_the_clean_image_itself_is_infinitely_good() -> None:
    assert quality(dull(), dull()) == Quality(math.inf, math.inf, pytest.approx(1))


def test_images_of_different_sizes_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        quality(dull(8, 8), dull(8, 9))


def test_every_value_has_words_to_stand_beside_it() -> None:
    assert set(CONVENTIONS) == {field.name for field in dataclasses.fields(Quality)}
    assert len({convention.label for convention in CONVENTIONS.values()}) == 3
