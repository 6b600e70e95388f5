"""The singular values of a denoiser at a crop, against its dense Jacobian."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.spectra.spectrum import MAX_BLOCKS, Crop, denoiser_spectrum
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.denoiser import Denoiser, build

TINY = DenoiserConfig(widths=(3, 4, 5, 6))


@pytest.fixture
def denoiser() -> Denoiser:
    return build(TINY, seed=1).double().eval()


@pytest.fixture
def noisy() -> Tensor:
    return torch.randn(3, 24, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def test_it_is_the_svd_of_the_dense_jacobian_of_that_crop(
    denoiser: Denoiser, noisy: Tensor, full_jacobian: Callable[..., Tensor]
) -> None:
    crop = Crop(8, 17, 16)
    found = denoiser_spectrum(denoiser, noisy, crop, k=6, tolerance=1e-9)
    dense = full_jacobian(denoiser, noisy[None, :, 8:24, 17:33])[0]
    sigma = torch.linalg.svdvals(dense)[:6]
    torch.testing.assert_close(found.sigma, sigma, rtol=1e-8, atol=0)
    right, left = found.right.flatten(1), found.left.flatten(1)
    torch.testing.assert_close(dense @ right.mT, left.mT * found.sigma, rtol=0, atol=1e-7 * float(sigma[0]))
    torch.testing.assert_close(
        dense.mT @ left.mT, right.mT * found.sigma, rtol=0, atol=1e-7 * float(sigma[0])
    )
    assert found.residual < 1e-8
    assert found.crop == crop


def test_vectors_are_images_of_unit_length(denoiser: Denoiser, noisy: Tensor) -> None:
    found = denoiser_spectrum(denoiser, noisy, Crop(0, 0, 16), k=4)
    assert found.right.shape == found.left.shape == (4, 3, 16, 16)
    for vectors in (found.right.flatten(1), found.left.flatten(1)):
        torch.testing.assert_close(vectors @ vectors.mT, torch.eye(4, dtype=torch.float64))


def test_all_triplets_of_the_smallest_crop(
    denoiser: Denoiser, noisy: Tensor, full_jacobian: Callable[..., Tensor]
) -> None:
    found = denoiser_spectrum(denoiser, noisy, Crop(1, 2, 8), k=192)
    sigma = torch.linalg.svdvals(full_jacobian(denoiser, noisy[None, :, 1:9, 2:10])[0])
    torch.testing.assert_close(found.sigma, sigma, rtol=0, atol=1e-10)


def test_the_same_question_has_the_same_answer(denoiser: Denoiser, noisy: Tensor) -> None:
    first, torch_state = denoiser_spectrum(denoiser, noisy, Crop(0, 0, 16), k=3), torch.get_rng_state()
    torch.manual_seed(99)
    second = denoiser_spectrum(denoiser, noisy, Crop(0, 0, 16), k=3)
    assert torch.equal(first.right, second.right)
    torch.set_rng_state(torch_state)


def test_progress_is_told_and_never_exceeds_what_was_promised(denoiser: Denoiser, noisy: Tensor) -> None:
    told: list[tuple[int, int]] = []
    watch = Watch(lambda now: told.append((now.done, now.total)))
    denoiser_spectrum(denoiser, noisy, Crop(0, 0, 16), k=4, tolerance=0, watch=watch)
    assert [done for done, _ in told] == list(range(MAX_BLOCKS + 1))
    assert {most for _, most in told} == {MAX_BLOCKS}


def test_it_ends_between_two_portions_when_asked_to(denoiser: Denoiser, noisy: Tensor) -> None:
    portions: list[int] = []
    watch = Watch(lambda now: portions.append(now.done), lambda: len(portions) >= 3)
    with pytest.raises(Cancelled):
        denoiser_spectrum(denoiser, noisy, Crop(0, 0, 16), k=4, tolerance=0, watch=watch)
    assert len(portions) == 3


@pytest.mark.parametrize("side", [0, 4, 12, -8])
def test_a_side_the_network_cannot_take_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        Crop(0, 0, side)


def test_a_crop_beyond_the_image_is_refused(denoiser: Denoiser, noisy: Tensor) -> None:
    with pytest.raises(ValueError, match="beyond the image of 24 × 40"):
        denoiser_spectrum(denoiser, noisy, Crop(16, 0, 16), k=2)
    with pytest.raises(ValueError, match="0 or more"):
        Crop(-1, 0, 16)
