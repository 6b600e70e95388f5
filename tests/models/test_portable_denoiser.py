"""Anybody's denoiser comes back from a file as it was, for photographs of any size, and is bounded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from jnn_studio.labs.denoise.denoisers.methods import DenoisersError, chosen, open_denoisers, trained_sigma
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.spectra.spectrum import Crop, denoiser_spectrum
from jnn_studio.models.denoiser_saving import save_denoiser
from jnn_studio.models.denoising_model import denoises
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


class Told(nn.Module):
    """Takes more away the larger σ is: it is told σ in the last of four channels."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = x[:, :3] - x[:, 3:] * self.layer(x)
        return found


class ToldANumber(nn.Module):
    """The same of a network that takes σ as a number for each image."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Told()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        images, sigma = x[:, :3], x[:, 3, 0, 0]
        found: torch.Tensor = self.net(
            torch.cat([images, sigma[:, None, None, None] * torch.ones_like(x[:, :1])], 1)
        )
        return found


@pytest.mark.parametrize("network", [Told(), ToldANumber()])
def test_one_that_is_told_sigma_is_a_denoiser_for_every_sigma(tmp_path: Path, network: nn.Module) -> None:
    path = tmp_path / "told.jnnmodel"
    example = torch.rand(1, 3, 24, 24)
    save_denoiser(
        path, network, example, name="Told", margin=2, scale=(0, 1), takes_sigma=True, sigmas=(0.1, 1.0)
    )
    loaded = load_denoiser(path)
    model = loaded.model
    assert denoises(model)
    assert model.sigmas == (0.1, 1.0)
    assert loaded.info["sigmas"] == "0.1 to 1.0"
    assert trained_sigma(loaded) is None
    noisy = torch.randn(1, 3, 24, 40)
    for sigma, told in ((0.4, 0.4), (5.0, 1.0), (0.01, 0.1)):
        at = model.at(sigma)
        assert denoises(at)
        assert (at.config.channels, at.reach) == (3, 2)
        pixels = torch.cat([(noisy + 1) / 2, torch.full((1, 1, 24, 40), told / 2)], 1)
        with torch.no_grad():
            right = 2 * network(pixels) - 1
            torch.testing.assert_close(at(noisy), right, atol=1e-5, rtol=1e-5)
    assert [a is b for a, b in zip(model.parameters(), at.parameters(), strict=True)] == [True, True]
    torch.testing.assert_close(
        denoise_photo(model.at(0.4), noisy[0]), model(noisy, 0.4)[0].detach(), atol=1e-5, rtol=1e-5
    )


def test_sigma_is_told_in_one_unit_and_within_a_range(tmp_path: Path) -> None:
    path, example = tmp_path / "told.jnnmodel", torch.rand(1, 3, 24, 24)
    for wrong in ({"scale": (0.5, (0.5, 0.4, 0.5))}, {"sigmas": (1.0, 0.1)}, {"sigmas": (0.0, 1.0)}):
        with pytest.raises(ExportError, match="cannot be written down"):
            save_denoiser(path, Told(), example, name="Told", margin=2, takes_sigma=True, **wrong)
    with pytest.raises(ExportError, match="the denoiser"):
        save_denoiser(path, Residual(), example, name="Told", margin=2, takes_sigma=True)
    assert not path.exists()
