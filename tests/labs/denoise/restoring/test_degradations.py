"""Degradations: linear maps with exact adjoints, and what is lost with each."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from jnn_studio.labs.denoise.restoring.degradations import (
    Blur,
    Degradation,
    Inpainting,
    Shrinking,
    box,
    disc_kernel,
    fill_in,
    gaussian_kernel,
    missing_pixels,
    motion_kernel,
    scratches,
)
from jnn_studio.labs.denoise.restoring.foreign_operator import adapted
from jnn_studio.labs.denoise.restoring.kernel_file import KernelError, read_kernel
from jnn_studio.labs.denoise.spectra.lipschitz import local_lipschitz
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.denoiser import build

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


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_shrinking_has_its_exact_adjoint_and_takes_means(factor: int) -> None:
    size = (14, 17)
    shrinking = Shrinking(factor, size)
    x = torch.randn(3, *size, dtype=torch.float64)
    y = torch.randn_like(shrinking.apply(x))
    assert y.shape == (3, 14 // factor, 17 // factor)
    assert float(shrinking.apply(x)[0, 0, 0]) == pytest.approx(float(x[0, :factor, :factor].mean()))
    assert float((shrinking.apply(x) * y).sum()) == pytest.approx(float((x * shrinking.adjoint(y)).sum()))
    unit = torch.zeros_like(x)
    unit[0, 0, 0] = 1
    square = shrinking.adjoint(shrinking.apply(unit))[0, 0, 0]
    assert float(square) == pytest.approx(float(shrinking.diagonal()))


def test_a_disc_and_a_box() -> None:
    kernel = disc_kernel(3.0)
    assert float(kernel.sum()) == pytest.approx(1)
    assert torch.equal(kernel, kernel.mT)
    assert float(kernel[3, 3] - kernel[3, 5]) == 0
    known = box((20, 40), 0.25)
    assert int((~known).sum()) == 10 * 20
    assert bool(known[0].all())
    assert not bool(known[10, 20])


def test_a_kernel_is_read_from_a_picture_or_from_numbers(tmp_path: Path) -> None:
    values = np.array([[0.0, 1, 0, 2], [3, 1, 0, 0], [0, 0, 4, 0]])
    np.save(tmp_path / "k.npy", values)
    Image.fromarray((values * 50).astype(np.uint8)).save(tmp_path / "k.png")
    for name in ("k.npy", "k.png"):
        kernel = read_kernel(tmp_path / name)
        assert kernel.shape == (5, 5)
        np.testing.assert_allclose(kernel[1:4, :4], values / 11, rtol=1e-6)
    bad = tmp_path / "bad.npy"
    for data, words in (
        (np.lib.format.magic(1, 0) + b"\x10\x00no header at all", "no .npy"),
        (_lying_npy(), "at most 255"),
        (b"", "no .npy"),
    ):
        bad.write_bytes(data)
        with pytest.raises(KernelError, match=words):
            read_kernel(bad)
    np.save(bad, np.zeros((3, 3)))
    with pytest.raises(KernelError, match="positive sum"):
        read_kernel(bad)
    np.save(bad, np.array([object()]), allow_pickle=True)
    with pytest.raises(KernelError, match="give numbers"):
        read_kernel(bad)
    with pytest.raises(KernelError, match="cannot be"):
        read_kernel(tmp_path / "gone.png")


def _lying_npy() -> bytes:
    """A header that claims a terabyte."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": (400_000, 400_000)}
    )
    return file.getvalue()


def test_an_operator_of_another_library_is_taken_if_it_is_linear_with_its_adjoint() -> None:
    class Physics:
        def __init__(self, right: bool) -> None:
            self.right = right

        def A(self, x: torch.Tensor) -> torch.Tensor:
            return 0.5 * x.roll(1, -1)

        def A_adjoint(self, y: torch.Tensor) -> torch.Tensor:
            return 0.5 * y.roll(-1 if self.right else 1, -1)

    example = torch.zeros(3, 8, 8)
    found = adapted(Physics(True), example)
    assert float(found.diagonal()) == pytest.approx(0.25)
    x = torch.randn(3, 8, 8)
    torch.testing.assert_close(found.adjoint(found.apply(x)), 0.25 * x)
    with pytest.raises(ValueError, match="adjoint"):
        adapted(Physics(False), example)


def test_the_local_lipschitz_constant_is_the_largest_singular_value() -> None:
    f = build(DenoiserConfig(widths=(2, 3, 4, 4)), 0).eval()
    image = torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(1))
    at = image + 0.5 * torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    dense = torch.autograd.functional.jacobian(lambda x: f(x[None])[0], at).reshape(768, 768)
    expected = float(torch.linalg.matrix_norm(dense, 2))
    assert local_lipschitz(f, at) == pytest.approx(expected, rel=1e-3)
