"""Why it works: always the Jacobians at the crop on show, and no work for nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.app.workspaces.denoise.why import spectra
from jnn_studio.app.workspaces.denoise.why.page import ROUGH, WhyPage
from jnn_studio.app.workspaces.denoise.why.spectra import COUNT
from jnn_studio.labs.denoise.denoisers.methods import NOISE2NOISE, PENALISED, SUPERVISED
from jnn_studio.labs.denoise.denoisers.telling import told
from jnn_studio.labs.denoise.spectra.spectrum import Crop, denoiser_spectrum
from jnn_studio.models.config import DenoiserConfig

from .photos import open_all, save_any_sigma, save_denoiser, wait_for_noisy, write_photo


@pytest.fixture
def page(qtbot: QtBot, context: AppContext, desk: PhotoDesk) -> WhyPage:
    made = WhyPage(context, desk)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    return made


@pytest.fixture
def opened(qtbot: QtBot, page: WhyPage, photo: Path, weights: Path) -> WhyPage:
    """With its first answers."""
    open_all(qtbot, page._desk, photo, weights)
    wait_for_answers(qtbot, page)
    return page


def wait_for_answers(qtbot: QtBot, page: WhyPage) -> None:
    """All that is on show is of the desk as it is."""

    def there() -> bool:
        found = [page.spectra.answers.get(method) for method in page.chosen]
        return bool(found) and all(
            answer is not None
            and answer.question.noisy is page._desk.noisy
            and answer.question.crop == page.picker.crop
            for answer in found
        )

    qtbot.waitUntil(there)
    assert not page.spectra.waiting


def expected(page: WhyPage, method: str) -> np.ndarray:
    """σᵢ / σ₁ of a method at the page's crop, computed here."""
    model = page._desk.models[method].model
    sigma = denoiser_spectrum(model, page._desk.noisy, page.picker.crop, COUNT, tolerance=1e-2).sigma
    return (sigma / sigma[0]).double().numpy()


def drawn(page: WhyPage, method: str) -> np.ndarray:
    """What stands on the plot: found values, and after them, dashed, those that have not converged."""
    found, rest = page.plot.series(method), page.plot.series((method, ROUGH))
    assert len(found.y) == page.spectra.answers[method].spectrum.converged
    if not len(rest.y):
        return np.array(found.y)
    assert rest.x[0] == len(found.y), "the line goes on where the other ends"
    return np.concatenate([found.y, rest.y[1:]])


