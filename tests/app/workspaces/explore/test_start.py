"""What Explore shows when the program starts, as somebody has set it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.base.settings import to_json
from jnn_studio.data.config import FacesConfig
from jnn_studio.explore.state import FileImage, bundled_state


@pytest.fixture
def begun(qtbot: QtBot, settings: QSettings) -> Iterator[ExploreWorkspace]:
    """After a session with few images, begun with nothing."""
    settings.setValue("state", to_json(bundled_state().change(source=FacesConfig(count=50))))
    settings.setValue("start", "nothing")
    context = AppContext(settings)
    workspace = ExploreWorkspace(context)
    workspace.resize(1208, 740)
    workspace.restore_state(settings)
    with qtbot.waitSignal(workspace.alive):  # other pages wait for it
        workspace.show()
    yield workspace
    context.close()
    workspace.hide()
    workspace.deleteLater()


def test_nothing_is_open_until_something_is_opened(
    begun: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    desk, blank = begun.desk, begun._blank
    assert blank.isVisible()
    assert not begun.panes.isVisible()
    assert desk.scene is None
    assert not begun._actions["export_figure"].isEnabled()
    assert not begun.directions.isEnabled()
    begun._actions["undo"].trigger()
    # An image alone is walked by the models that ship.
    picture = QImage(64, 64, QImage.Format.Format_RGB32)
    picture.fill(QColor("teal"))
    picture.save(str(tmp_path / "teal.png"))
    begun.open_files([tmp_path / "teal.png"])
    qtbot.waitUntil(lambda: desk.settled and desk.state.base.image == FileImage(path=tmp_path / "teal.png"))
    assert begun.panes.isVisible()
    assert not blank.isVisible()
    assert begun._actions["export_figure"].isEnabled()
    assert begun.directions.isEnabled()


def test_a_button_opens_the_pair_and_faces_are_those_at_first(
    begun: ExploreWorkspace, settings: QSettings, qtbot: QtBot
) -> None:
    button = begun.findChild(QPushButton, "explore.blank.open_bundled")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: begun.desk.scene is not None)
    assert begun.desk.state == bundled_state()
    begun.context.preferences.change(start="last")
    begun.restore_state(settings)
    qtbot.waitUntil(lambda: begun.desk.source is not None and len(begun.desk.source) == 50)
    begun.context.preferences.change(start="faces")
    begun.restore_state(settings)
    qtbot.waitUntil(lambda: begun.desk.settled and begun.desk.state == bundled_state())
