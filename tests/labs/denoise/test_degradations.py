"""Degradations: linear maps with exact adjoints, and what is lost with each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jnn_studio.labs.denoise.degradations import (
    Blur,
    Degradation,
    Inpainting,
    fill_in,
    gaussian_kernel,
    missing_pixels,
    motion_kernel,
    scratches,
)

SIZE = (13, 18)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def lopsided() -> Tensor:
    """A kernel without any symmetry: a flipped axis would show."""
    return random(5, 5, seed=7).abs() / 25


EVERY = {
    "inpainting": Inpainting(missing_pixels(SIZE, 0.6, seed=1)),
    "gaussian": Blur(gaussian_kernel(1.3).double(), SIZE),
    "motion": Blur(motion_kernel(7, 30).double(), SIZE),
    "lopsided": Blur(lopsided(), SIZE),
    "reaching over the whole image": Blur(gaussian_kernel(2.0).double(), (5, 6)),
}


@pytest.fixture(params=EVERY)
def degradation(request: pytest.FixtureRequest) -> Degradation:
    return EVERY[request.param]


def size_of(degradation: Degradation) -> tuple[int, int]:
    return degradation.size if isinstance(degradation, Blur) else SIZE


def test_the_adjoint_is_exact(degradation: Degradation) -> None:
    x, y = (random(3, *size_of(degradation), seed=seed) for seed in (1, 2))
    left, right = (degradation.apply(x) * y).sum(), (x * degradation.adjoint(y)).sum()
    torch.testing.assert_close(left, right, rtol=1e-12, atol=0)


def test_it_is_linear(degradation: Degradation) -> None:
    x, y = (random(3, *size_of(degradation), seed=seed) for seed in (1, 2))
    both = degradation.apply(2 * x - 3 * y)
    torch.testing.assert_close(both, 2 * degradation.apply(x) - 3 * degradation.apply(y))


def test_a_blur_is_the_convolution_of_the_mirrored_image() -> None:
    image, kernel = random(1, 6, 7), lopsided()
    wide = torch.cat([image[:, [1, 0]], image, image[:, [-1, -2]]], 1)
    wide = torch.cat([wide[:, :, [1, 0]], wide, wide[:, :, [-1, -2]]], 2)
    expected = torch.nn.functional.conv2d(wide[None], kernel.flip(0, 1)[None, None])[0]
    torch.testing.assert_close(Blur(kernel, (6, 7)).apply(image), expected)


def test_a_flat_image_stays_flat_up_to_its_border() -> None:
    flat = torch.full((3, *SIZE), 0.4, dtype=torch.float64)
    torch.testing.assert_close(EVERY["gaussian"].apply(flat), flat)


def test_motion_goes_in_the_direction_that_was_said() -> None:
    level, upright, rising = (motion_kernel(9, angle) for angle in (0, 90, 45))
    assert float(level[len(level) // 2].sum()) == pytest.approx(1.0)
    torch.testing.assert_close(upright, level.mT, rtol=0, atol=1e-6)
    assert float(rising[2, -3]) > 0.05 > float(rising[2, 2])
    for kernel in (level, upright, rising, motion_kernel(0.5, 17)):
        assert float(kernel.sum()) == pytest.approx(1.0)
    assert int((level > 0.01).sum()) == 9


def test_missing_pixels_are_as_many_as_said_and_the_same_for_a_seed() -> None:
    known = missing_pixels((200, 200), 0.7, seed=3)
    assert float(known.float().mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.equal(known, missing_pixels((200, 200), 0.7, seed=3))
    assert not torch.equal(known, missing_pixels((200, 200), 0.7, seed=4))


def test_scratches_are_thin_lines_that_take_about_what_was_said() -> None:
    known = scratches((120, 160), 0.15, seed=5)
    lost = 1 - float(known.float().mean())
    assert 0.15 <= lost < 0.2
    inside = torch.nn.functional.max_pool2d(known.float()[None, None], 9, stride=1)
    assert bool((inside > 0).float().mean() > 0.99)


def test_filling_in_keeps_what_is_known_and_reaches_everything() -> None:
    ramp = torch.linspace(-1, 1, 30).expand(3, 20, 30)
    known = torch.ones(20, 30, dtype=torch.bool)
    known[6:14, 8:20] = False
    filled = fill_in(ramp * known, known)
    assert torch.equal(filled[:, known], ramp[:, known])
    assert float((filled - ramp).abs().max()) < 0.45
    assert torch.equal(fill_in(ramp, torch.zeros_like(known)), torch.zeros_like(ramp))


@pytest.mark.parametrize("kernel", [torch.ones(4, 4), torch.ones(3, 5), torch.ones(3)])
def test_a_kernel_without_a_middle_is_refused(kernel: Tensor) -> None:
    with pytest.raises(ValueError, match="odd side"):
        Blur(kernel, SIZE)


def test_kernels_of_no_width_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        gaussian_kernel(0)
    with pytest.raises(ValueError, match="positive"):
        motion_kernel(-1, 0)