class TestTheCurves:
    def test_are_the_spectra_of_the_chosen_denoisers_at_the_crop(self, opened: WhyPage) -> None:
        assert opened.chosen == (SUPERVISED, PENALISED)
        assert opened.picker.crop == Crop(6, 12, 32)
        for method in opened.chosen:
            np.testing.assert_allclose(drawn(opened, method), expected(opened, method), rtol=1e-5)
        assert list(opened.strips.strips) == [SUPERVISED, PENALISED]
        assert "256 largest" in opened.note.text()
        assert "row 6, column 12" in opened.note.text()
        first = min(opened.spectra.answers[method].spectrum.converged for method in opened.chosen)
        assert f"Number {first + 1} and later have not converged (dashed)" in opened.note.text()

    def test_are_only_those_of_the_ticked_methods(self, qtbot: QtBot, opened: WhyPage) -> None:
        kept = opened.spectra.answers[PENALISED]
        qtbot.mouseClick(opened.methods[SUPERVISED], Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
        qtbot.waitUntil(lambda: list(opened.strips.strips) == [PENALISED])
        with pytest.raises(KeyError):
            opened.plot.series(SUPERVISED)
        assert opened.spectra.answers[PENALISED] is kept

    def test_follow_the_noise(self, qtbot: QtBot, opened: WhyPage) -> None:
        before = np.array(opened.plot.series(PENALISED).y)
        opened._desk.set_seed(5)
        qtbot.waitUntil(
            lambda: (
                opened.spectra.answers[PENALISED].question.noisy is opened._desk.noisy
                and not np.array_equal(opened.plot.series(PENALISED).y, before)
            ),
            timeout=20_000,
        )
        np.testing.assert_allclose(drawn(opened, PENALISED), expected(opened, PENALISED), rtol=1e-5)

    def test_follow_the_denoisers(self, qtbot: QtBot, opened: WhyPage, tmp_path: Path) -> None:
        path = tmp_path / "other.safetensors"
        save_denoiser(path, NOISE2NOISE, 3, 0.5, DenoiserConfig(widths=(2, 3, 4, 4), channels=1))
        opened._desk.open_models(path)
        qtbot.waitUntil(lambda: opened.chosen == (NOISE2NOISE,))
        wait_for_answers(qtbot, opened)
        assert opened.spectra.answers[NOISE2NOISE].spectrum.right.shape == (COUNT, 1, 32, 32)
        assert list(opened.strips.strips) == [NOISE2NOISE]


class TestTheCrop:
    def test_is_dragged_and_everything_follows(self, qtbot: QtBot, opened: WhyPage) -> None:
        picker = opened.picker
        at = picker.square_rect().center().toPoint()
        qtbot.mousePress(picker, Qt.MouseButton.LeftButton, pos=at)
        for step in range(1, 30):
            qtbot.mouseMove(picker, at + QPoint(4 * step, 4 * step))
        qtbot.mouseRelease(picker, Qt.MouseButton.LeftButton, pos=at)
        scaled = picker._scaled
        picker.move_to(11, 25)
        wait_for_answers(qtbot, opened)
        assert picker._scaled is scaled, "the photograph is scaled once, not with every move"
        np.testing.assert_allclose(drawn(opened, PENALISED), expected(opened, PENALISED), rtol=1e-5)
        assert "row 11, column 25" in opened.note.text()

    def test_is_moved_by_keys(self, qtbot: QtBot, opened: WhyPage) -> None:
        qtbot.keyClick(opened.picker, Qt.Key.Key_Left)
        assert opened.picker.crop == Crop(6, 4, 32)
        wait_for_answers(qtbot, opened)
        assert "row 6, column 4" in opened.note.text()

    def test_has_the_chosen_side(self, qtbot: QtBot, opened: WhyPage) -> None:
        opened.sides.current = "16"
        wait_for_answers(qtbot, opened)
        assert opened.spectra.answers[PENALISED].spectrum.right.shape == (COUNT, 3, 16, 16)

    def test_is_as_large_as_a_small_photograph_allows(self, qtbot: QtBot, opened: WhyPage) -> None:
        opened.sides.current = "64"
        wait_for_answers(qtbot, opened)
        assert opened.picker.crop.side == 40
        assert "instead of 64" in opened.note.text()

    def test_needs_a_photograph_of_eight_pixels(self, qtbot: QtBot, opened: WhyPage, tmp_path: Path) -> None:
        path = write_photo(tmp_path / "tiny.png", 20, 7)
        opened._desk.open_photo(path)
        wait_for_noisy(qtbot, opened._desk, path)
        qtbot.waitUntil(lambda: "too small" in opened.note.text())
        assert not opened.spectra.waiting
        assert not opened.strips.strips
        assert not len(opened.plot.series(PENALISED).y)


class TestTheNextTime:
    def test_side_and_methods_are_as_they_were(
        self, qtbot: QtBot, opened: WhyPage, settings: QSettings
    ) -> None:
        opened.sides.current = "16"
        qtbot.mouseClick(opened.methods[SUPERVISED], Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
        opened.save_state(settings)
        opened.sides.current = "64"
        qtbot.mouseClick(opened.methods[SUPERVISED], Qt.MouseButton.LeftButton, pos=QPoint(8, 8))

        opened.restore_state(settings)
        opened._make_boxes()

        assert opened.sides.current == "16"
        assert opened.chosen == (PENALISED,)

    def test_what_is_not_known_is_passed_over(self, opened: WhyPage, settings: QSettings) -> None:
        settings.setValue("why", "48 magic")
        opened.restore_state(settings)
        assert opened.sides.current == "32"
        assert opened.chosen == (SUPERVISED, PENALISED)


class TestWork:
    @pytest.fixture
    def endless(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The searches never find their residual small enough and go on until they are told to end."""
        monkeypatch.setattr(spectra, "TOLERANCE", 0.0)
        monkeypatch.setattr("jnn_studio.labs.denoise.spectra.spectrum.MAX_BLOCKS", 100_000)
        monkeypatch.setattr(spectra, "COUNT", 1500)

    def test_stops_when_the_page_is_left_and_begins_again_when_it_is_seen(
        self, qtbot: QtBot, page: WhyPage, photo: Path, weights: Path, endless: None
    ) -> None:
        open_all(qtbot, page._desk, photo, weights)
        qtbot.waitUntil(lambda: bool(page.spectra.waiting))
        watch = page.spectra._worker._newest[SUPERVISED].watch
        assert "Computing Supervised" in page.note.text()
        page.hide()
        assert watch.cancelled
        assert not page.spectra.waiting
        qtbot.wait(200)
        assert not page.spectra.answers
        page.show()
        qtbot.waitUntil(lambda: SUPERVISED in page.spectra.waiting)

    def test_for_the_last_crop_is_given_up(
        self, qtbot: QtBot, page: WhyPage, photo: Path, weights: Path, endless: None
    ) -> None:
        open_all(qtbot, page._desk, photo, weights)
        qtbot.waitUntil(lambda: SUPERVISED in page.spectra.waiting)
        watch = page.spectra._worker._newest[SUPERVISED].watch
        page.picker.move_to(0, 0)
        qtbot.waitUntil(lambda: watch.cancelled)
        assert page.spectra.waiting[SUPERVISED].crop == Crop(0, 0, 32)

    def test_is_not_begun_before_the_page_is_seen(
        self, qtbot: QtBot, context: AppContext, desk: PhotoDesk, photo: Path, weights: Path
    ) -> None:
        page = WhyPage(context, desk)
        qtbot.addWidget(page)
        open_all(qtbot, desk, photo, weights)
        qtbot.wait(50)
        assert not page.spectra.waiting
        assert not page.spectra.answers

    def test_that_fails_says_so_and_is_not_tried_again(
        self, qtbot: QtBot, opened: WhyPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(spectra, "COUNT", 0)
        opened.picker.move_to(0, 0)
        qtbot.waitUntil(lambda: len(opened.spectra.failures) == 2)
        assert opened.message.isVisible()
        assert "No singular values" in opened.message.title.text()
        opened._follow()
        assert not opened.spectra.waiting


def test_one_that_is_told_sigma_is_looked_at_as_it_is_for_this_noise(
    qtbot: QtBot, page: WhyPage, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spectra, "COUNT", 4)
    path, desk = tmp_path / f"{PENALISED}.safetensors", page._desk
    save_any_sigma(path, PENALISED)
    desk.set_already_noisy(True)
    desk.open_models(path)
    desk.open_photo(photo)
    wait_for_noisy(qtbot, desk, photo)
    desk.set_sigma(0.2)
    page.sides.current = "16"
    for sigma in (0.2, 0.6):
        desk.set_sigma(sigma)  # the noisy image stays the same
        qtbot.waitUntil(
            lambda: (
                PENALISED in page.spectra.answers
                and page.spectra.answers[PENALISED].question.sigma == desk.sigma
                and page.picker.crop == page.spectra.answers[PENALISED].question.crop
            )
        )
        model = told(desk.models[PENALISED], sigma).model
        found = denoiser_spectrum(model, desk.noisy, page.picker.crop, 4, tolerance=1e-2).sigma
        answered = page.spectra.answers[PENALISED].spectrum.sigma
        np.testing.assert_allclose(answered[:2], found[:2], rtol=1e-2)
