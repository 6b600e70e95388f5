"""Denoisers that are told σ: where they are chosen, what they are told, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from jnn_studio.base.watch import Watch
from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.data.listing import list_images
from jnn_studio.labs.denoise.denoisers import methods
from jnn_studio.labs.denoise.denoisers.methods import (
    ANY,
    NOISE2NOISE,
    PENALISED,
    SUPERVISED,
    SURE,
    DenoisersError,
    bundled_denoisers,
    bundled_keys,
    bundled_sigmas,
    chosen,
    trained_sigma,
)
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice, open_choice, opener, trained_for
from jnn_studio.labs.denoise.denoisers.telling import common_range, denoise_told, misfit, range_of, told
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.measuring.evaluation import EvaluationSettings, Measured, Results, evaluate
from jnn_studio.labs.denoise.noisy.noise import add_noise
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel, Stabiliser
from jnn_studio.labs.denoise.photos.applying import Treatment
from jnn_studio.models.conditioned_denoiser import build
from jnn_studio.models.config import ConditionedDenoiserConfig, DenoiserConfig
from jnn_studio.models.denoiser import Denoiser
from jnn_studio.models.denoiser import build as build_for_one
from jnn_studio.models.weights import Loaded, LoadedDenoiser, save_model

SMALL = DenoiserConfig(widths=(2, 3, 4, 4))


class Remembering(nn.Module):
    """Anybody's own: it offers ``sigmas`` and ``at``, and remembers what it was told."""

    sigmas = (0.1, 1.0)
    config = SMALL
    reach = 0

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.asked: list[float] = []

    def at(self, sigma: float) -> Denoiser:
        self.asked.append(sigma)
        return build_for_one(SMALL, 0).eval()


@pytest.fixture(scope="module")
def any_sigma() -> LoadedDenoiser:
    """Near Wiener's filter, as training begins."""
    model = build(ConditionedDenoiserConfig(widths=(4,)), 0).eval()
    return Loaded(model, "Penalised", {"method": PENALISED, "sigmas": "0.02 to 2.0"})


@pytest.fixture
def for_one() -> LoadedDenoiser:
    return Loaded(build_for_one(SMALL, 0).eval(), "Penalised", {"sigma": "0.5"})


@pytest.fixture
def own() -> LoadedDenoiser:
    return Loaded(Remembering(), "Own", {})


@pytest.fixture(scope="module")
def clean() -> Tensor:
    return 2 * torch.from_numpy(draw_dead_leaves(48, 56, 3, 0)).float() - 1


class TestTelling:
    def test_gives_the_same_weights_for_one_sigma(self, any_sigma: LoadedDenoiser, clean: Tensor) -> None:
        found = told(any_sigma, 0.3)
        assert torch.equal(found.model(clean[None]), any_sigma.model.at(0.3)(clean[None]))
        assert (trained_sigma(found), found.info["sigmas"]) == (0.3, "0.02 to 2.0")
        assert (range_of(any_sigma), range_of(found)) == ((0.02, 2.0), None)
        assert trained_sigma(any_sigma) is None

    @pytest.mark.parametrize(("sigma", "cut"), [(0.001, 0.02), (0.02, 0.02), (7.0, 2.0)])
    def test_is_cut_to_its_range(self, any_sigma: LoadedDenoiser, sigma: float, cut: float) -> None:
        assert trained_sigma(told(any_sigma, sigma)) == cut

    def test_leaves_one_that_knows_its_own_alone(self, for_one: LoadedDenoiser, clean: Tensor) -> None:
        assert told(for_one, 0.1) is for_one
        assert torch.equal(denoise_told(for_one, clean, 0.1), denoise_photo(for_one.model, clean))
        assert misfit(for_one, 0.1) == ""

    def test_its_jacobian_can_be_looked_at(self, any_sigma: LoadedDenoiser, clean: Tensor) -> None:
        crop = clean[None, :, :16, :16].clone().requires_grad_()
        told(any_sigma, 0.3).model(crop).sum().backward()
        assert crop.grad is not None
        assert crop.grad.abs().max() > 0

    @pytest.mark.parametrize(
        ("sigma", "words"),
        [
            (0.02, ""),
            (2.0, ""),
            (3.0, "made for σ from 0.02 to 2, the image has about 3: expect noise to be left in"),
            (0.01, "the image has about 0.01: it is changed by 25% of what it would be at 0.02"),
        ],
    )
    def test_there_is_something_to_say_outside_of_the_range_alone(
        self, any_sigma: LoadedDenoiser, sigma: float, words: str
    ) -> None:
        assert words in misfit(any_sigma, sigma)
        assert bool(misfit(any_sigma, sigma)) == bool(words)


