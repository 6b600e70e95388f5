"""Restore: the photograph on show spoilt and restored, step by step, whatever happens meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot
from torch import Tensor

from jnn_studio.app.context import AppContext
from jnn_studio.app.window import MainWindow
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.app.workspaces.denoise.restore import restoring
from jnn_studio.app.workspaces.denoise.restore.entries import CLEAN, CONTROL, LEARNT, SEEN
from jnn_studio.app.workspaces.denoise.restore.page import RestorePage
from jnn_studio.app.workspaces.denoise.restore.restoring import Standing
from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.denoisers.methods import PENALISED, SUPERVISED
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice
from jnn_studio.labs.denoise.noisy.noise import to_pixels, to_signed
from jnn_studio.labs.denoise.restoring.priors import OneSigmaPrior, prior_of
from jnn_studio.labs.denoise.restoring.restoration import DegradationConfig, PriorConfig, pose, restore_both
from jnn_studio.models.conditioned_denoiser import build
from jnn_studio.models.config import ConditionedDenoiserConfig
from jnn_studio.models.weights import LoadedDenoiser, save_model

from .photos import open_all, save_denoiser, write_photo

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(context: AppContext, desk: PhotoDesk) -> Iterator[RestorePage]:
    made = RestorePage(context, desk)
    made.resize(1208, 690)
    made.show()
    yield made
    made.hide()
    made.deleteLater()


@pytest.fixture
def opened(qtbot: QtBot, page: RestorePage, photo: Path, weights: Path) -> RestorePage:
    """With something to restore."""
    open_all(qtbot, page._desk, photo, weights)
    wait_until_ready(qtbot, page)
    return page


class Gate:
    """Lets a denoiser answer as often as it is told to, so that a test can look at any step."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(0)
        self.asked = 0
        self.watch = Watch()
        """Of the restoration that began last."""

    def let(self, steps: int) -> None:
        for _ in range(steps):
            self._free.release()

    def prior_of(self, loaded: LoadedDenoiser, watch: Watch) -> OneSigmaPrior:
        prior = prior_of(loaded)
        assert isinstance(prior, OneSigmaPrior)
        inner = prior.denoise
        self.watch = watch

        def denoise(image: Tensor) -> Tensor:
            self.asked += 1
            while not self._free.acquire(timeout=0.01):
                if watch.cancelled:
                    break
            return inner(image)

        return replace(prior, denoise=denoise)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(restoring, "prior_of", made.prior_of)
    return made


def wait_until_ready(qtbot: QtBot, page: RestorePage) -> None:
    """What is seen belongs to the settings, and Start can be pressed."""

    def there() -> bool:
        posed, config = page.restoring.posed, page.form.config
        return (
            posed is not None
            and page.start.isEnabled()
            and posed.question.config == config.problem
            and posed.question.crop == page.picker.crop
            and posed.question.photo is page._desk.photo
        )

    qtbot.waitUntil(there)


def wait_until_done(qtbot: QtBot, page: RestorePage) -> Standing:
    qtbot.waitUntil(lambda: not page.restoring.running)
    assert page.restoring.snapshot is not None
    return page.restoring.snapshot


def wait_for_step(qtbot: QtBot, page: RestorePage, step: int) -> Standing:
    def there() -> bool:
        return page.restoring.snapshot is not None and page.restoring.snapshot.step == step

    qtbot.waitUntil(there)
    assert page.restoring.snapshot is not None
    return page.restoring.snapshot


def shown(page: RestorePage, key: str) -> np.ndarray:
    return page.viewer.panes[key].entry.levels[0]


def cropped(page: RestorePage) -> np.ndarray:
    """The part of the photograph that is restored."""
    photo, crop = page._desk.photo, page.picker.crop
    assert photo is not None
    assert crop is not None
    return photo.pixels[crop.top : crop.top + crop.side, crop.left : crop.left + crop.side]


def choose_task(page: RestorePage, task: str) -> None:
    editor = page.form.fields["problem.task"].editor
    assert isinstance(editor, QComboBox)
    editor.setCurrentIndex(editor.findData(task))


