"""Exporting figures and animations while the sliders stay alive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.explore.export.animation import ExportAnimationDialog
from jnn_studio.app.workspaces.explore.export.dialog import ExportDialog
from jnn_studio.app.workspaces.explore.export.figure import ExportFigureDialog
from jnn_studio.explore.figures.animation import Animation, save_animation
from jnn_studio.explore.figures.frames import FrameStyle
from jnn_studio.explore.figures.motion import Motion
from jnn_studio.explore.figures.sheet import make_sheet
from jnn_studio.explore.figures.sheet_page import save_sheet
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import Base, ExploreState, SourceImage, Towards, bundled_state

STATE = bundled_state().with_amount(0, 0.05)


@pytest.fixture
def context(settings: QSettings, tmp_path: Path) -> Iterator[AppContext]:
    folder = tmp_path / "exports"
    folder.mkdir()
    settings.setValue("explore/export_folder", str(folder))
    context = AppContext(settings)
    yield context
    context.close()


def shown(qtbot: QtBot, dialog: ExportDialog) -> Any:
    # Not by itself when it is closed: qtbot, which closes it again, may come later.
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.path.text() != "")
    return dialog


@pytest.fixture
def figure(qtbot: QtBot, context: AppContext) -> ExportFigureDialog:
    return shown(qtbot, ExportFigureDialog(context, STATE, SceneRenderer))


@pytest.fixture
def animation(qtbot: QtBot, context: AppContext) -> ExportAnimationDialog:
    return shown(qtbot, ExportAnimationDialog(context, STATE, SceneRenderer))


def export(qtbot: QtBot, dialog: ExportDialog) -> None:
    """Press Export and wait for what becomes of it."""
    qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    assert dialog.stop.text() == "Cancel"
    qtbot.waitUntil(lambda: dialog.stop.text() == "Close")


class Gate(SceneRenderer):
    """A renderer that waits at the third picture of an export until it is let on."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.reached, self.open = threading.Event(), threading.Event()

    def render(self, state: ExploreState, shrink: int = 1) -> Any:
        self.count += threading.current_thread().name == "export"  # and not for the preview
        if self.count == 3:
            self.reached.set()
            self.open.wait(30)
        return super().render(state, shrink)


# --- figures -----------------------------------------------------------------------------------------


def test_a_figure_is_what_its_settings_say(qtbot: QtBot, figure: ExportFigureDialog, tmp_path: Path) -> None:
    figure.directions.setValue(2)
    figure.steps.setValue(3)
    figure.limit.setValue(0.08)
    figure.scale.setValue(1)
    figure.layout_of.current = "stacked"
    assert figure.note.text().startswith("2 models, 2 × 3 images each")

    with qtbot.waitSignal(figure.saved) as saved:
        export(qtbot, figure)

    path = tmp_path / "exports" / "figure.png"
    assert saved.args == [path]
    assert figure.message.isVisible()
    assert (figure.message.title.text(), figure.message.text.text()) == ("Saved", str(path))
    save_sheet(make_sheet(SceneRenderer(), STATE, 2, 3, 0.08), tmp_path / "script.png", 1, "stacked")
    assert path.read_bytes() == (tmp_path / "script.png").read_bytes()


def test_it_is_shown_before_it_is_written_and_copied_as_it_would_be_written(
    qtbot: QtBot, figure: ExportFigureDialog, tmp_path: Path
) -> None:
    figure.directions.setValue(2)
    figure.steps.setValue(3)
    qtbot.waitUntil(lambda: not figure.preview.image.isNull())
    small = figure.preview.image.size()
    figure.directions.setValue(3)
    qtbot.waitUntil(lambda: figure.preview.image.height() > small.height())
    figure.scale.setValue(3)
    QGuiApplication.clipboard().clear()
    qtbot.mouseClick(figure.copy, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: figure.message.title.text() == "Copied")
    sheet = make_sheet(SceneRenderer(), STATE, 3, 3, figure.limit.value())
    save_sheet(sheet, tmp_path / "written.png", 3)
    copied = QGuiApplication.clipboard().image().convertToFormat(QImage.Format.Format_RGB32)
    assert copied == QImage(str(tmp_path / "written.png")).convertToFormat(QImage.Format.Format_RGB32)


