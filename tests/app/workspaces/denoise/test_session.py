"""What Denoise's pages share: always the results of what is set now, and never the interface made to wait."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.denoise.remembering import remembered, restore
from jnn_studio.app.workspaces.denoise.session import PhotoSession
from jnn_studio.labs.denoise import bm3d, methods
from jnn_studio.labs.denoise.measures import quality
from jnn_studio.labs.denoise.methods import BM3D, PENALISED, SUPERVISED
from jnn_studio.labs.denoise.models_choice import ModelsChoice
from jnn_studio.labs.denoise.noise import add_noise, to_pixels, to_signed
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.denoiser import denoise

from .photos import open_all, save_denoiser, wait_for_noisy, wait_for_results, write_photo


class TestAtFirst:
    def test_nothing_is_read_before_it_begins(self, session: PhotoSession) -> None:
        assert session.photo is None
        assert not session.opening

    def test_the_sample_is_open_with_noise(self, qtbot: QtBot, session: PhotoSession) -> None:
        session.begin()
        wait_for_results(qtbot, session)
        assert session.path is None
        assert session.photo is not None
        assert session.photo.name == "Dead leaves"
        assert session.noisy_quality is not None
        assert session.noisy_quality == quality(session.noisy, session.clean)

    def test_beginning_again_changes_nothing(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, session, photo, weights)
        session.begin()
        qtbot.wait(50)
        assert session.path == photo
        assert len(session.models) == 2


class TestAPhotograph:
    def test_is_denoised_by_every_network(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, session, photo, weights)
        assert list(session.results) == list(session.models) == [SUPERVISED, PENALISED]
        pixels = np.asarray(Image.open(photo))
        clean = to_signed(pixels)
        noisy = add_noise(clean, 0.5, 0)
        assert torch.equal(session.noisy, noisy)
        for method, result in session.results.items():
            with torch.inference_mode():
                expected = denoise(session.models[method].model, noisy[None])[0]
            assert np.abs(result.pixels.astype(int) - to_pixels(expected)).max() <= 1
            assert result.quality.psnr_paper == pytest.approx(quality(expected, clean).psnr_paper, abs=1e-3)
            assert result.seconds > 0

    def test_that_is_damaged_is_refused_and_the_last_one_stays(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, tmp_path: Path
    ) -> None:
        session.open_photo(photo)
        wait_for_noisy(qtbot, session, photo)
        bad = tmp_path / "bad.jpg"
        bad.write_bytes(photo.read_bytes()[:200])
        with qtbot.waitSignal(session.failed, timeout=5000) as told:
            session.open_photo(bad)
        assert "bad.jpg" in told.args[1].text
        assert session.path == photo
        assert not session.opening

    def test_of_one_pixel_is_denoised_too(
        self, qtbot: QtBot, session: PhotoSession, weights: Path, tmp_path: Path
    ) -> None:
        open_all(qtbot, session, write_photo(tmp_path / "one.png", 1, 1), weights)
        assert session.results[PENALISED].pixels.shape == (1, 1, 3)
        assert session.noisy_quality.ssim is None

    def test_replaces_the_last_with_its_results(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, weights: Path, tmp_path: Path
    ) -> None:
        open_all(qtbot, session, photo, weights)
        other = write_photo(tmp_path / "other.png", 30, 20, seed=1)
        with qtbot.waitSignal(session.photo_changed, timeout=5000):
            session.open_photo(other)
        assert not session.results
        wait_for_noisy(qtbot, session, other)
        wait_for_results(qtbot, session)
        assert {result.pixels.shape for result in session.results.values()} == {(20, 30, 3)}


class TestNoise:
    def test_follows_sigma_and_only_the_last_is_kept(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, session, photo, weights)
        for sigma in np.linspace(0.1, 1.5, 40):
            session.set_sigma(float(sigma))
        assert not session.results
        qtbot.waitUntil(lambda: torch.equal(session.noisy, add_noise(session.clean, 1.5, 0)), timeout=5000)
        wait_for_results(qtbot, session)
        with torch.inference_mode():
            expected = denoise(session.models[PENALISED].model, session.noisy[None])[0]
        assert np.abs(session.results[PENALISED].pixels.astype(int) - to_pixels(expected)).max() <= 1

    def test_is_drawn_anew_for_another_seed(self, qtbot: QtBot, session: PhotoSession, photo: Path) -> None:
        session.open_photo(photo)
        wait_for_noisy(qtbot, session, photo)
        with qtbot.waitSignal(session.noisy_changed, timeout=5000):
            session.set_seed(7)
        assert torch.equal(session.noisy, add_noise(session.clean, 0.5, 7))

    def test_sigma_stays_within_its_limits(self, session: PhotoSession) -> None:
        session.set_sigma(-3)
        assert session.sigma == 0.01
        session.set_sigma(1000)
        assert session.sigma == 4


class TestAPhotographThatIsNoisyAlready:
    def test_has_its_sigma_estimated_and_nothing_to_compare_with(
        self, qtbot: QtBot, session: PhotoSession, weights: Path, tmp_path: Path
    ) -> None:
        noise = np.random.default_rng(0).normal(128, 0.2 * 127.5, (96, 96, 3))
        path = tmp_path / "noisy.png"
        Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(path)
        session.set_already_noisy(True)
        open_all(qtbot, session, path, weights)
        assert session.clean is None
        assert torch.equal(session.noisy, to_signed(np.asarray(Image.open(path))))
        assert session.estimate == pytest.approx(0.2, rel=0.05)
        assert session.sigma == session.estimate
        assert all(result.quality is None for result in session.results.values())

    def test_and_then_is_not_has_the_noise_that_was_chosen(
        self, qtbot: QtBot, session: PhotoSession, photo: Path
    ) -> None:
        session.set_sigma(0.7)
        session.open_photo(photo)
        wait_for_noisy(qtbot, session, photo)
        with qtbot.waitSignal(session.noisy_changed, timeout=5000):
            session.set_already_noisy(True)
        assert session.sigma != 0.7
        with qtbot.waitSignal(session.noisy_changed, timeout=5000):
            session.set_already_noisy(False)
        assert session.sigma == 0.7
        assert torch.equal(session.noisy, add_noise(session.clean, 0.7, 0))

    def test_networks_need_not_denoise_again_for_another_sigma(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, weights: Path
    ) -> None:
        session.set_already_noisy(True)
        open_all(qtbot, session, photo, weights)
        before = dict(session.results)
        session.set_sigma(0.3)
        assert session.results == before
        assert not session.waiting


class TestWork:
    def test_can_be_stopped_and_gone_on_with(
        self, qtbot: QtBot, session: PhotoSession, weights: Path, tmp_path: Path
    ) -> None:
        large = write_photo(tmp_path / "large.png", 720, 560)
        session.open_models(weights)
        session.open_photo(large)
        qtbot.waitUntil(lambda: len(session.waiting) == 2, timeout=20_000)
        session.stop()
        assert session.stopped
        assert not session.waiting
        qtbot.wait(300)
        assert set(session.results) != set(session.models)
        session.go_on()
        wait_for_results(qtbot, session)
        assert not session.stopped

    def test_at_a_large_photograph_tells_how_far_it_is(
        self, qtbot: QtBot, session: PhotoSession, weights: Path, tmp_path: Path
    ) -> None:
        shares: list[float] = []
        session.progress_changed.connect(lambda _, share: shares.append(share))
        session.open_models(weights)
        session.open_photo(write_photo(tmp_path / "large.png", 720, 560))
        qtbot.waitUntil(lambda: len(session.results) == 2, timeout=30_000)
        assert any(0 < share < 1 for share in shares)

    def test_ends_with_the_program_however_large_the_photograph(
        self, qtbot: QtBot, context: AppContext, session: PhotoSession, weights: Path, tmp_path: Path
    ) -> None:
        session.open_models(weights)
        session.open_photo(write_photo(tmp_path / "large.png", 1400, 1100))
        qtbot.waitUntil(lambda: len(session.waiting) == 2, timeout=30_000)
        context.close()  # the fixture that looks for threads left behind is the judge
        assert set(session.results) != set(session.models)


class TestDenoisers:
    def test_that_cannot_be_used_leave_the_last_ones_open(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, weights: Path, tmp_path: Path
    ) -> None:
        open_all(qtbot, session, photo, weights)
        bad = tmp_path / "bad.safetensors"
        bad.write_bytes(b"no weights")
        with qtbot.waitSignal(session.failed, timeout=5000) as told:
            session.open_models(bad)
        assert "bad.safetensors" in told.args[1].text
        assert list(session.models) == [SUPERVISED, PENALISED]
        assert session.choice == ModelsChoice(path=weights)

    def test_of_a_single_file_take_the_place_of_the_others(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, session, photo, weights)
        session.open_models(weights / f"{PENALISED}.safetensors")
        qtbot.waitUntil(lambda: list(session.models) == [PENALISED], timeout=5000)
        wait_for_results(qtbot, session)
        assert list(session.results) == [PENALISED]
        assert SUPERVISED not in session.levels

    def test_for_grey_images_denoise_each_channel(
        self, qtbot: QtBot, session: PhotoSession, photo: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "grey.safetensors"
        save_denoiser(path, PENALISED, 0, 0.5, DenoiserConfig(widths=(2, 3, 4, 4), channels=1))
        session.open_models(path)
        session.open_photo(photo)
        wait_for_noisy(qtbot, session, photo)
        qtbot.waitUntil(lambda: PENALISED in session.results, timeout=10_000)
        with torch.inference_mode():
            expected = denoise(session.models[PENALISED].model, session.noisy[:, None])[:, 0]
        assert np.abs(session.results[PENALISED].pixels.astype(int) - to_pixels(expected)).max() <= 1

    @pytest.fixture
    def bundled(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "denoisers"
        folder.mkdir()
        for sigma in ("0.5", "1"):
            save_denoiser(folder / f"sigma-{sigma}-{PENALISED}.safetensors", PENALISED, 0, float(sigma))
        monkeypatch.setattr(methods, "resource", lambda *_: folder)

    def test_that_ship_follow_sigma_until_one_is_chosen(
        self, qtbot: QtBot, session: PhotoSession, bundled: None
    ) -> None:
        session.begin()
        qtbot.waitUntil(lambda: session.bundled_sigma == 0.5, timeout=10_000)
        assert session.bundled_sigmas == (0.5, 1.0)
        session.set_sigma(0.9)
        qtbot.waitUntil(lambda: session.bundled_sigma == 1.0, timeout=10_000)
        session.set_sigma(0.3)
        session.set_sigma(2)
        session.set_sigma(0.4)
        qtbot.waitUntil(lambda: session.bundled_sigma == 0.5, timeout=10_000)
        session.use_bundled(1.0)
        qtbot.waitUntil(lambda: session.bundled_sigma == 1.0, timeout=10_000)
        session.set_sigma(0.45)
        wait_for_results(qtbot, session)
        assert session.bundled_sigma == 1.0


class TestBm3d:
    def test_that_is_not_installed_is_not_waited_for(
        self, qtbot: QtBot, session: PhotoSession, photo: Path
    ) -> None:
        session.open_photo(photo)
        wait_for_noisy(qtbot, session, photo)
        assert BM3D not in session.waiting

    @pytest.mark.skipif(not bm3d.available(), reason="the extra 'denoise' (package bm3d) is not installed")
    def test_runs_beside_the_networks(self, qtbot: QtBot, context: AppContext, photo: Path) -> None:
        session = PhotoSession(context)
        session.set_sigma(0.2)
        session.open_photo(photo)
        wait_for_noisy(qtbot, session, photo)
        qtbot.waitUntil(lambda: BM3D not in session.waiting, timeout=60_000)
        assert not session.failures
        assert session.results[BM3D].quality.psnr_paper > session.noisy_quality.psnr_paper

    @pytest.mark.skipif(not bm3d.available(), reason="the extra 'denoise' (package bm3d) is not installed")
    def test_is_ended_when_it_is_no_longer_wanted(
        self, qtbot: QtBot, context: AppContext, tmp_path: Path
    ) -> None:
        session = PhotoSession(context)
        session.open_photo(write_photo(tmp_path / "large.png", 900, 700))
        qtbot.waitUntil(lambda: BM3D in session.waiting, timeout=10_000)
        qtbot.wait(500)
        session.stop()
        assert BM3D not in session.waiting
        small = write_photo(tmp_path / "small.png", 32, 32)
        session.open_photo(small)
        wait_for_noisy(qtbot, session, small)
        qtbot.waitUntil(lambda: BM3D not in session.waiting, timeout=30_000)
        assert session.results[BM3D].pixels.shape == (32, 32, 3)


class TestRemembering:
    def test_everything_is_as_it_was(
        self, qtbot: QtBot, context: AppContext, session: PhotoSession, photo: Path, weights: Path
    ) -> None:
        session.set_sigma(0.8)
        session.set_seed(3)
        open_all(qtbot, session, photo, weights)
        other = PhotoSession(context)
        restore(other, remembered(session))
        assert other.photo is None
        other.begin()
        wait_for_noisy(qtbot, other, photo)
        wait_for_results(qtbot, other)
        assert (other.sigma, other.seed, other.choice) == (0.8, 3, ModelsChoice(path=weights))
        assert torch.equal(other.noisy, session.noisy)

    def test_what_is_gone_gives_way_to_the_sample_and_is_told(
        self, qtbot: QtBot, context: AppContext, session: PhotoSession, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, session, photo, weights)
        text = remembered(session)
        photo.unlink()
        for file in weights.iterdir():
            file.unlink()
        other = PhotoSession(context)
        told: list[str] = []
        other.failed.connect(lambda title, failure: told.append(title))
        restore(other, text)
        other.begin()
        wait_for_noisy(qtbot, other, None)
        qtbot.waitUntil(lambda: other.models_known, timeout=5000)
        assert sorted(told) == ["Cannot open the denoisers", "Cannot open the photograph"]
        assert other.choice == ModelsChoice()

    @pytest.mark.parametrize("text", ["", "{", '{"sigma": -1}'])
    def test_what_makes_no_sense_is_passed_over(self, session: PhotoSession, text: str) -> None:
        restore(session, text)
        assert session.sigma == 0.5