class TestBeforeStart:
    def test_it_says_what_to_do(self, qtbot: QtBot, page: RestorePage) -> None:
        assert not page.start.isEnabled()
        assert page.note.text() == "Open a photograph under Photo."

    def test_what_is_seen_is_there_at_once(self, opened: RestorePage) -> None:
        assert opened.picker.crop is not None
        assert opened.picker.crop.side == 40
        pixels = cropped(opened)
        problem = pose(to_signed(pixels), DegradationConfig())
        assert np.array_equal(shown(opened, CLEAN), pixels)
        assert np.array_equal(shown(opened, SEEN), to_pixels(problem.seen))
        assert "Press Start" in opened.viewer.entries[LEARNT].empty
        assert "40 × 40 out of 57 × 43" in opened.note.text()

    def test_the_task_is_chosen_and_asks_for_what_it_needs(self, qtbot: QtBot, opened: RestorePage) -> None:
        for task, fields in (
            ("scratches", {"share"}),
            ("gaussian", {"width"}),
            ("motion", {"length", "angle"}),
            ("box", {"share"}),
            ("disc", {"width"}),
            ("shrunk", {"factor"}),
            ("missing", {"share"}),
        ):
            choose_task(opened, task)
            wait_until_ready(qtbot, opened)
            for name in ("share", "width", "length", "angle", "factor", "kernel"):
                assert opened.form.fields[f"problem.{name}"].isVisible() == (name in fields), task
            pixels = cropped(opened)
            expected = to_pixels(pose(to_signed(pixels), DegradationConfig(task=task)).shown)
            assert np.array_equal(shown(opened, SEEN), expected), task

    def test_a_kernel_comes_from_a_file(self, qtbot: QtBot, opened: RestorePage, tmp_path: Path) -> None:
        choose_task(opened, "kernel")
        qtbot.waitUntil(lambda: "Choose the file" in opened.note.text())
        values = np.zeros((3, 5))
        values[1, :4] = 1
        np.save(tmp_path / "kernel.npy", values)
        opened.form.fields["problem.kernel"].editor.setText(str(tmp_path / "kernel.npy"))
        wait_until_ready(qtbot, opened)
        config = DegradationConfig(task="kernel", kernel=str(tmp_path / "kernel.npy"))
        expected = to_pixels(pose(to_signed(cropped(opened)), config).seen)
        qtbot.waitUntil(lambda: np.array_equal(shown(opened, SEEN), expected))

    def test_how_it_converges_and_the_denoiser_s_lipschitz_constant(
        self, qtbot: QtBot, opened: RestorePage
    ) -> None:
        opened.form.fill({"prior.steps": "3", "prior.lipschitz": "yes"})
        wait_until_ready(qtbot, opened)
        opened.start.click()
        qtbot.waitUntil(lambda: opened.restoring.snapshot is not None and not opened.restoring.running)
        snapshot = opened.restoring.snapshot
        assert snapshot is not None
        assert len(snapshot.lipschitz) == 4
        assert min(snapshot.lipschitz[1:]) > 0
        for quantity, values in (
            ("change", snapshot.learnt_change),
            ("sigma", snapshot.sigmas),
            ("lipschitz", snapshot.lipschitz),
            ("psnr", snapshot.learnt_psnr),
        ):
            opened.quantity.current = quantity
            np.testing.assert_allclose(opened.plot.series(LEARNT).y, values[1:])

    def test_a_value_that_will_not_do_is_told_where_it_stands(
        self, qtbot: QtBot, opened: RestorePage
    ) -> None:
        field = opened.form.fields["problem.noise"]
        field.editor.lineEdit().selectAll()  # type: ignore[union-attr]
        qtbot.keyClicks(field.editor.lineEdit(), "loud")  # type: ignore[union-attr]
        assert field.reason == "Enter a number."
        qtbot.waitUntil(lambda: opened.restoring.posed is None)
        assert not opened.start.isEnabled()
        assert "Enter a number." in opened.note.text()

    def test_too_wide_a_blur_is_told(self, qtbot: QtBot, opened: RestorePage) -> None:
        opened.form.fill({"problem.task": "motion", "problem.length": "60"})
        qtbot.waitUntil(lambda: "too wide for a picture of 40 × 40" in opened.note.text())
        assert not opened.start.isEnabled()

    def test_a_photograph_can_be_too_small(self, qtbot: QtBot, opened: RestorePage, tmp_path: Path) -> None:
        opened._desk.open_photo(write_photo(tmp_path / "tiny.png", 20, 7))
        qtbot.waitUntil(lambda: "too small" in opened.note.text())
        assert not opened.start.isEnabled()

    def test_a_denoiser_has_to_say_what_it_was_trained_for(
        self, qtbot: QtBot, opened: RestorePage, tmp_path: Path
    ) -> None:
        path = tmp_path / "other.safetensors"
        save_denoiser(path, SUPERVISED, 0, 0.0)
        opened._desk.open_models(path)
        qtbot.waitUntil(lambda: "for which σ" in opened.note.text())
        assert not opened.start.isEnabled()


