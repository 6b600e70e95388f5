"""What Denoise's pages share: always the results of what is set now, and never the interface made to wait."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.denoise.entries import entries_of
from jnn_studio.app.workspaces.denoise.models_bar import ModelsBar, remark
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.app.workspaces.denoise.remembering import remembered, restore
from jnn_studio.data.photo import read_photo
from jnn_studio.data.pixels import write_picture
from jnn_studio.labs.denoise.denoisers import bm3d, methods
from jnn_studio.labs.denoise.denoisers.methods import ANY, BM3D, PENALISED, SUPERVISED
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice
from jnn_studio.labs.denoise.denoisers.telling import denoise_told
from jnn_studio.labs.denoise.measuring.measures import quality
from jnn_studio.labs.denoise.noisy.noise import add_noise, digest_of, seed_of, to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_model import POISSON, NoiseModel
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.denoiser import denoise

from .photos import open_all, save_any_sigma, save_denoiser, wait_for_noisy, wait_for_results, write_photo


def noised(desk: PhotoDesk, sigma: float, seed: int) -> torch.Tensor:
    """The noise of this photograph at this seed, as the command line draws it."""
    assert desk.photo is not None
    pixels = desk.photo.channels
    return add_noise(to_signed(pixels), sigma, seed_of(digest_of(pixels), seed))


class TestAtFirst:
    def test_nothing_is_read_before_it_begins(self, desk: PhotoDesk) -> None:
        assert desk.photo is None
        assert not desk.opening

    def test_the_sample_is_open_with_noise(self, qtbot: QtBot, desk: PhotoDesk) -> None:
        desk.begin()
        wait_for_results(qtbot, desk)
        assert desk.path is None
        assert desk.photo is not None
        assert desk.photo.name == "Dead leaves"
        assert desk.noisy_quality is not None
        assert desk.noisy_quality == quality(desk.noisy, desk.clean)

    def test_beginning_again_changes_nothing(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        desk.begin()
        qtbot.wait(50)
        assert desk.path == photo
        assert len(desk.models) == 2


class TestAPhotograph:
    def test_is_denoised_by_every_network(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        assert list(desk.results) == list(desk.models) == [SUPERVISED, PENALISED]
        pixels = np.asarray(Image.open(photo))
        clean = to_signed(pixels)
        noisy = noised(desk, 0.5, 0)
        assert torch.equal(desk.noisy, noisy)
        for method, result in desk.results.items():
            with torch.inference_mode():
                expected = denoise(desk.models[method].model, noisy[None])[0]
            assert np.abs(result.pixels.astype(int) - to_pixels(expected)).max() <= 1
            assert result.quality.psnr_paper == pytest.approx(quality(expected, clean).psnr_paper, abs=1e-3)
            assert result.seconds > 0

    def test_that_is_damaged_is_refused_and_the_last_one_stays(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, tmp_path: Path
    ) -> None:
        desk.open_photo(photo)
        wait_for_noisy(qtbot, desk, photo)
        bad = tmp_path / "bad.jpg"
        bad.write_bytes(photo.read_bytes()[:200])
        with qtbot.waitSignal(desk.failed) as told:
            desk.open_photo(bad)
        assert "bad.jpg" in told.args[1].text
        assert desk.path == photo
        assert not desk.opening

    def test_of_one_pixel_is_denoised_too(
        self, qtbot: QtBot, desk: PhotoDesk, weights: Path, tmp_path: Path
    ) -> None:
        open_all(qtbot, desk, write_photo(tmp_path / "one.png", 1, 1), weights)
        assert desk.results[PENALISED].pixels.shape == (1, 1, 3)
        assert desk.noisy_quality.ssim is None

    def test_replaces_the_last_with_its_results(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, weights: Path, tmp_path: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        other = write_photo(tmp_path / "other.png", 30, 20, seed=1)
        with qtbot.waitSignal(desk.photo_changed):
            desk.open_photo(other)
        assert not desk.results
        wait_for_noisy(qtbot, desk, other)
        wait_for_results(qtbot, desk)
        assert {result.pixels.shape for result in desk.results.values()} == {(20, 30, 3)}


class TestNoise:
    def test_follows_sigma_and_only_the_last_is_kept(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        for sigma in np.linspace(0.1, 1.5, 40):
            desk.set_sigma(float(sigma))
        assert not desk.results
        qtbot.waitUntil(lambda: torch.equal(desk.noisy, noised(desk, 1.5, 0)))
        wait_for_results(qtbot, desk)
        with torch.inference_mode():
            expected = denoise(desk.models[PENALISED].model, desk.noisy[None])[0]
        assert np.abs(desk.results[PENALISED].pixels.astype(int) - to_pixels(expected)).max() <= 1

    def test_is_drawn_anew_for_another_seed(self, qtbot: QtBot, desk: PhotoDesk, photo: Path) -> None:
        desk.open_photo(photo)
        wait_for_noisy(qtbot, desk, photo)
        with qtbot.waitSignal(desk.noisy_changed):
            desk.set_seed(7)
        assert torch.equal(desk.noisy, noised(desk, 0.5, 7))

    def test_sigma_stays_within_its_limits(self, desk: PhotoDesk) -> None:
        desk.set_sigma(-3)
        assert desk.sigma == 0.001
        desk.set_sigma(1000)
        assert desk.sigma == 4


class TestAPhotographThatIsNoisyAlready:
    def test_has_its_sigma_estimated_and_nothing_to_compare_with(
        self, qtbot: QtBot, desk: PhotoDesk, weights: Path, tmp_path: Path
    ) -> None:
        noise = np.random.default_rng(0).normal(128, 0.2 * 127.5, (96, 96, 3))
        path = tmp_path / "noisy.png"
        Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(path)
        desk.set_already_noisy(True)
        open_all(qtbot, desk, path, weights)
        assert desk.clean is None
        assert torch.equal(desk.noisy, to_signed(np.asarray(Image.open(path))))
        assert desk.estimate.sigma == pytest.approx(0.2, rel=0.05)
        assert desk.sigma == desk.estimate.sigma
        assert all(result.quality is None for result in desk.results.values())

    def test_has_the_sigma_there_was_before_noise_was_cut_off_and_says_so(
        self, qtbot: QtBot, desk: PhotoDesk, tmp_path: Path
    ) -> None:
        noise = np.random.default_rng(0).normal(128, 0.8 * 127.5, (128, 128, 3))
        path = tmp_path / "noisy.png"
        Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(path)
        desk.set_already_noisy(True)
        desk.open_photo(path)
        qtbot.waitUntil(lambda: desk.estimate is not None and desk.path == path)
        assert desk.sigma == pytest.approx(0.8, rel=0.08)
        assert desk.told_sigma < 0.7
        assert desk.noise.cut
        assert entries_of(desk, {})["noisy"].title.endswith("cut off")

    def test_and_then_is_not_has_the_noise_that_was_chosen(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path
    ) -> None:
        desk.set_sigma(0.7)
        desk.open_photo(photo)
        wait_for_noisy(qtbot, desk, photo)
        with qtbot.waitSignal(desk.noisy_changed):
            desk.set_already_noisy(True)
        assert desk.sigma != 0.7
        with qtbot.waitSignal(desk.noisy_changed):
            desk.set_already_noisy(False)
        assert desk.sigma == 0.7
        assert torch.equal(desk.noisy, noised(desk, 0.7, 0))

    def test_networks_need_not_denoise_again_for_another_sigma(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        desk.set_already_noisy(True)
        open_all(qtbot, desk, photo, weights)
        before = dict(desk.results)
        desk.set_sigma(0.3)
        assert desk.results == before
        assert not desk.waiting


class TestWork:
    def test_can_be_stopped_and_gone_on_with(
        self, qtbot: QtBot, desk: PhotoDesk, weights: Path, tmp_path: Path
    ) -> None:
        large = write_photo(tmp_path / "large.png", 720, 560)
        desk.open_models(weights)
        desk.open_photo(large)
        qtbot.waitUntil(lambda: len(desk.waiting) == 2)
        desk.stop()
        assert desk.stopped
        assert not desk.waiting
        qtbot.wait(300)
        assert set(desk.results) != set(desk.models)
        desk.go_on()
        wait_for_results(qtbot, desk)
        assert not desk.stopped

    def test_at_a_large_photograph_tells_how_far_it_is(
        self, qtbot: QtBot, desk: PhotoDesk, weights: Path, tmp_path: Path
    ) -> None:
        shares: list[float] = []
        desk.progress_changed.connect(lambda _, share: shares.append(share))
        desk.open_models(weights)
        desk.open_photo(write_photo(tmp_path / "large.png", 720, 560))
        qtbot.waitUntil(lambda: len(desk.results) == 2)
        assert any(0 < share < 1 for share in shares)

    def test_ends_with_the_program_however_large_the_photograph(
        self, qtbot: QtBot, context: AppContext, desk: PhotoDesk, weights: Path, tmp_path: Path
    ) -> None:
        desk.open_models(weights)
        desk.open_photo(write_photo(tmp_path / "large.png", 1400, 1100))
        qtbot.waitUntil(lambda: len(desk.waiting) == 2)
        context.close()  # the fixture that looks for threads left behind is the judge
        assert set(desk.results) != set(desk.models)


class TestDenoisers:
    def test_that_cannot_be_used_leave_the_last_ones_open(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, weights: Path, tmp_path: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        bad = tmp_path / "bad.safetensors"
        bad.write_bytes(b"no weights")
        with qtbot.waitSignal(desk.failed) as told:
            desk.open_models(bad)
        assert "bad.safetensors" in told.args[1].text
        assert list(desk.models) == [SUPERVISED, PENALISED]
        assert desk.choice == ModelsChoice(path=weights)

    def test_of_a_single_file_take_the_place_of_the_others(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        desk.open_models(weights / f"{PENALISED}.safetensors")
        qtbot.waitUntil(lambda: list(desk.models) == [PENALISED])
        wait_for_results(qtbot, desk)
        assert list(desk.results) == [PENALISED]
        assert SUPERVISED not in desk.levels

    def test_for_grey_images_denoise_each_channel(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "grey.safetensors"
        save_denoiser(path, PENALISED, 0, 0.5, DenoiserConfig(widths=(2, 3, 4, 4), channels=1))
        desk.open_models(path)
        desk.open_photo(photo)
        wait_for_noisy(qtbot, desk, photo)
        qtbot.waitUntil(lambda: PENALISED in desk.results)
        with torch.inference_mode():
            expected = denoise(desk.models[PENALISED].model, desk.noisy[:, None])[:, 0]
        assert np.abs(desk.results[PENALISED].pixels.astype(int) - to_pixels(expected)).max() <= 1

    @pytest.fixture
    def bundled(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "denoisers"
        folder.mkdir()
        for sigma in ("0.5", "1"):
            save_denoiser(folder / f"sigma-{sigma}-{PENALISED}.safetensors", PENALISED, 0, float(sigma))
        monkeypatch.setattr(methods, "resource", lambda *_: folder)

    def test_that_ship_follow_sigma_until_one_is_chosen(
        self, qtbot: QtBot, desk: PhotoDesk, bundled: None
    ) -> None:
        desk.begin()
        qtbot.waitUntil(lambda: desk.bundled_key == 0.5)
        assert desk.bundled_keys == (0.5, 1.0)
        desk.set_sigma(0.9)
        qtbot.waitUntil(lambda: desk.bundled_key == 1.0)
        desk.set_sigma(0.3)
        desk.set_sigma(2)
        desk.set_sigma(0.4)
        qtbot.waitUntil(lambda: desk.bundled_key == 0.5)
        desk.use_bundled(ModelsChoice(sigma=1.0))
        qtbot.waitUntil(lambda: desk.bundled_key == 1.0)
        desk.set_sigma(0.45)
        wait_for_results(qtbot, desk)
        assert desk.bundled_key == 1.0


class TestForAnySigma:
    """Denoisers that are told σ: read once, and always told the σ that is set now."""

    @pytest.fixture
    def bundled(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "denoisers"
        folder.mkdir()
        for sigma in ("0.5", "1"):
            save_denoiser(folder / f"sigma-{sigma}-{PENALISED}.safetensors", PENALISED, 0, float(sigma))
        save_any_sigma(folder / f"any-sigma-{PENALISED}.safetensors", PENALISED)
        monkeypatch.setattr(methods, "resource", lambda *_: folder)
        return folder

    def expected(self, desk: PhotoDesk) -> np.ndarray:
        return to_pixels(denoise_told(desk.models[PENALISED], desk.noisy, desk.told_sigma))

    def check(self, qtbot: QtBot, desk: PhotoDesk) -> None:
        wait_for_results(qtbot, desk)
        error = desk.results[PENALISED].pixels.astype(int) - self.expected(desk)
        assert np.abs(error).max() <= 1

    def test_results_follow_sigma_and_nothing_is_read_again(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, bundled: Path
    ) -> None:
        desk.begin_with(photo)
        desk.begin()
        wait_for_noisy(qtbot, desk, photo)
        self.check(qtbot, desk)
        assert (desk.bundled_key, desk.bundled_keys) == (ANY, (ANY, 0.5, 1.0))
        first = desk.models[PENALISED]
        for sigma in (0.9, 0.1, 0.01, 3.0):
            desk.set_sigma(sigma)
            assert PENALISED not in desk.results
            wait_for_noisy(qtbot, desk, photo)
            self.check(qtbot, desk)
        assert desk.models[PENALISED] is first
        desk.use_bundled(ModelsChoice(paper=True))
        qtbot.waitUntil(lambda: desk.bundled_key == 1.0)
        desk.set_sigma(0.4)
        qtbot.waitUntil(lambda: desk.bundled_key == 0.5)
        assert ModelsChoice(paper=True) == desk.choice

    def test_a_photograph_with_noise_is_denoised_for_what_somebody_types(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, bundled: Path
    ) -> None:
        write_picture(read_photo(photo).pixels // 2 + 64, photo)  # nothing was cut off
        desk.set_already_noisy(True)
        desk.begin_with(photo)
        desk.begin()
        wait_for_noisy(qtbot, desk, photo)
        self.check(qtbot, desk)
        assert desk.sigma == pytest.approx(desk.estimate.sigma)
        before = desk.results[PENALISED]
        desk.set_sigma(0.3)
        assert PENALISED not in desk.results
        self.check(qtbot, desk)
        assert not np.array_equal(desk.results[PENALISED].pixels, before.pixels)

    def test_counted_photons_are_told_once_they_are_stabilised(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path, bundled: Path
    ) -> None:
        desk.set_noise_kind(POISSON)
        desk.set_peak(20)
        desk.begin_with(photo)
        desk.begin()
        wait_for_noisy(qtbot, desk, photo)
        wait_for_results(qtbot, desk)
        noise = NoiseModel(0.0, 20)
        loaded = desk.models[PENALISED]
        found = noise.denoise(lambda image, s: denoise_told(loaded, image, s), desk.noisy, True)
        assert np.abs(desk.results[PENALISED].pixels.astype(int) - to_pixels(found)).max() <= 1

    def test_what_is_said_of_them(
        self, qtbot: QtBot, context: AppContext, desk: PhotoDesk, photo: Path, bundled: Path
    ) -> None:
        desk.begin_with(photo)
        desk.begin()
        wait_for_noisy(qtbot, desk, photo)
        wait_for_results(qtbot, desk)
        bar = ModelsBar(desk, "denoise.photo")
        qtbot.addWidget(bar)
        offered = [bar.choice.itemText(index) for index in range(bar.choice.count())]
        paper = ["nearest σ", "σ = 0.5", "σ = 1"]
        told = ["Bundled, any σ", "Bundled, any σ, all methods"]
        assert offered == [*told, *(f"Bundled, paper's, {words}" for words in paper)]
        assert bar.choice.currentText() == offered[0]
        assert remark(desk) == ("For any σ from 0.02 to 2: told 0.5.", "muted")
        desk.set_sigma(3)
        words, tone = remark(desk)
        assert ("expect noise to be left in" in words, tone) == (True, "warning")
        desk.set_sigma(0.01)
        assert "only 25% of a result is taken" in remark(desk)[0]
        bar.choice.setCurrentIndex(1)
        bar.choice.activated.emit(1)
        qtbot.waitUntil(lambda: desk.choice == ModelsChoice(all_methods=True))
        other = PhotoDesk(context)
        restore(other, remembered(desk))
        other.begin()
        qtbot.waitUntil(lambda: other.choice == desk.choice)
        bar.choice.setCurrentIndex(2)
        bar.choice.activated.emit(2)
        qtbot.waitUntil(lambda: desk.bundled_key == 0.5)
        assert bar.choice.currentText() == offered[2]
        assert "more blur than is needed" in remark(desk)[0]

    def test_which_are_open_is_remembered(
        self, qtbot: QtBot, context: AppContext, desk: PhotoDesk, photo: Path, bundled: Path
    ) -> None:
        desk.begin_with(photo, ModelsChoice(paper=True))
        desk.begin()
        qtbot.waitUntil(lambda: desk.bundled_key == 0.5)
        other = PhotoDesk(context)
        restore(other, remembered(desk))
        other.begin()
        qtbot.waitUntil(lambda: other.bundled_key == 0.5)
        assert other.choice == ModelsChoice(paper=True)


class TestBm3d:
    def test_that_is_not_installed_is_not_waited_for(
        self, qtbot: QtBot, desk: PhotoDesk, photo: Path
    ) -> None:
        desk.open_photo(photo)
        wait_for_noisy(qtbot, desk, photo)
        assert BM3D not in desk.waiting

    @pytest.mark.skipif(not bm3d.available(), reason="the extra 'denoise' (package bm3d) is not installed")
    def test_runs_beside_the_networks(self, qtbot: QtBot, context: AppContext, photo: Path) -> None:
        desk = PhotoDesk(context)
        desk.set_sigma(0.2)
        desk.open_photo(photo)
        wait_for_noisy(qtbot, desk, photo)
        qtbot.waitUntil(lambda: BM3D not in desk.waiting)
        assert not desk.failures
        assert desk.results[BM3D].quality.psnr_paper > desk.noisy_quality.psnr_paper

    @pytest.mark.skipif(not bm3d.available(), reason="the extra 'denoise' (package bm3d) is not installed")
    def test_is_ended_when_it_is_no_longer_wanted(
        self, qtbot: QtBot, context: AppContext, tmp_path: Path
    ) -> None:
        desk = PhotoDesk(context)
        desk.open_photo(write_photo(tmp_path / "large.png", 900, 700))
        qtbot.waitUntil(lambda: BM3D in desk.waiting)
        qtbot.wait(500)
        desk.stop()
        assert BM3D not in desk.waiting
        small = write_photo(tmp_path / "small.png", 32, 32)
        desk.open_photo(small)
        wait_for_noisy(qtbot, desk, small)
        qtbot.waitUntil(lambda: BM3D not in desk.waiting)
        assert desk.results[BM3D].pixels.shape == (32, 32, 3)


class TestRemembering:
    def test_everything_is_as_it_was(
        self, qtbot: QtBot, context: AppContext, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        desk.set_sigma(0.8)
        desk.set_seed(3)
        open_all(qtbot, desk, photo, weights)
        other = PhotoDesk(context)
        restore(other, remembered(desk))
        assert other.photo is None
        other.begin()
        wait_for_noisy(qtbot, other, photo)
        wait_for_results(qtbot, other)
        assert (other.sigma, other.seed, other.choice) == (0.8, 3, ModelsChoice(path=weights))
        assert torch.equal(other.noisy, desk.noisy)

    def test_what_is_gone_gives_way_to_the_sample_and_is_told(
        self, qtbot: QtBot, context: AppContext, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        text = remembered(desk)
        photo.unlink()
        for file in weights.iterdir():
            file.unlink()
        other = PhotoDesk(context)
        told: list[str] = []
        other.failed.connect(lambda title, failure: told.append(title))
        restore(other, text)
        other.begin()
        wait_for_noisy(qtbot, other, None)
        qtbot.waitUntil(lambda: other.models_known)
        assert sorted(told) == ["Cannot open the denoisers", "Cannot open the photograph"]
        assert other.choice == ModelsChoice()

    @pytest.mark.parametrize("text", ["", "{", '{"sigma": -1}'])
    def test_what_makes_no_sense_is_passed_over(self, desk: PhotoDesk, text: str) -> None:
        restore(desk, text)
        assert desk.sigma == 0.5
