"""Anybody's denoiser comes back from a file as it was, for photographs of any size, and is bounded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from jnn_studio.labs.denoise.methods import DenoisersError, chosen, open_denoisers, trained_sigma
from jnn_studio.labs.denoise.spectrum import Crop, denoiser_spectrum
from jnn_studio.labs.denoise.tiling import denoise_photo
from jnn_studio.models.denoiser_saving import save_denoiser
from jnn_studio.models.portable.exporting import ExportError
from jnn_studio.models.portable_denoiser import PortableDenoiserConfig
from jnn_studio.models.weights import WeightsError, load_denoiser, load_model


class Residual(nn.Module):
    """Three convolutions that are taken from their input: it sees three pixels far."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.GELU(), nn.Conv2d(8, 8, 3, padding=1), nn.ELU(),
            nn.Conv2d(8, 3, 3, padding=1),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = x - 0.3 * self.layers(x)
        return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jnnmodel"
    save_denoiser(path, Residual(), torch.rand(1, 3, 32, 32), name="Mine", sigma=0.3, margin=4)
    return path


@pytest.mark.parametrize("size", [(32, 32), (41, 100), (9, 33), (5, 7)])
def test_images_of_any_size_come_out_as_the_network_itself_makes_them(
    file: Path, size: tuple[int, int]
) -> None:
    model = load_denoiser(file).model
    noisy = torch.randn(2, 3, *size)
    with torch.no_grad():
        found, right = model(noisy), Residual()(noisy)
    assert found.shape == noisy.shape
    inside = (
        ...,
        slice(0, size[0] - 4 if size[0] < 32 else None),
        slice(0, size[1] - 4 if size[1] < 32 else None),
    )
    torch.testing.assert_close(
        found[inside], right[inside], atol=1e-5, rtol=1e-5
    )  # beyond them it is mirrored


def test_it_denoises_photographs_and_has_a_spectrum_as_any_other(file: Path) -> None:
    there = open_denoisers(file)
    assert chosen(there, "") == "mine"
    assert trained_sigma(there["mine"]) == 0.3
    noisy = torch.randn(3, 64, 88)  # multiples of 8: other photographs are extended first
    with torch.no_grad():
        right = Residual()(noisy[None])[0]
    torch.testing.assert_close(
        denoise_photo(there["mine"].model, noisy, tile=32), right, atol=1e-4, rtol=1e-4
    )
    found = denoiser_spectrum(there["mine"].model, noisy, Crop(0, 0, 16), 3)
    assert float(found.sigma[0]) > 0.5
    with pytest.raises(DenoisersError, match="there are: mine"):
        chosen(there, "penalised")
    with pytest.raises(WeightsError, match="open it in Denoise"):
        load_model(file)


def test_the_scale_is_its_author_s(tmp_path: Path) -> None:
    """One that halves numbers in [0, 1] draws images in [-1, 1] half way to black."""
    path = tmp_path / "half.jnnmodel"
    halving = nn.Conv2d(1, 1, 1, bias=False)
    nn.init.constant_(halving.weight, 0.5)
    save_denoiser(path, halving, torch.rand(1, 1, 16, 16), name="Half", scale=(0.0, 1.0), margin=0)
    found = load_denoiser(path).model(torch.full((1, 1, 16, 16), 0.6))
    torch.testing.assert_close(found, torch.full_like(found, -0.2))


def test_what_is_no_denoiser_is_refused(tmp_path: Path) -> None:
    images = torch.rand(1, 3, 32, 32)
    with pytest.raises(ExportError, match="ends in"):
        save_denoiser(tmp_path / "a.pt", Residual(), images, name="a")
    with pytest.raises(ExportError, match="where images are"):
        save_denoiser(tmp_path / "a.jnnmodel", nn.AvgPool2d(2), images, name="a", margin=4)
    with pytest.raises(ExportError, match="leaves nothing"):
        save_denoiser(tmp_path / "a.jnnmodel", Residual(), images, name="a", margin=16)
    with pytest.raises(ValueError, match="leaves nothing"):
        PortableDenoiserConfig(side=32, margin=16)
