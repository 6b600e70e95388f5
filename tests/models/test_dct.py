"""Images as their lowest cosine frequencies."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
import torch

from jnn_studio.models.dct import TruncatedDCT, dct_matrix


def test_all_rows_together_are_an_orthogonal_matrix() -> None:
    matrix = torch.from_numpy(dct_matrix(16, 16))

    torch.testing.assert_close(matrix @ matrix.T, torch.eye(16, dtype=torch.float64), rtol=0, atol=1e-14)


@pytest.mark.parametrize(("size", "keep"), [(8, 8), (16, 5), (64, 32), (9, 1)])
def test_it_is_the_corner_of_the_orthonormal_dct(size: int, keep: int) -> None:
    images = np.random.default_rng(0).random((2, 3, size, size), dtype=np.float32)

    coefficients = TruncatedDCT(3, size, keep)(torch.from_numpy(images))

    expected = scipy.fft.dctn(images, axes=(2, 3), norm="ortho")[:, :, :keep, :keep].reshape(2, -1)
    np.testing.assert_allclose(coefficients.numpy(), expected, rtol=0, atol=2e-5)


def test_the_inverse_gives_band_limited_images_back() -> None:
    dct = TruncatedDCT(3, 16, 6)
    coefficients = torch.randn(4, dct.features)

    images = dct.inverse(coefficients)

    assert images.shape == (4, 3, 16, 16)
    torch.testing.assert_close(dct(images), coefficients, rtol=0, atol=1e-5)
    padded = np.zeros((4, 3, 16, 16))
    padded[:, :, :6, :6] = coefficients.reshape(4, 3, 6, 6)
    expected = scipy.fft.idctn(padded, axes=(2, 3), norm="ortho")
    np.testing.assert_allclose(images.numpy(), expected, rtol=0, atol=1e-5)


def test_distances_between_band_limited_images_are_kept() -> None:
    dct = TruncatedDCT(1, 16, 6)
    a, b = torch.randn(2, 3, dct.features)

    in_pixels = (dct.inverse(a) - dct.inverse(b)).flatten(1).norm(dim=1)

    torch.testing.assert_close(in_pixels, (a - b).norm(dim=1))


def test_the_inverse_of_everything_kept_is_the_image() -> None:
    dct = TruncatedDCT(3, 16, 16)
    images = torch.rand(2, 3, 16, 16)

    torch.testing.assert_close(dct.inverse(dct(images)), images, rtol=0, atol=1e-5)


@pytest.mark.parametrize("keep", [0, 17])
def test_more_or_fewer_coefficients_than_there_are_are_refused(keep: int) -> None:
    with pytest.raises(ValueError, match=f"between 1 and the image size 16, got {keep}"):
        TruncatedDCT(3, 16, keep)


def test_the_matrix_is_no_weight() -> None:
    dct = TruncatedDCT(3, 16, 8)

    assert not list(dct.parameters())
    assert not dct.state_dict()