def test_a_batch_is_one_figure_for_each_of_several_images(
    qtbot: QtBot, context: AppContext, tmp_path: Path
) -> None:
    state = STATE.change(base=Base(image=SourceImage(index=7)))
    dialog = shown(qtbot, ExportFigureDialog(context, state, SceneRenderer, None, lambda: [9, 7, 4, 2]))
    dialog.directions.setValue(1)
    dialog.steps.setValue(2)
    dialog.scale.setValue(1)
    dialog.images.setValue(3)
    dialog.path.setText(str(tmp_path / "many.png"))
    assert dialog.note.text().endswith("3 files, many-1.png to many-3.png.")
    export(qtbot, dialog)
    assert dialog.message.title.text() == "Saved"
    assert sorted(path.name for path in tmp_path.glob("many*")) == ["many-1.png", "many-2.png", "many-3.png"]
    for number, index in enumerate([7, 4, 2], start=1):  # from the one in view on, in the order at the left
        at = state.at_rest().change(base=Base(image=SourceImage(index=index)))
        save_sheet(make_sheet(SceneRenderer(), at, 1, 2, dialog.limit.value()), tmp_path / "one.png", 1)
        assert (tmp_path / f"many-{number}.png").read_bytes() == (tmp_path / "one.png").read_bytes()
    (tmp_path / "many-2.png").write_bytes(b"mine")
    (tmp_path / "many-1.png").unlink()
    export(qtbot, dialog)
    assert (
        "many-2.png is there already" in dialog.message.text.text() or "many-3" in dialog.message.text.text()
    )
    assert not (tmp_path / "many-1.png").exists()
    assert (tmp_path / "many-2.png").read_bytes() == b"mine"
    dialog.reject()


def test_the_name_proposed_is_free(qtbot: QtBot, context: AppContext, tmp_path: Path) -> None:
    for name in ("figure.png", "figure-2.png"):
        (tmp_path / "exports" / name).touch()
    dialog = shown(qtbot, ExportFigureDialog(context, STATE, SceneRenderer))

    assert dialog.path.text() == str(tmp_path / "exports" / "figure-3.png")
    dialog.path.setText(str(tmp_path / "exports" / "figure.png"))
    qtbot.waitUntil(lambda: dialog.note.text().endswith("Replaces the file that is there."))
    dialog.reject()


def test_format_and_ending_follow_each_other(figure: ExportFigureDialog, tmp_path: Path) -> None:
    figure.format.current = ".svg"
    assert figure.path.text() == str(tmp_path / "exports" / "figure.svg")
    figure.path.setText(str(tmp_path / "x.PDF"))
    assert figure.format.current == ".pdf"
    figure.path.setText(str(tmp_path / "x.jpg"))
    assert not figure.export.isEnabled()
    assert figure.note.text() == "The name needs an ending: .png, .svg or .pdf."
    assert figure.note.property("tone") == "danger"
    figure.path.setText("")
    assert figure.note.text() == "Say where to save."


def test_what_goes_wrong_is_told_in_the_dialog_and_can_be_mended(
    qtbot: QtBot, figure: ExportFigureDialog, tmp_path: Path
) -> None:
    figure.directions.setValue(1)
    figure.steps.setValue(2)
    figure.path.setText(str(tmp_path / "gone" / "f.png"))

    export(qtbot, figure)

    assert figure.message.title.text() == "Could not export the figure"
    assert f"there is no folder {tmp_path / 'gone'}; make it" in figure.message.text.text()
    (tmp_path / "gone").mkdir()
    export(qtbot, figure)
    assert figure.message.title.text() == "Saved"
    assert (tmp_path / "gone" / "f.png").is_file()


def test_a_model_that_cannot_be_opened_is_told(qtbot: QtBot, context: AppContext, tmp_path: Path) -> None:
    column = STATE.columns[0].model_copy(update={"where": str(tmp_path / "gone.safetensors")})
    dialog = shown(qtbot, ExportFigureDialog(context, STATE.with_column(column), SceneRenderer))

    export(qtbot, dialog)

    assert "there is no model at" in dialog.message.text.text()
    dialog.reject()


def test_what_is_in_view_when_it_begins_is_exported(
    qtbot: QtBot, figure: ExportFigureDialog, tmp_path: Path
) -> None:
    figure.directions.setValue(1)
    figure.steps.setValue(2)
    figure.use_state(STATE.change(columns=STATE.columns[1:]))
    assert figure.note.text().startswith("1 model, ")

    export(qtbot, figure)

    with Image.open(tmp_path / "exports" / "figure.png") as opened:
        kept = ExploreState.model_validate_json(opened.text["Session"])  # type: ignore[attr-defined]
    assert kept.columns == STATE.columns[1:]
    figure.use_state(ExploreState())
    assert figure.note.text() == "There is no model in view; open one first."
    figure.use_state(STATE)


# --- animations --------------------------------------------------------------------------------------