class TestRestoring:
    def test_shows_what_the_library_makes(self, qtbot: QtBot, opened: RestorePage) -> None:
        opened.form.fill({"prior.steps": "5", "problem.noise": "0.3", "prior.strength": "2"})
        wait_until_ready(qtbot, opened)
        qtbot.mouseClick(opened.start, LEFT)
        wait_until_done(qtbot, opened)
        problem = pose(to_signed(cropped(opened)), DegradationConfig(noise=0.3))
        prior = prior_of(opened._desk.models[PENALISED])
        assert prior is not None
        pairs = list(restore_both(problem, prior, PriorConfig(strength=2, steps=5)))
        assert np.array_equal(shown(opened, LEARNT), to_pixels(pairs[-1].learnt.image))
        assert np.array_equal(shown(opened, CONTROL), to_pixels(pairs[-1].control.image))
        for key, found in (
            (LEARNT, [pair.learnt.psnr for pair in pairs]),
            (CONTROL, [pair.control.psnr for pair in pairs]),
        ):
            np.testing.assert_allclose(opened.plot.series(key).y, found[1:])
            assert f"{found[-1]:.2f} dB" in opened.viewer.entries[key].lines[0]
        assert opened.note.text().startswith("Done")

    def test_shows_every_step_as_a_whole_while_it_goes_on(
        self, qtbot: QtBot, opened: RestorePage, gate: Gate
    ) -> None:
        qtbot.mouseClick(opened.start, LEFT)
        first = wait_for_step(qtbot, opened, 0)
        assert opened.start.text() == "Stop"
        pictures = [shown(opened, LEARNT)]
        for step in (1, 2, 3):
            gate.let(1)
            snapshot = wait_for_step(qtbot, opened, step)
            assert len(snapshot.learnt_psnr) == len(snapshot.control_psnr) == step + 1
            assert list(opened.plot.series(LEARNT).x) == list(range(1, step + 1))
            assert opened.viewer.entries[LEARNT].corner == f"step {step} of 12"
            pictures.append(shown(opened, LEARNT))
        assert all(not np.array_equal(a, b) for a, b in pairwise(pictures))
        gate.let(9)
        assert wait_until_done(qtbot, opened).step == 12
        assert first.step == 0
        assert opened.start.text() == "Start"

    def test_stops_when_asked_and_keeps_what_there_is(
        self, qtbot: QtBot, opened: RestorePage, gate: Gate
    ) -> None:
        qtbot.mouseClick(opened.start, LEFT)
        gate.let(2)
        kept = wait_for_step(qtbot, opened, 2)
        qtbot.mouseClick(opened.start, LEFT)
        assert not opened.restoring.running
        assert gate.watch.cancelled
        gate.let(5)
        qtbot.wait(150)
        assert opened.restoring.snapshot is kept
        assert opened.note.text().startswith("Stopped at step 2 of 12")
        qtbot.mouseClick(opened.start, LEFT)
        gate.let(12)
        assert wait_until_done(qtbot, opened).step == 12

    @pytest.mark.parametrize("what", ["crop", "noise", "photo"])
    def test_of_what_is_no_longer_asked_for_is_given_up(
        self, qtbot: QtBot, opened: RestorePage, gate: Gate, tmp_path: Path, what: str
    ) -> None:
        qtbot.mouseClick(opened.start, LEFT)
        gate.let(1)
        wait_for_step(qtbot, opened, 1)
        watch = gate.watch
        if what == "crop":
            qtbot.keyClick(opened.picker, Qt.Key.Key_Left)
        elif what == "noise":
            opened.form.fill({"problem.noise": "0.1"})
        else:
            opened._desk.open_photo(write_photo(tmp_path / "other.png", 57, 43, seed=4))
        qtbot.waitUntil(lambda: watch.cancelled)
        wait_until_ready(qtbot, opened)
        assert opened.restoring.snapshot is None
        assert not opened.viewer.entries[LEARNT].levels
        assert not len(opened.plot.series(LEARNT))

    def test_with_another_prior_keeps_the_last_pictures_until_start(
        self, qtbot: QtBot, opened: RestorePage
    ) -> None:
        opened.form.fill({"prior.steps": "2"})
        qtbot.mouseClick(opened.start, LEFT)
        last = wait_until_done(qtbot, opened)
        opened.form.fill({"prior.strength": "3"})
        qtbot.waitUntil(lambda: "Start again" in opened.note.text())
        assert opened.restoring.snapshot is last
        opened.methods.setCurrentIndex(opened.methods.findData(SUPERVISED))
        opened.methods.activated.emit(opened.methods.currentIndex())
        qtbot.mouseClick(opened.start, LEFT)
        assert wait_until_done(qtbot, opened).prior.method == SUPERVISED
        assert "Supervised, strength 3" in opened.note.text()

    def test_goes_on_unseen(self, qtbot: QtBot, opened: RestorePage, gate: Gate) -> None:
        qtbot.mouseClick(opened.start, LEFT)
        opened.hide()
        gate.let(12)
        wait_until_done(qtbot, opened)
        opened.show()
        assert opened.viewer.entries[LEARNT].corner == "step 12 of 12"

    def test_that_fails_says_so(
        self, qtbot: QtBot, opened: RestorePage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> OneSigmaPrior:
            raise RuntimeError("weights of another world")

        monkeypatch.setattr(restoring, "prior_of", broken)
        qtbot.mouseClick(opened.start, LEFT)
        qtbot.waitUntil(opened.message.isVisible)
        assert opened.message.text.text() == "weights of another world"
        assert not opened.restoring.running
        assert opened.start.isEnabled()


def test_a_denoiser_that_is_told_sigma_is_told_a_falling_one(
    qtbot: QtBot, page: RestorePage, photo: Path, tmp_path: Path
) -> None:
    network = build(ConditionedDenoiserConfig(widths=(4,)), seed=0)
    save_model(tmp_path / "told.safetensors", network, "Told", {"method": PENALISED})
    page._desk.open_models(tmp_path / "told.safetensors")
    page._desk.open_photo(photo)
    page.form.fill({"prior.steps": "3", "prior.lipschitz": "yes", "problem.noise": "0.25"})
    wait_until_ready(qtbot, page)
    assert "Penalised, told σ from 1 to 0.25." in page.note.text()
    page.start.click()
    snapshot = wait_until_done(qtbot, page)
    page.quantity.current = "sigma"
    np.testing.assert_allclose(page.plot.series(LEARNT).y, [1.0, 0.5, 0.25], rtol=1e-6)
    assert not page.plot.series(CONTROL).y.size
    assert min(snapshot.lipschitz[1:]) > 0
    assert "told σ from 1 to 0.25" in page.note.text()
    assert "told σ from 1 to 0.25" in page.viewer.entries[LEARNT].tip
    problem = pose(to_signed(cropped(page)), DegradationConfig(noise=0.25))
    prior = prior_of(page._desk.models[PENALISED])
    assert prior is not None
    *_, last = restore_both(problem, prior, PriorConfig(steps=3))
    assert np.array_equal(shown(page, LEARNT), to_pixels(last.learnt.image))


class TestLooking:
    def test_all_pictures_have_one_zoom(self, qtbot: QtBot, opened: RestorePage) -> None:
        pane = opened.viewer.panes[CLEAN]
        at = QPointF(pane.area.center())
        wheel = QWheelEvent(
            at,
            QPointF(pane.mapToGlobal(at.toPoint())),
            QPoint(),
            QPoint(0, 240),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(pane, wheel)
        assert not opened.viewer.view.fits
        assert {pane.view for pane in opened.viewer.panes.values()} == {opened.viewer.view}

    def test_the_restored_picture_is_saved_as_png(
        self, qtbot: QtBot, opened: RestorePage, tmp_path: Path
    ) -> None:
        opened.form.fill({"prior.steps": "2"})
        qtbot.mouseClick(opened.start, LEFT)
        wait_until_done(qtbot, opened)
        opened.save(LEARNT, tmp_path / "restored.png")
        qtbot.waitUntil(opened.message.isVisible)
        assert opened.message.title.text() == "Saved"
        assert np.array_equal(np.asarray(Image.open(tmp_path / "restored.png")), shown(opened, LEARNT))

    def test_keys_are_awake_only_while_it_is_seen(self, qtbot: QtBot, opened: RestorePage) -> None:
        assert all(action.isEnabled() and action.isVisible() for action in opened.commands())
        opened.hide()
        assert not any(action.isVisible() for action in opened.commands())

    def test_nothing_is_cut_in_the_smallest_window(self, qtbot: QtBot, opened: RestorePage) -> None:
        opened.form.fill({"prior.steps": "2"})
        qtbot.mouseClick(opened.start, LEFT)
        wait_until_done(qtbot, opened)
        for mode in ("side-by-side", "split", "blink"):
            opened.viewer_bar.modes.current = mode
            qtbot.wait(20)
            assert opened.minimumSizeHint().width() <= 1208
            assert opened.minimumSizeHint().height() <= 690
            assert opened.size().width() == 1208
            for part in opened.findChildren(QWidget):
                wraps = isinstance(part, QLabel) and part.wordWrap()
                if part.isVisible() and isinstance(part, (QLabel, QAbstractButton, QComboBox)) and not wraps:
                    assert part.width() >= part.sizeHint().width(), part.objectName() or part.text()

    def test_what_is_chosen_is_remembered(
        self, qtbot: QtBot, opened: RestorePage, context: AppContext, settings: QSettings
    ) -> None:
        opened.form.fill({"problem.task": "gaussian", "problem.width": "1.5", "prior.steps": "7"})
        opened.methods.setCurrentIndex(opened.methods.findData(SUPERVISED))
        opened.methods.activated.emit(opened.methods.currentIndex())
        opened.sides.current = "128"
        opened.viewer_bar.modes.current = "split"
        opened.save_state(settings)
        other = RestorePage(context, opened._desk)
        other.restore_state(settings)
        assert other.form.config == opened.form.config
        assert other.form.config.problem.width == 1.5
        assert other.methods.currentData() == SUPERVISED
        assert other.sides.current == "128"
        assert other.viewer.mode == "split"
        settings.setValue("restore", "[broken")
        other.restore_state(settings)
        other.deleteLater()


def test_the_window_closes_in_the_middle_of_it(qtbot: QtBot, settings: QSettings, without_bm3d: None) -> None:
    """With the sample and the bundled denoisers, and far more steps than anybody waits for."""
    window = MainWindow(settings)
    window.resize(1280, 800)
    window.show()
    button = next(b for b in window.findChildren(QAbstractButton) if b.text() == "Denoise")
    qtbot.mouseClick(button, LEFT)
    workspace = window._workspaces["Denoise"]
    page = workspace.restore  # type: ignore[attr-defined]
    workspace.switch.current = "restore"  # type: ignore[attr-defined]
    page.form.fill({"prior.steps": "500"})
    wait_until_ready(qtbot, page)
    qtbot.mouseClick(page.start, LEFT)
    qtbot.waitUntil(
        lambda: page.restoring.snapshot is not None and page.restoring.snapshot.step >= 1, timeout=20_000
    )
    step = page.restoring.snapshot.step
    window.close()
    window.shutdown()
    assert not page.restoring._worker._thread.is_alive()
    assert step < 499


def test_bundled_denoisers_are_those_for_the_noise_of_the_problem(
    qtbot: QtBot, page: RestorePage, photo: Path
) -> None:
    """Whatever σ the photograph on the other page has; a choice of one's own stays."""
    desk = page._desk
    desk.begin_with(photo)
    desk.begin()
    desk.use_bundled(ModelsChoice(paper=True))
    qtbot.waitUntil(lambda: desk.bundled_key == 0.5, timeout=20_000)

    def taken() -> set[str]:
        return {loaded.info["sigma"] for loaded in page.denoisers.models.values()}

    page.form.fill({"problem.noise": "1.2"})
    qtbot.waitUntil(lambda: taken() == {"1.0"}, timeout=20_000)
    assert desk.bundled_key == 0.5
    desk.use_bundled(ModelsChoice(sigma=0.5))
    qtbot.waitUntil(lambda: taken() == {"0.5"}, timeout=20_000)