@pytest.mark.parametrize("sigma", [0.0, 0.005, 0.01, 0.015, 0.02, 0.1])
def test_no_photograph_gets_worse_than_it_was(any_sigma: LoadedDenoiser, clean: Tensor, sigma: float) -> None:
    """Below the range too, where the denoiser for its least σ takes more than there is."""
    noisy = add_noise(clean, sigma, 1)
    error = (denoise_told(any_sigma, noisy, sigma) - clean).square().mean()
    assert error <= (noisy - clean).square().mean()
    if sigma == 0.005:
        whole = denoise_photo(told(any_sigma, sigma).model, noisy)
        assert (whole - clean).square().mean() > 2 * (noisy - clean).square().mean()


class TestWhatIsTold:
    def test_a_gaussian_image_its_sigma(self, own: LoadedDenoiser, clean: Tensor) -> None:
        Treatment("own", lambda _: {"own": own}, 0.4).apply(clean / 2, Watch())
        assert own.model.asked == [0.4]

    def test_counted_photons_what_is_left_once_they_are_stabilised(
        self, own: LoadedDenoiser, clean: Tensor
    ) -> None:
        noisy = NoiseModel(0.0, 20).draw(clean, 0)
        Treatment("own", lambda _: {"own": own}, peak=20).apply(noisy, Watch())
        Treatment("own", lambda _: {"own": own}, peak=20, stabilised=False).apply(noisy, Watch())
        seen = NoiseModel(0.0, 20).mean_sigma(float(noisy.mean()))
        assert own.model.asked == pytest.approx([Stabiliser(NoiseModel(0.0, 20)).sigma, seen])

    def test_a_remark_where_the_noise_lies_outside(self, own: LoadedDenoiser, clean: Tensor) -> None:
        def remark(sigma: float) -> str:
            return Treatment("own", lambda _: {"own": own}, sigma).apply(clean / 2, Watch()).remark

        assert [bool(remark(sigma)) for sigma in (0.05, 0.1, 0.4, 1.0, 1.5)] == [
            True,
            False,
            False,
            False,
            True,
        ]


class TestEvaluating:
    @pytest.fixture
    def folder(self, tmp_path: Path, clean: Tensor) -> Path:
        pixels = ((clean + 1) * 127.5).to(torch.uint8).numpy().transpose(1, 2, 0)
        (tmp_path / "photos").mkdir()
        Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / "photos" / "a.png")
        return tmp_path / "photos"

    def measured(self, folder: Path, loaded: LoadedDenoiser, **settings: Any) -> Measured:
        made = EvaluationSettings(**settings)
        with closing(list_images(folder)) as listing:
            kept = Results(folder.parent / "kept.jsonl")
            *_, last = evaluate(listing, range(1), {"own": loaded}, (), made, kept)
        assert isinstance(last, Measured)
        return last

    def test_values_are_kept_for_what_was_told(self, folder: Path, own: LoadedDenoiser) -> None:
        first = self.measured(folder, own, sigma=0.3)
        assert self.measured(folder, own, sigma=0.3) == first
        assert own.model.asked == [0.3]
        self.measured(folder, own, sigma=0.4)
        assert own.model.asked == [0.3, 0.4]
        own.model.sigmas = (0.1, 0.9)  # the same weights, made for another range, are another network
        self.measured(folder, own, sigma=0.3)
        assert own.model.asked == [0.3, 0.4, 0.3]
        assert first.pixels == 48 * 56

    def test_images_between_0_and_1_are_brought_to_its_own_range(
        self, folder: Path, own: LoadedDenoiser
    ) -> None:
        self.measured(folder, own, sigma=0.3, range="0..1")
        assert own.model.asked == [0.6]


