"""Colour total variation: where it ends is known, and is the same from anywhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.labs.denoise.noisy.noise import add_noise
from jnn_studio.labs.denoise.restoring.degradations import Blur, Inpainting, Shrinking, gaussian_kernel
from jnn_studio.labs.denoise.restoring.total_variation import (
    PASSED_POWER,
    POWER,
    SHARE_POWER,
    WEIGHT,
    restore_tv,
    weight_for,
)
from jnn_studio.labs.rof.grid_solver import solve

ALL_KNOWN = Inpainting(torch.ones(28, 32, dtype=torch.bool))


@pytest.fixture
def noisy() -> Tensor:
    clean = torch.from_numpy(draw_dead_leaves(28, 32, 3, 1)).float() * 2 - 1
    return add_noise(clean, 0.3, 0)


def end(noisy: Tensor, weight: float, start: Tensor | None = None) -> Tensor:
    *_, last = restore_tv(ALL_KNOWN, noisy, noisy if start is None else start, 0.3, weight=weight)
    return last.image


def test_of_a_grey_image_it_is_what_a_duality_gap_vouches_for(noisy: Tensor) -> None:
    grey = noisy[:1]
    expected = solve(grey[0].double().numpy(), 0.4, 1e-3)
    assert expected.error <= 1e-3
    torch.testing.assert_close(
        end(grey, 0.4)[0], torch.from_numpy(expected.values).float(), atol=0.02, rtol=0
    )


def test_colours_share_their_edges(noisy: Tensor) -> None:
    """Three channels alike are √3 times as steep together: one alone with so much less weight."""
    grey = noisy[:1]
    torch.testing.assert_close(
        end(grey.repeat(3, 1, 1), 0.4)[0], end(grey, 0.4 / 3**0.5)[0], atol=0.01, rtol=0
    )
    apart = torch.cat([end(channel[None], 0.4) for channel in noisy])
    assert float((end(noisy, 0.4) - apart).abs().max()) > 0.05


def test_it_ends_at_the_same_image_from_anywhere_also_under_a_blur(noisy: Tensor) -> None:
    torch.testing.assert_close(end(noisy, 0.4), end(noisy, 0.4, torch.zeros_like(noisy)), atol=0.01, rtol=0)
    blur = Blur(gaussian_kernel(1.0), (28, 32))
    ends = [list(restore_tv(blur, noisy, start, 0.3))[-1].image for start in (noisy, torch.zeros_like(noisy))]
    torch.testing.assert_close(ends[0], ends[1], atol=0.03, rtol=0)


def test_its_weight_goes_by_the_noise_by_how_much_is_seen_and_by_what_passes(noisy: Tensor) -> None:
    half = Inpainting(torch.arange(28 * 32).reshape(28, 32) % 2 == 0)
    kernel = gaussian_kernel(2.0)
    blur, shrunk = Blur(kernel, (28, 32)), Shrinking(2, (28, 32))
    whole = weight_for(0.1, ALL_KNOWN, noisy)
    assert whole == pytest.approx(WEIGHT * 0.1**POWER)
    assert weight_for(0.2, ALL_KNOWN, noisy) == pytest.approx(whole * 2**POWER)
    assert weight_for(0.1, half, noisy) == pytest.approx(whole * 0.5**SHARE_POWER)
    passed = float(kernel.square().sum())
    assert weight_for(0.1, blur, noisy) == pytest.approx(whole * passed**PASSED_POWER)
    expected = whole * 0.25**SHARE_POWER * 0.25**PASSED_POWER  # each of a quarter is the mean of four
    assert weight_for(0.1, shrunk, noisy) == pytest.approx(expected)
    assert weight_for(0.0, half, noisy) > 0
