"""The form of the Train page: filled by presets, checked while it is typed, remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.training.presets import load_preset, preset_names


@pytest.fixture
def train(qtbot: QtBot, settings: QSettings) -> Iterator[TrainWorkspace]:
    context = AppContext(settings)
    workspace = TrainWorkspace(context)
    workspace.resize(1208, 740)
    workspace.show()
    yield workspace
    context.close()
    workspace.hide()
    workspace.deleteLater()


def edit(train: TrainWorkspace, name: str) -> QLineEdit:
    return train.findChild(QLineEdit, f"train.{name}")


def combo(train: TrainWorkspace, name: str) -> QComboBox:
    return train.findChild(QComboBox, f"train.{name}")


def button(train: TrainWorkspace, name: str) -> QPushButton:
    return train.findChild(QPushButton, f"train.{name}")


def note(train: TrainWorkspace, name: str) -> str:
    """The reason or hint beneath a field, as far as it can be seen."""
    label = train.findChild(QLabel, f"train.{name}.note")
    return label.text() if label.isVisible() else ""


def choose(train: TrainWorkspace, name: str, value: str) -> None:
    box = combo(train, name)
    box.setCurrentIndex(box.findData(value))


def type_into(qtbot: QtBot, widget: QLineEdit, text: str) -> None:
    widget.selectAll()
    qtbot.keyClick(widget, Qt.Key.Key_Delete)
    qtbot.keyClicks(widget, text)


def drop(widget: QWidget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert widget.acceptDrops()
    keys = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    widget.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, *keys))


def test_the_form_begins_at_the_quickest_preset_and_can_be_started(train: TrainWorkspace) -> None:
    quickest = preset_names()[0]
    assert combo(train, "preset").currentText() == quickest
    assert train.form.config == load_preset(quickest)
    assert button(train, "start").isEnabled()
    assert train.findChild(QLabel, "train.state").text() == "No run yet"


@pytest.mark.parametrize("name", preset_names())
def test_choosing_a_preset_fills_in_the_whole_form(train: TrainWorkspace, name: str) -> None:
    edit(train, "schedule.steps").setText("7")
    edit(train, "penalty.sigma").setText("wrong")
    assert train.findChild(QLabel, "train.edited").text() == "edited"
    box = combo(train, "preset")
    box.setCurrentIndex(box.findText(name))
    box.activated.emit(box.currentIndex())
    assert train.form.config == load_preset(name)
    assert edit(train, "penalty.sigma").text() == "0.001"
    assert train.findChild(QLabel, "train.edited").text() == ""


@pytest.mark.parametrize(
    ("name", "wrong", "reason"),
    [
        ("schedule.steps", "0", "Must be 1 or more."),
        ("schedule.batch_size", "lots", "Enter a whole number."),
        ("data.count", "3", "Must be 16 or more."),
        ("model.dct", "65", "Dct (65) cannot exceed the image size (64)."),
    ],
)
def test_a_wrong_value_says_why_at_the_field_and_stops_start(
    train: TrainWorkspace, qtbot: QtBot, name: str, wrong: str, reason: str
) -> None:
    before = edit(train, name).text()
    type_into(qtbot, edit(train, name), wrong)
    assert note(train, name) == reason
    assert edit(train, name).property("invalid") is True
    assert not button(train, "start").isEnabled()
    assert reason in button(train, "start").toolTip()
    assert button(train, "mend").text() == "1 setting to mend"
    type_into(qtbot, edit(train, name), before)
    assert note(train, name) == ""
    assert edit(train, name).property("invalid") is False
    assert button(train, "start").isEnabled()
    assert not button(train, "mend").isVisible()


def test_a_wrong_value_in_a_folded_section_is_unfolded_and_can_be_gone_to(
    train: TrainWorkspace, qtbot: QtBot
) -> None:
    rate = edit(train, "optimiser.learning_rate")
    assert not rate.isVisible()
    rate.setText("-1")
    assert rate.isVisible()
    assert note(train, "optimiser.learning_rate") == "Must be more than 0."
    qtbot.mouseClick(button(train, "mend"), Qt.MouseButton.LeftButton)
    assert train.focusWidget() is rate
    assert not rate.visibleRegion().isEmpty(), "scrolled into view"


def test_a_section_folds_with_its_heading(train: TrainWorkspace, qtbot: QtBot) -> None:
    heading = train.findChild(QToolButton, "train.section.network.heading")
    assert not edit(train, "model.hidden").isVisible()
    qtbot.mouseClick(heading, Qt.MouseButton.LeftButton)
    assert edit(train, "model.hidden").isVisible()
    qtbot.keyClick(heading, Qt.Key.Key_Space)
    assert not edit(train, "model.hidden").isVisible()


def test_sigma_is_asked_for_only_where_it_matters(train: TrainWorkspace) -> None:
    sigma = edit(train, "penalty.sigma")
    sigma.setText("wrong")
    assert not sigma.isVisible()
    assert button(train, "start").isEnabled(), "what does not matter cannot be wrong"
    choose(train, "penalty.estimator", "finite_difference")
    assert sigma.isVisible()
    assert note(train, "penalty.sigma") == "Enter a number."


def test_eta_is_a_number_or_one_of_the_papers_by_name(train: TrainWorkspace, qtbot: QtBot) -> None:
    eta = combo(train, "penalty.eta")
    for text in ("0.125", "paper-text", "paper-code"):
        type_into(qtbot, eta.lineEdit(), text)
        assert str(train.form.config.penalty.eta) == text
    assert note(train, "penalty.eta") == "0.001953 in orthonormal coordinates"
    type_into(qtbot, eta.lineEdit(), "papers")
    assert note(train, "penalty.eta") == "Enter a number, paper-text, or paper-code."


def test_own_images_are_looked_for_on_the_disk(train: TrainWorkspace, qtbot: QtBot, tmp_path: Path) -> None:
    choose(train, "data.kind", "folder")
    path = edit(train, "data.path")
    assert path.isVisible()
    assert not edit(train, "data.count").isVisible()
    assert note(train, "data.path") == "Choose a folder or zip of images."
    path.setText(str(tmp_path / "nowhere"))
    qtbot.waitUntil(lambda: note(train, "data.path") == "There is no folder or file of this name.")
    assert not button(train, "start").isEnabled()
    path.setText(str(tmp_path))
    qtbot.waitUntil(lambda: note(train, "data.path") == "")
    assert train.form.config.data.path == tmp_path


def test_a_folder_is_dropped_on_its_field(train: TrainWorkspace, tmp_path: Path) -> None:
    choose(train, "data.kind", "folder")
    drop(edit(train, "data.path"), tmp_path)
    assert train.form.config.data.path == tmp_path


def test_a_folder_dropped_anywhere_on_the_form_is_trained_on(train: TrainWorkspace, tmp_path: Path) -> None:
    drop(train.form, tmp_path)
    assert combo(train, "data.kind").currentData() == "folder"
    assert train.form.config.data.path == tmp_path


def test_browsing_for_images_does_not_hold_up_the_window(
    train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    choose(train, "data.kind", "folder")
    train.findChild(QToolButton, "train.data.path.browse").menu().actions()[0].trigger()
    dialog = train.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    assert edit(train, "data.path").text() == str(tmp_path)


def test_a_folder_in_use_is_refused_for_a_run(train: TrainWorkspace, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    edit(train, "save_to").setText(str(tmp_path))
    qtbot.waitUntil(lambda: note(train, "save_to") == "This folder is not empty; choose a new one.")
    assert not button(train, "start").isEnabled()
    edit(train, "save_to").setText(str(tmp_path / "new"))
    qtbot.waitUntil(lambda: button(train, "start").isEnabled())
    assert train.form.target(train.form.config) == tmp_path / "new"


def test_without_a_folder_the_run_gets_one_named_after_it(train: TrainWorkspace, tmp_path: Path) -> None:
    edit(train, "name").setText("my run / η")
    target = train.form.target(train.form.config)
    assert target.parent == tmp_path / "runs"
    assert target.name.startswith("my-run-η-")


def test_only_devices_of_this_machine_are_offered(train: TrainWorkspace, qtbot: QtBot) -> None:
    device = combo(train, "schedule.device")
    qtbot.waitUntil(lambda: train.form._devices is not None)
    offered = {device.itemData(i) for i in range(device.count())}
    assert offered == {"auto", *train.form._devices}


def test_the_form_is_remembered_right_or_wrong(
    train: TrainWorkspace, settings: QSettings, qtbot: QtBot
) -> None:
    edit(train, "schedule.steps").setText("123")
    edit(train, "model.latent").setText("none")
    train.findChild(QToolButton, "train.section.logging.heading").click()
    train.save_state(settings)
    edit(train, "schedule.steps").setText("9")
    edit(train, "model.latent").setText("9")
    train.findChild(QToolButton, "train.section.logging.heading").click()
    train.restore_state(settings)
    assert edit(train, "schedule.steps").text() == "123"
    assert note(train, "model.latent") == "Enter a whole number."
    assert edit(train, "logging.metrics_every").isVisible()


def test_damaged_settings_leave_the_form_as_it_is(train: TrainWorkspace, settings: QSettings) -> None:
    for damaged in ("", "{", "[]", '{"values": 3, "folded": {}, "preset": 1}'):
        settings.setValue("form", damaged)
        settings.setValue("plots", "no layout")
        train.restore_state(settings)
        assert train.form.config == load_preset(preset_names()[0])


def test_every_control_says_what_it_is_and_what_it_does(train: TrainWorkspace) -> None:
    for heading in train.findChildren(QToolButton):
        if heading.objectName().endswith("heading") and "unfolded" not in heading.accessibleName():
            heading.click()
    choose(train, "data.kind", "folder")
    choose(train, "penalty.estimator", "finite_difference")
    silent = [
        f"{control.objectName() or control!r}"
        for kind in (QLineEdit, QComboBox, QAbstractButton, QSlider)
        for control in train.findChildren(kind)
        if control.isVisible()
        and control.objectName()[:3] != "qt_"
        and not (control.objectName() and control.toolTip() and control.accessibleName())
        and not isinstance(control.parent(), QComboBox)
    ]
    assert silent == []


def test_no_two_controls_share_a_mnemonic(train: TrainWorkspace) -> None:
    labels = [label.text() for label in train.findChildren(QLabel) if label.buddy() is not None]
    texts = [*labels, *(b.text() for b in train.findChildren(QPushButton) if b.isVisible())]
    keys = Counter(text[text.index("&") + 1].lower() for text in texts if "&" in text.replace("&&", ""))
    assert [key for key, count in keys.items() if count > 1] == []


def test_tab_leads_through_the_form_from_top_to_bottom(train: TrainWorkspace, qtbot: QtBot) -> None:
    combo(train, "preset").setFocus()
    visited = []
    for _ in range(6):
        visited.append(train.focusWidget().objectName())
        qtbot.keyClick(train.focusWidget(), Qt.Key.Key_Tab)
    assert visited == [
        "train.preset",
        "train.name",
        "train.section.data.heading",
        "train.data.kind",
        "train.data.count",
        "train.data.seed",
    ]
