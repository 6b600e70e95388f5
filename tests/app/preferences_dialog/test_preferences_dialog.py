"""What the dialog shows is what is set, and what is set there holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.preferences import PreferenceStore
from jnn_studio.app.preferences_dialog.dialog import PreferencesDialog
from jnn_studio.app.window import MainWindow
from jnn_studio.data.cache import ImageCache
from jnn_studio.data.cache_place import cache_place
from jnn_studio.runs.places import RunPlaces


@pytest.fixture
def dialog(qtbot: QtBot, settings: QSettings) -> Iterator[PreferencesDialog]:
    context, parent = AppContext(settings), QWidget()
    qtbot.addWidget(parent)
    parent.resize(1280, 800)
    dialog = PreferencesDialog(context, parent)
    dialog.context = context
    dialog.show()
    qtbot.waitUntil(lambda: dialog.folders.list.count() == 1 and dialog.cache.used.text() == "empty")
    yield dialog
    dialog.close()
    context.close()


def choose(dialog: QDialog, field: str, value: str) -> None:
    box = dialog.findChild(QComboBox, f"preferences.{field}")
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def press(dialog: QDialog, name: str, qtbot: QtBot) -> None:
    qtbot.mouseClick(dialog.findChild(QPushButton, f"preferences.{name}"), Qt.MouseButton.LeftButton)


def test_a_row_sets_what_it_is_about_and_follows_what_is_set_elsewhere(
    dialog: PreferencesDialog, settings: QSettings, qtbot: QtBot
) -> None:
    for field, value in (
        ("theme", "dark"),
        ("accent", "plum"),
        ("decimal_sign", "comma"),
        ("start", "nothing"),
    ):
        choose(dialog, field, value)
        assert getattr(PreferenceStore(settings).now, field) == value
    store = dialog.context.preferences
    box = dialog.findChild(QWidget, "preferences.threads")
    assert box.text() == "All cores but one"
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert store.now.threads == 1
    store.change(theme="light", threads=0)
    assert dialog.findChild(QComboBox, "preferences.theme").currentData() == "light"
    assert box.text() == "All cores but one"


def test_folders_of_runs_are_those_that_runs_uses(
    dialog: PreferencesDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    context, rows = dialog.context, dialog.folders
    (tmp_path / "more").mkdir()
    press(dialog, "runs_folders.add", qtbot)
    asked = rows.findChild(QFileDialog, "preferences.folder_dialog")
    asked.fileSelected.emit(str(tmp_path / "more"))
    asked.close()
    qtbot.waitUntil(lambda: rows.list.count() == 2)
    places = RunPlaces(context.data_folder)
    assert places.named == (tmp_path / "more",)
    rows.list.setCurrentRow(1)
    press(dialog, "runs_folders.use", qtbot)
    qtbot.waitUntil(lambda: rows.list.item(0).text() == f"{tmp_path / 'more'}  (new runs go here)")
    assert context.new_run_folder("x").parent == tmp_path / "more"
    assert rows.list.item(1).text() == str(tmp_path / "runs")  # what it was before is still looked into
    assert not rows.remove.isEnabled()  # that of new runs stays
    rows.list.setCurrentRow(1)
    press(dialog, "runs_folders.remove", qtbot)
    qtbot.waitUntil(lambda: rows.list.count() == 1)
    assert places.looked_into(context.runs_folder) == [tmp_path / "more"]


def test_the_cache_says_how_large_it_is_and_is_emptied_and_moved(
    dialog: PreferencesDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    pictures = np.zeros((100, 3, 64, 64), np.uint8)
    ImageCache().store("a" * 64, (3, 64, 64), 100, [pictures], dict)
    rows = dialog.cache
    rows.refresh()
    qtbot.waitUntil(lambda: rows.used.text() == "1.2 MB")
    press(dialog, "cache.empty", qtbot)
    qtbot.waitUntil(lambda: rows.used.text() == "empty")
    assert not rows.empty.isEnabled()
    rows.limit.setValue(2.5)
    press(dialog, "cache.change", qtbot)
    asked = rows.findChild(QFileDialog, "preferences.cache_dialog")
    asked.fileSelected.emit(str(tmp_path / "other"))
    asked.close()
    qtbot.waitUntil(lambda: rows.folder.text() == str(tmp_path / "other"))
    assert cache_place().limit_gb == 2.5
    assert ImageCache().directory == tmp_path / "other" / "images"
    assert ImageCache().limit == 2_500_000_000
    press(dialog, "cache.standard", qtbot)
    qtbot.waitUntil(lambda: not rows.standard.isEnabled())
    assert cache_place().folder is None


def test_every_control_has_a_name_and_a_tip(dialog: PreferencesDialog) -> None:
    found = [w for w in dialog.findChildren(QWidget) if w.objectName().startswith("preferences.")]
    controls = [
        w for w in found if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.objectName() != "preferences.area"
    ]
    assert len(controls) > 10
    assert [w.objectName() for w in controls if not w.toolTip() or not w.accessibleName()] == []


def test_the_menu_opens_one_dialog_and_the_theme_s_menu_sets_the_same(window: MainWindow) -> None:
    for _ in range(2):
        window.findChild(QAction, "action_preferences").trigger()
    (dialog,) = window.findChildren(PreferencesDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    window.findChild(QAction, "action_theme_dark").trigger()
    assert dialog.findChild(QComboBox, "preferences.theme").currentData() == "dark"
    choose(dialog, "theme", "light")
    assert window.findChild(QAction, "action_theme_light").isChecked()