class TestChoosing:
    @pytest.fixture
    def shipped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "denoisers"
        folder.mkdir()
        for sigma in ("0.5", "1"):
            for method in (PENALISED, "noise2noise"):
                path = folder / f"sigma-{sigma}-{method}.safetensors"
                save_model(path, build_for_one(SMALL, 0), method, {"method": method, "sigma": sigma})
        monkeypatch.setattr(methods, "resource", lambda *_: folder)
        return folder

    @pytest.fixture
    def with_any(self, shipped: Path, any_sigma: LoadedDenoiser) -> None:
        path = shipped / f"any-sigma-{PENALISED}.safetensors"
        save_model(path, any_sigma.model, "Penalised, any σ", any_sigma.info)

    @pytest.fixture
    def read(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
        """What was read, file by file."""
        found: list[Path] = []
        load = methods.load_denoiser
        monkeypatch.setattr(methods, "load_denoiser", lambda path: [found.append(path), load(path)][1])
        return found

    def test_those_for_any_sigma_where_nobody_chose(self, with_any: None, read: list[Path]) -> None:
        assert bundled_keys() == (ANY, 0.5, 1.0)
        assert bundled_sigmas() == (0.5, 1.0)
        open_for = opener(ModelsChoice())
        found: list[Mapping[str, LoadedDenoiser]] = [open_for(sigma) for sigma in (0.01, 0.3, 1.0)]
        assert all(one is found[0] for one in found)
        assert [path.name for path in read] == ["any-sigma-penalised.safetensors"]
        assert common_range(found[0]) == (0.02, 2.0)
        assert trained_for(found[0]) == ()

    def test_two_are_compared_unless_all_methods_are_asked_for(
        self, shipped: Path, any_sigma: LoadedDenoiser
    ) -> None:
        for method in (SUPERVISED, NOISE2NOISE, PENALISED, SURE):
            save_model(shipped / f"any-sigma-{method}.safetensors", any_sigma.model, method, {})
        assert list(open_choice(ModelsChoice(), 0.1).models) == [SUPERVISED, PENALISED]
        opened = open_choice(ModelsChoice(all_methods=True), 0.1)
        assert (opened.key, list(opened.models)) == (ANY, [SUPERVISED, NOISE2NOISE, PENALISED, SURE])
        paper = open_choice(ModelsChoice(paper=True, all_methods=True), 0.4)
        assert list(paper.models) == [NOISE2NOISE, PENALISED]

    def test_those_for_one_sigma_where_they_are_asked_for(self, with_any: None, read: list[Path]) -> None:
        open_for = opener(ModelsChoice(paper=True))
        found = [open_for(sigma) for sigma in (0.01, 0.3, 0.9, 2.0)]
        assert [trained_for(one) for one in found] == [(0.5,), (0.5,), (1.0,), (1.0,)]
        assert len(read) == 4
        opened = open_choice(ModelsChoice(sigma=1.0), 0.1)
        assert (opened.key, opened.keys) == (1.0, (ANY, 0.5, 1.0))

    def test_those_for_one_sigma_where_no_others_ship(self, shipped: Path) -> None:
        assert open_choice(ModelsChoice(), 0.6).key == 0.5
        assert bundled_denoisers(ANY) == {}

    def test_what_only_the_others_have_is_said(self, with_any: None) -> None:
        there = bundled_denoisers(ANY)
        assert chosen(there, "") == PENALISED
        with pytest.raises(DenoisersError, match="'noise2noise'.*--bundled paper"):
            chosen(there, "noise2noise")

    def test_several_have_in_common_what_all_can_be_told(
        self, any_sigma: LoadedDenoiser, own: LoadedDenoiser, for_one: LoadedDenoiser
    ) -> None:
        assert common_range({"a": any_sigma, "b": own}) == (0.1, 1.0)
        assert common_range({"a": any_sigma, "b": for_one}) is None
        assert common_range({}) is None