def quick(dialog: ExportAnimationDialog) -> None:
    dialog.seconds.setValue(0.5)
    dialog.fps.setValue(8)
    dialog.cell.setValue(32)


@pytest.mark.parametrize("suffix", [".gif", ".mp4", ""])
def test_an_animation_is_what_its_settings_say(
    qtbot: QtBot, animation: ExportAnimationDialog, tmp_path: Path, suffix: str
) -> None:
    quick(animation)
    animation.direction.setValue(3)
    animation.loop.current = "ping-pong"
    animation.models.setCurrentIndex(2)
    animation.labels.setChecked(False)
    animation.format.current = suffix
    assert animation.note.text() == "4 frames of 1 model."

    export(qtbot, animation)

    assert animation.message.title.text() == "Saved", animation.message.text.text()
    made = tmp_path / "exports" / f"animation{suffix}"
    motion = Motion("sweep", 2, limit=STATE.limit, seconds=0.5, fps=8, loop="ping-pong")
    script = tmp_path / f"script{suffix}"
    save_animation(SceneRenderer(), STATE, Animation(motion, FrameStyle(32, False, ("c2",))), script)
    pairs = [(made, script)] if suffix else [(p, script / p.name) for p in sorted(made.iterdir())]
    assert len(pairs) == (1 if suffix else 4)
    for one, other in pairs:
        assert one.read_bytes() == other.read_bytes()


def test_only_what_matters_for_the_motion_can_be_set(animation: ExportAnimationDialog) -> None:
    def enabled() -> tuple[bool, ...]:
        return tuple(w.isEnabled() for w in (animation.direction, animation.directions, animation.limit))

    found = {}
    for index in range(animation.motion.count()):
        animation.motion.setCurrentIndex(index)
        found[animation.motion.currentData()] = enabled()
    assert found == {
        "sweep": (True, False, True),
        "directions": (False, True, True),
        "walk": (False, False, False),
        "interpolation": (False, False, False),
    }


def test_a_motion_there_is_nothing_for_is_refused_until_there_is(animation: ExportAnimationDialog) -> None:
    animation.motion.setCurrentIndex(animation.motion.findData("interpolation"))
    assert not animation.export.isEnabled()
    assert animation.note.text() == "There is no image to interpolate to; choose one first."
    animation.use_state(STATE.change(towards=Towards(image=SourceImage(index=2), share=0.5)))
    assert animation.export.isEnabled()

    animation.motion.setCurrentIndex(animation.motion.findData("walk"))
    assert animation.export.isEnabled()
    animation.use_state(bundled_state())
    assert animation.note.text() == "The walk is still at its base; move a slider first."
    animation.use_state(STATE)


def test_gifs_have_their_own_limit(animation: ExportAnimationDialog) -> None:
    animation.fps.setValue(60)
    assert animation.note.text() == "A GIF plays at most 50 frames a second; take fewer, or MP4."
    animation.format.current = ".mp4"
    assert animation.export.isEnabled()


def test_a_name_with_a_point_loses_nothing_when_the_format_changes(
    animation: ExportAnimationDialog, tmp_path: Path
) -> None:
    for suffix, name in (
        ("", "walk 0.1"),
        (".gif", "walk 0.1.gif"),
        (".mp4", "walk 0.1.mp4"),
        ("", "walk 0.1"),
    ):
        if suffix == "" and animation.format.current != "":
            animation.path.setText(str(tmp_path / "exports" / "walk 0.1"))
        animation.format.current = suffix
        assert Path(animation.path.text()).name == name
        assert animation.format.current == suffix
        assert animation.export.isEnabled()
    animation.path.setText(str(tmp_path / "exports" / "walk.AVI"))
    assert not animation.export.isEnabled()


def test_a_model_that_has_gone_is_no_choice(animation: ExportAnimationDialog) -> None:
    assert [animation.models.itemText(n) for n in range(3)] == [
        "All, side by side",
        "Unregularised",
        "Regularised",
    ]
    animation.models.setCurrentIndex(1)
    animation.use_state(STATE.change(columns=STATE.columns[1:]))
    assert [animation.models.itemData(n) for n in range(animation.models.count())] == ["", "c2"]
    assert animation.models.currentData() != "c1"


# --- while it runs -----------------------------------------------------------------------------------


