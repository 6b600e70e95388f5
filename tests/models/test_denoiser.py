"""The denoising network: one cut, every size, the same weights from the same seed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from jnn_studio import NuclearNormPenalty
from jnn_studio.models.autoencoder import build as build_autoencoder
from jnn_studio.models.config import AutoencoderConfig, DenoiserConfig
from jnn_studio.models.denoiser import MODEL, build, denoise
from jnn_studio.models.weights import WeightsError, load_denoiser, load_model, save_model

TINY = DenoiserConfig(widths=(2, 3, 4, 5))


def test_it_is_the_papers_network_cut_at_its_bottleneck() -> None:
    denoiser = build(DenoiserConfig(), 0)
    h, g = denoiser
    kinds = [[type(layer) for layer in half if not isinstance(layer, nn.ELU)] for half in (h, g)]
    convolution, up = nn.Conv2d, nn.ConvTranspose2d
    assert kinds[0] == [convolution] * (1 + 3 * 3 + 2)
    assert kinds[1] == [convolution] * 2 + 3 * [up, convolution, convolution] + [convolution]
    images = torch.zeros(1, 3, 32, 24)
    assert h(images).shape == (1, 80, 4, 3)
    assert denoiser(images).shape == images.shape


def test_weights_are_a_function_of_the_seed_and_keep_the_signal_alive() -> None:
    first, same, other = build(TINY, 1), build(TINY, 1), build(TINY, 2)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), same.parameters(), strict=True))
    assert not torch.equal(first[0][0].weight, other[0][0].weight)
    large = build(DenoiserConfig(), 0)
    out = large(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert 0.02 < float(out.detach().std()) < 1


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 7), (8, 16), (33, 5), (40, 31)])
def test_any_size_goes_in_and_comes_out(size: tuple[int, int]) -> None:
    images = torch.randn(2, 3, *size)
    assert denoise(build(TINY, 0), images).shape == images.shape


def test_a_multiple_of_the_stride_is_not_touched_by_padding() -> None:
    denoiser, images = build(TINY, 0), torch.randn(1, 3, 16, 24)
    assert torch.equal(denoise(denoiser, images), denoiser(images))


def test_the_penalty_needs_no_finite_differences_here() -> None:
    config = DenoiserConfig(widths=(2, 3, 4, 12))
    denoiser, images = build(config, 0).double(), torch.randn(1, 3, 8, 8, dtype=torch.float64)
    penalty = NuclearNormPenalty(probes=4)
    drawn = penalty(denoiser, images.expand(256, -1, -1, -1), torch.Generator().manual_seed(0))
    assert repr(penalty).count("all layers known") == 2
    h, g = denoiser
    code = h(images).detach()
    exact = sum(
        float(torch.autograd.functional.jacobian(factor, x).square().sum())
        for factor, x in ((h, images), (g, code))
    )
    assert float(drawn.detach()) == pytest.approx(0.5 * exact, rel=0.1)


def test_a_file_gives_the_same_network_back(tmp_path: Path) -> None:
    denoiser, images = build(TINY, 3), torch.randn(1, 3, 16, 16)
    save_model(tmp_path / "d.safetensors", denoiser, "Penalised", {"sigma": "0.5"})
    loaded = load_denoiser(tmp_path / "d.safetensors")
    assert (loaded.name, loaded.info["sigma"], loaded.model.config) == ("Penalised", "0.5", TINY)
    assert torch.equal(loaded.model(images), denoiser(images))


def test_files_of_the_other_kind_are_refused_where_they_do_not_belong(tmp_path: Path) -> None:
    save_model(tmp_path / "d.safetensors", build(TINY, 0), "d")
    with pytest.raises(WeightsError, match="is a denoiser, which has no latent to walk; open it in Denoise"):
        load_model(tmp_path / "d.safetensors")
    config = AutoencoderConfig(size=8, dct=4, hidden=4, latent=2)
    save_model(tmp_path / "a.safetensors", build_autoencoder(config, 0), "a")
    with pytest.raises(WeightsError, match="is an autoencoder, not a denoiser; open it in Explore"):
        load_denoiser(tmp_path / "a.safetensors")


def test_weights_that_do_not_fit_are_told() -> None:
    with pytest.raises(RuntimeError):
        MODEL.from_tensors(DenoiserConfig(), build(TINY, 0).state_dict())
