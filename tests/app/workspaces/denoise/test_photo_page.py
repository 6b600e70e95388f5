"""Denoise's photograph: opened, given noise, and saved, by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.arriving import REMOTE
from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.denoise.photo.page import PhotoPage
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.data.photo import read_photo
from jnn_studio.data.pixels import write_picture
from jnn_studio.labs.denoise.denoisers import methods
from jnn_studio.labs.denoise.denoisers.bm3d import HOW_TO_GET
from jnn_studio.labs.denoise.denoisers.methods import BM3D, NOISE2NOISE, PENALISED, SUPERVISED, UNPENALISED
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.measuring.measures import quality
from jnn_studio.labs.denoise.noisy.noise import digest_of, seed_of, to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_model import BOTH, NoiseModel

from .photos import drop, open_all, save_denoiser, wait_for_noisy, wait_for_results, write_photo

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(context: AppContext, desk: PhotoDesk) -> Iterator[PhotoPage]:
    made = PhotoPage(context, desk)
    made.resize(1208, 740)
    made.show()
    yield made
    made.hide()
    made.deleteLater()


class TestOpening:
    def test_photographs_and_weights_can_be_dropped(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        drop(page, weights)
        drop(page, photo)
        qtbot.waitUntil(lambda: len(desk.models) == 2)
        wait_for_noisy(qtbot, desk, photo)
        wait_for_results(qtbot, desk)
        qtbot.waitUntil(lambda: list(page.viewer.panes) == ["clean", "noisy", SUPERVISED, PENALISED, BM3D])
        qtbot.waitUntil(lambda: "PSNR" in page.viewer.panes[PENALISED].accessibleDescription())
        assert page.photo_bar.name.text() == "photo.png · 57 × 43 px"

    def test_a_picture_is_pasted_and_dropped_from_a_browser_and_its_address_is_not_looked_at(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, drop_on: Any
    ) -> None:
        image = QImage(40, 30, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.blue)
        QGuiApplication.clipboard().setImage(image)
        paste = next(action for action in page.commands() if action.objectName().endswith(".paste"))
        assert paste.shortcut() == QKeySequence(QKeySequence.StandardKey.Paste)
        paste.trigger()
        qtbot.waitUntil(lambda: desk.path is not None and desk.path.parent.name == "pasted")
        assert tuple(desk.photo.pixels.shape[:2]) == (30, 40)
        mime = QMimeData()
        mime.setUrls([QUrl("https://example.org/face.png")])
        assert not drop_on(page, mime)
        assert page.message.text.text() == REMOTE
        mime.setData("image/png", photo.read_bytes())
        assert drop_on(page, mime)
        qtbot.waitUntil(lambda: tuple(desk.photo.pixels.shape[:2]) == (43, 57))

    def test_a_recent_photograph_is_opened_again(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, tmp_path: Path
    ) -> None:
        drop(page, photo)
        wait_for_noisy(qtbot, desk, photo)
        other = write_photo(tmp_path / "other.png", 20, 20)
        drop(page, other)
        wait_for_noisy(qtbot, desk, other)
        menu = page.photo_bar.lately.menu()
        menu.aboutToShow.emit()
        offered = {action.text(): action for action in menu.actions()}
        assert list(offered)[:2] == ["other.png", "photo.png"]
        offered["photo.png"].trigger()
        wait_for_noisy(qtbot, desk, photo)

    def test_a_damaged_photograph_is_told_and_the_last_one_stays(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, tmp_path: Path
    ) -> None:
        drop(page, photo)
        wait_for_noisy(qtbot, desk, photo)
        bad = tmp_path / "bad.jpg"
        bad.write_bytes(b"no picture")
        drop(page, bad)
        qtbot.waitUntil(page.message.isVisible)
        assert "bad.jpg" in page.message.text.text()
        assert page.photo_bar.name.text().startswith("photo.png")

    @pytest.mark.parametrize("kind", ["one pixel", "CMYK", "16 bit"])
    def test_unusual_photographs_are_shown(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, tmp_path: Path, kind: str
    ) -> None:
        path = tmp_path / ("unusual.jpg" if kind == "CMYK" else "unusual.png")
        image = {
            "one pixel": lambda: Image.new("RGB", (1, 1), (255, 0, 0)),
            "CMYK": lambda: Image.new("CMYK", (16, 12), (0, 255, 255, 0)),
            "16 bit": lambda: Image.fromarray(np.full((12, 16), 65535, np.uint16)),
        }[kind]()
        image.save(path)
        drop(page, path)
        wait_for_noisy(qtbot, desk, path)
        qtbot.waitUntil(lambda: bool(page.viewer.entries["clean"].levels))
        expected = (255, 255, 255) if kind == "16 bit" else (255, 0, 0)
        assert np.abs(page.viewer.entries["clean"].levels[0][0, 0].astype(int) - expected).max() <= 40
        assert not page.message.isVisible()


class TestPhotons:
    def test_counts_are_drawn_stabilised_and_taken_back(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        bar = page.photo_bar
        assert not bar.peak.isVisible()
        bar.kind.setCurrentIndex(bar.kind.findData(BOTH))
        bar.kind.activated.emit(bar.kind.currentIndex())
        bar.peak.setValue(5)
        bar.sigma.setValue(0.1)
        wait_for_results(qtbot, desk)
        noise = NoiseModel(0.1, 5)
        assert desk.noise == noise
        channels = read_photo(photo).channels
        noisy = noise.draw(to_signed(channels), seed_of(digest_of(channels), 0))
        assert torch.equal(desk.noisy, noisy)
        network = desk.models[PENALISED].model

        def denoise(image: torch.Tensor, _: float) -> torch.Tensor:
            return denoise_photo(network, image)

        for stabilised in (True, False):
            bar.stabilised.setChecked(stabilised)
            wait_for_results(qtbot, desk)
            expected = to_pixels(noise.denoise(denoise, noisy, stabilised))
            np.testing.assert_array_equal(desk.results[PENALISED].pixels, expected)
        assert bar.peak.isVisible()
        assert not bar.slider.isVisible()
        qtbot.waitUntil(lambda: page.viewer.entries["noisy"].title == "Noisy, 5 photons, σ = 0.1")


class TestStrength:
    def test_the_slider_blends_results_without_denoising_again(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        open_all(qtbot, desk, photo, weights)
        before = desk.results[PENALISED]
        page.strength.slider.setValue(30)
        assert desk.strength == 0.3
        qtbot.waitUntil(lambda: all(desk.results[key].strength == 0.3 for key in desk.models))
        found = desk.results[PENALISED]
        expected = to_pixels(desk.noisy.lerp(before.output.float(), 0.3))
        np.testing.assert_array_equal(found.pixels, expected)
        assert found.output is before.output
        assert found.quality == quality(desk.noisy.lerp(before.output.float(), 0.3), desk.clean)
        page.strength.box.setValue(0)
        qtbot.waitUntil(lambda: desk.results[PENALISED].strength == 0)
        np.testing.assert_array_equal(desk.results[PENALISED].pixels, to_pixels(desk.noisy))
        desk.set_seed(1)  # what comes later has the strength too
        wait_for_results(qtbot, desk)
        qtbot.waitUntil(lambda: all(desk.results[key].strength == 0 for key in desk.models))


class TestDepth:
    def test_a_photograph_of_16_bits_keeps_them_until_it_is_saved(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, weights: Path, tmp_path: Path
    ) -> None:
        pixels = np.random.default_rng(0).integers(0, 65_536, (24, 32, 3), np.uint16)
        write_picture(pixels, tmp_path / "deep.tif")
        open_all(qtbot, desk, tmp_path / "deep.tif", weights)
        for key, name in (("clean", "clean.tif"), ("noisy", "noisy.png"), (PENALISED, "result.tif")):
            page.save(key, tmp_path / name)
            qtbot.waitUntil((tmp_path / name).exists)
        saved = {
            name: read_photo(tmp_path / name).channels for name in ("clean.tif", "noisy.png", "result.tif")
        }
        np.testing.assert_array_equal(saved["clean.tif"], pixels)
        np.testing.assert_array_equal(saved["noisy.png"], to_pixels(desk.noisy, 16))
        expected = to_pixels(denoise_photo(desk.models[PENALISED].model, desk.noisy), 16)
        np.testing.assert_array_equal(saved["result.tif"], expected)


class TestFigure:
    def test_figure_4_shows_the_part_on_show_pixel_for_pixel(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, weights: Path, tmp_path: Path
    ) -> None:
        assert not page.figure.isEnabled()
        open_all(qtbot, desk, photo, weights)
        qtbot.waitUntil(page.figure.isEnabled)
        for ending in ("png", "svg", "pdf"):
            page.save_figure(tmp_path / f"figure.{ending}")
            qtbot.waitUntil((tmp_path / f"figure.{ending}").exists)
        drawn = np.asarray(Image.open(tmp_path / "figure.png"))[..., :3]
        clean = to_pixels(desk.clean)
        windows = np.lib.stride_tricks.sliding_window_view(drawn, clean.shape)[..., 0, :, :, :]
        assert (windows == clean).all(axis=(-3, -2, -1)).any()
        assert drawn.shape[1] > 4 * 160  # clean, noisy, penalised, supervised
        page.save_figure(tmp_path / "figure.gif")
        qtbot.waitUntil(page.message.isVisible)
        qtbot.waitUntil(lambda: "PNG, SVG or PDF" in page.message.text.text())


class TestNoise:
    def test_sigma_is_typed_or_chosen(self, page: PhotoPage, desk: PhotoDesk) -> None:
        bar = page.photo_bar
        bar.sigma.selectAll()
        QTest.keyClicks(bar.sigma.lineEdit(), bar.sigma.locale().toString(0.25))
        QTest.keyClick(bar.sigma, Qt.Key.Key_Return)
        assert desk.sigma == 0.25
        button = page.findChild(QToolButton, "denoise.photo.sigma_2")
        QTest.mouseClick(button, LEFT)
        assert desk.sigma == 2
        assert bar.sigma.value() == 2
        assert [preset.isChecked() for preset in bar.presets] == [False, False, True]

    def test_the_dice_draws_other_noise(self, page: PhotoPage, desk: PhotoDesk) -> None:
        QTest.mouseClick(page.photo_bar.dice, LEFT)
        assert desk.seed == page.photo_bar.seed.value() == 1

    def test_of_a_photograph_noisy_already_is_estimated(
        self, qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path
    ) -> None:
        drop(page, photo)
        wait_for_noisy(qtbot, desk, photo)
        page.photo_bar.already.setFocus()
        QTest.keyClick(page.photo_bar.already, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: desk.estimate is not None)
        qtbot.waitUntil(lambda: "clean" not in page.viewer.panes)
        qtbot.waitUntil(lambda: "σ ≈" in page.viewer.panes["noisy"].accessibleName())
        assert not page.photo_bar.seed.isEnabled()


def test_a_result_is_saved_as_png(
    qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, weights: Path, tmp_path: Path
) -> None:
    open_all(qtbot, desk, photo, weights)
    qtbot.waitUntil(lambda: PENALISED in page.viewer.entries)
    page.save(PENALISED, tmp_path / "result.png")
    qtbot.waitUntil(page.message.isVisible)
    assert page.message.title.text() == "Saved"
    saved = np.asarray(Image.open(tmp_path / "result.png"))
    assert np.array_equal(saved, desk.results[PENALISED].pixels)


def test_a_picture_is_saved_as_what_its_name_says(
    qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, weights: Path, tmp_path: Path
) -> None:
    open_all(qtbot, desk, photo, weights)
    qtbot.waitUntil(lambda: PENALISED in page.viewer.entries)
    page.save(PENALISED, tmp_path / "result.jpg")
    qtbot.waitUntil(page.message.isVisible)
    with Image.open(tmp_path / "result.jpg") as saved:
        assert saved.format == "JPEG"
    page.save(PENALISED, tmp_path / "result.gif")
    qtbot.waitUntil(lambda: page.message.title.text() == "Cannot save the picture")
    assert ".jpg .png .webp .tif .bmp" in page.message.text.text()
    assert not (tmp_path / "result.gif").exists()


def test_a_grey_photograph_is_grey_in_every_pane(
    qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, weights: Path, tmp_path: Path
) -> None:
    path = tmp_path / "grey.jpg"
    levels = np.random.default_rng(0).integers(0, 256, (30, 41), np.uint8)
    Image.fromarray(levels).save(path)
    open_all(qtbot, desk, path, weights)
    qtbot.waitUntil(lambda: PENALISED in page.viewer.entries)
    for levels_of_one in desk.levels.values():
        assert np.ptp(levels_of_one[0].astype(int), axis=2).max() == 0
    assert set(desk.levels) >= {"clean", "noisy", PENALISED}


def test_without_bm3d_its_place_says_how_to_get_it(
    qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path
) -> None:
    drop(page, photo)
    wait_for_noisy(qtbot, desk, photo)
    qtbot.waitUntil(lambda: BM3D in page.viewer.entries)
    assert page.viewer.entries[BM3D].empty == HOW_TO_GET


def test_stop_is_there_only_while_there_is_something_to_stop(
    qtbot: QtBot, page: PhotoPage, desk: PhotoDesk, photo: Path, weights: Path
) -> None:
    open_all(qtbot, desk, photo, weights)
    work = page.work
    assert not work.isVisible()
    shown: list[str] = []  # the work may be over before anybody has looked
    desk.work_changed.connect(lambda: shown.append(work.text() if work.isVisible() else ""))
    desk.set_seed(5)
    qtbot.waitUntil(lambda: "Stop" in shown)
    # Stopped at once where there is something to stop: before any result has been delivered.
    stopped: list[bool] = []

    def stop() -> None:
        if desk.waiting and not stopped:
            stopped.append(True)
            work.click()

    desk.work_changed.connect(stop)
    desk.set_seed(6)
    qtbot.waitUntil(lambda: desk.stopped)
    assert (work.text(), work.accessibleName()) == ("Go on", "Go on denoising")
    work.click()
    wait_for_results(qtbot, desk)
    assert not work.isVisible()


def test_what_stands_at_the_right_ends_where_the_pictures_do(page: PhotoPage) -> None:
    for part in (page.models_bar.open, page.figure, page.viewer):
        assert part.mapTo(page, part.rect().topRight()).x() == page.width() - 1, part.objectName()


def test_every_button_says_what_it_is(page: PhotoPage) -> None:
    bars = (page.photo_bar, page.viewer_bar, page.models_bar)
    buttons = [button for bar in bars for button in bar.findChildren(QAbstractButton)]
    assert len(buttons) > 12
    for button in buttons:
        assert button.objectName(), button.text()
        assert button.toolTip(), button.objectName()
        assert button.accessibleName(), button.objectName()


@pytest.mark.parametrize("mode", ["side-by-side", "split", "blink"])
def test_nothing_is_cut_in_the_smallest_window(
    qtbot: QtBot,
    page: PhotoPage,
    desk: PhotoDesk,
    photo: Path,
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    # As with the names and the choices that ship: the longest there are.
    for method in (NOISE2NOISE, UNPENALISED):
        save_denoiser(weights / f"{method}.safetensors", method, 0, 0.5)
    for sigma in ("0.5", "1"):
        save_denoiser(tmp_path / f"sigma-{sigma}-{PENALISED}.safetensors", PENALISED, 0, float(sigma))
    monkeypatch.setattr(methods, "resource", lambda *_: tmp_path)
    desk.open_models(weights)
    desk.open_photo(photo)
    qtbot.waitUntil(lambda: len(desk.models) == 4)
    wait_for_results(qtbot, desk)
    page.viewer_bar.modes.current = mode
    qtbot.wait(20)
    assert page.minimumSizeHint().width() <= 1208
    assert page.minimumSizeHint().height() <= 740
    assert page.size().width() == 1208
    for part in page.findChildren(QWidget):
        wraps = isinstance(part, QLabel) and part.wordWrap()
        if part.isVisible() and isinstance(part, (QLabel, QAbstractButton, QComboBox)) and not wraps:
            assert part.width() >= part.sizeHint().width(), part.objectName() or part.text()