def test_progress_is_shown_and_cancelling_keeps_nothing(
    qtbot: QtBot, context: AppContext, tmp_path: Path
) -> None:
    gate = Gate()
    dialog = shown(qtbot, ExportAnimationDialog(context, STATE, lambda: gate))
    quick(dialog)
    dialog.format.current = ""

    dialog.export.click()
    qtbot.waitUntil(gate.reached.is_set)
    qtbot.waitUntil(lambda: dialog.count.text() == "2 of 4")
    assert dialog.progress.isVisible()
    assert (dialog.progress.value(), dialog.progress.maximum()) == (2, 4)
    assert not dialog.settings.isEnabled()
    assert not dialog.export.isEnabled()

    dialog.stop.click()
    assert dialog.isVisible()
    assert not dialog.stop.isEnabled()
    gate.open.set()
    qtbot.waitUntil(lambda: dialog.stop.text() == "Close")
    assert dialog.message.title.text() == "Cancelled"
    assert list((tmp_path / "exports").iterdir()) == []
    assert dialog.settings.isEnabled()
    dialog.reject()


def test_the_sliders_workers_stay_free(qtbot: QtBot, context: AppContext) -> None:
    gate = Gate()
    dialog = shown(qtbot, ExportFigureDialog(context, STATE, lambda: gate))
    dialog.export.click()
    qtbot.waitUntil(gate.reached.is_set)

    served: list[str] = []
    context.inference.request(context, "move", lambda _: "moved", served.append, lambda failure: None)
    qtbot.waitUntil(lambda: served == ["moved"])

    assert not dialog.isModal()
    dialog.reject()
    gate.open.set()
    qtbot.waitUntil(lambda: dialog.stop.text() == "Close")
    dialog.reject()


def test_the_program_can_end_while_something_is_exported(
    qtbot: QtBot, settings: QSettings, tmp_path: Path
) -> None:
    settings.setValue("explore/export_folder", str(tmp_path))
    context = AppContext(settings)
    gate = Gate()
    dialog = shown(qtbot, ExportAnimationDialog(context, STATE, lambda: gate))
    dialog.export.click()
    qtbot.waitUntil(gate.reached.is_set)

    threading.Timer(0.2, gate.open.set).start()
    context.close()
    dialog.close()

    assert not dialog.isVisible()
    assert [path.name for path in tmp_path.glob("anim*")] == []
    assert gate.count == 3


@pytest.mark.parametrize("kind", [ExportFigureDialog, ExportAnimationDialog])
def test_a_dialog_that_is_deleted_in_the_middle_of_its_work_hears_no_more_of_it(
    qtbot: QtBot, context: AppContext, tmp_path: Path, kind: Any
) -> None:
    gate = Gate()
    dialog = kind(context, STATE, lambda: gate)
    dialog.show()
    qtbot.waitUntil(lambda: bool(dialog.path.text()))
    dialog.export.click()
    qtbot.waitUntil(gate.reached.is_set)
    dialog.use_state(STATE)  # asks whether there is a file, while the thread that looks is held up
    held = threading.Event()
    context.loading.request(context, "hold", lambda _: held.wait(10), lambda _: None, lambda failure: None)
    dialog.update_note()

    with qtbot.captureExceptions() as raised:
        delete(dialog)
        held.set()
        gate.open.set()
        done: list[bool] = []
        context.loading.request(context, "last", lambda _: True, done.append, lambda failure: None)
        qtbot.waitUntil(lambda: done == [True])
        qtbot.wait(100)

    assert raised == []
    assert [path.name for path in (tmp_path / "exports").iterdir()] == []


# --- reach -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ExportFigureDialog, ExportAnimationDialog])
def test_every_control_has_a_name_a_tooltip_and_the_keyboard(
    qtbot: QtBot, context: AppContext, kind: Any
) -> None:
    dialog = shown(qtbot, kind(context, STATE, SceneRenderer))
    kinds = (QAbstractSpinBox, QComboBox, QPushButton, QToolButton)
    controls = [w for k in kinds for w in dialog.findChildren(k) if w.isVisible()]
    controls += [w for w in dialog.findChildren(QLineEdit) if not isinstance(w.parent(), QAbstractSpinBox)]
    assert len(controls) >= 10
    for control in controls:
        assert control.objectName(), control
        assert control.toolTip(), control.objectName()
        assert control.accessibleName() or getattr(control, "text", str)(), control.objectName()
        assert control.focusPolicy() != Qt.FocusPolicy.NoFocus, control.objectName()
    dialog.reject()


@pytest.mark.parametrize("kind", [ExportFigureDialog, ExportAnimationDialog])
def test_escape_closes(qtbot: QtBot, context: AppContext, kind: Any) -> None:
    dialog = shown(qtbot, kind(context, STATE, SceneRenderer))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_it_fits_a_small_window(animation: QWidget) -> None:
    assert animation.sizeHint().height() <= 720
    assert np.all(np.array([animation.width(), animation.height()]) <= [1280, 720])
