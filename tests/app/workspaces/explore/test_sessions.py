"""Sessions are saved and reopened exactly; after a crash what was in view is offered again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.explore.state import SourceImage

KILLED = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
import torch
torch.set_num_threads(1)
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.explore.desk import sessions
sessions.AUTOSAVE_MS = 100
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
application = QApplication([])
settings = QSettings(sys.argv[1], QSettings.Format.IniFormat)
context = AppContext(settings)
explore = ExploreWorkspace(context)
explore.restore_state(settings)
QTimer.singleShot(0, lambda: explore.desk.set_amount(2, 0.07))
application.exec()
"""


def pictures(explore: ExploreWorkspace) -> list[np.ndarray]:
    return [pane.array.copy() for pane in explore.panes.moved]


def wait_for_scene(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: explore.desk.settled)


def test_a_saved_session_comes_back_to_the_pixel(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    desk = explore.desk
    desk.select(SourceImage(index=5))
    desk.set_mode("curved")
    desk.set_amount(1, 0.03)
    desk.set_matched(True)
    wait_for_scene(explore, qtbot)
    state, before = desk.state, pictures(explore)
    path = tmp_path / "found.jnnsession"
    with qtbot.waitSignal(explore.sessions.saved):
        explore.sessions.save(path)
    desk.open_bundled()
    desk.reset()
    desk.select(SourceImage(index=0))
    wait_for_scene(explore, qtbot)
    explore.asking.take(path)
    qtbot.waitUntil(lambda: desk.state == state)
    wait_for_scene(explore, qtbot)
    assert all((a == b).all() for a, b in zip(before, pictures(explore), strict=True))


def test_a_damaged_session_is_refused_by_name(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.jnnsession"
    path.write_text("{")
    before = explore.desk.state
    explore.sessions.open(path)
    qtbot.waitUntil(explore.message.isVisible)
    assert "damaged.jnnsession" in explore.message.text.text()
    assert explore.desk.state == before
    # Once one has been opened this is over; it is offered again, like one that was saved.
    for name in ("good", "better"):
        explore.sessions.save(tmp_path / f"{name}.jnnsession")
    menu = explore.choices.findChild(QPushButton, "explore.session").menu()
    qtbot.waitUntil(lambda: len(explore.choices._recent_sessions.paths) == 2)
    explore.message.show_error("Cannot open the session", "…")
    menu.aboutToShow.emit()
    lately = [action for action in menu.actions() if action.text().endswith(".jnnsession")]
    assert [action.text() for action in lately] == ["better.jnnsession", "good.jnnsession"]
    lately[1].trigger()
    qtbot.waitUntil(explore.message.isHidden)
    assert explore.choices._recent_sessions.paths[0] == tmp_path / "good.jnnsession"


def test_what_a_killed_program_had_in_view_is_offered_again(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    other = tmp_path / "other.ini"
    folder = explore.context.data_folder / "autosave"
    known = set(folder.glob("*.jnnsession"))
    other.write_text(f"[General]\ndata_folder={explore.context.data_folder}\nruns_folder={tmp_path}\n")
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(other)])
    try:
        end = time.monotonic() + 60
        while not any("0.07" in path.read_text() for path in set(folder.glob("*.jnnsession")) - known):
            assert time.monotonic() < end, "nothing was kept"
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    explore.sessions.begin()
    qtbot.waitUntil(explore.message.isVisible)
    assert "did not end as it should" in explore.message.title.text()
    qtbot.mouseClick(explore.findChild(QPushButton, "message.choice"), Qt.MouseButton.LeftButton)
    assert explore.desk.state.walk.amounts[2] == 0.07
    assert not explore.message.isVisible()
    wait_for_scene(explore, qtbot)


def test_a_program_that_ended_well_leaves_nothing(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    folder = explore.context.data_folder / "autosave"
    qtbot.waitUntil(lambda: any(folder.glob("*.lock")))
    explore.desk.set_amount(0, 0.02)
    explore.sessions._keep()
    qtbot.waitUntil(lambda: any(folder.glob("*.jnnsession")))
    explore.context.close()
    assert not list(folder.iterdir())
