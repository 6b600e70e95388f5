"""Explore's page on its own, with the bundled pair in view."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.explore.walking import pace


@pytest.fixture
def explore(qtbot: QtBot, settings: QSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExploreWorkspace]:
    # However busy the machine: pixels are compared, so none may be coarser for a moment.
    monkeypatch.setattr(pace, "SLOW_SECONDS", math.inf)
    context = AppContext(settings)
    workspace = ExploreWorkspace(context)
    workspace.resize(1208, 740)
    workspace.restore_state(settings)
    workspace.show()
    qtbot.waitUntil(lambda: workspace.desk.scene is not None)
    yield workspace
    context.close()
    workspace.hide()
    workspace.deleteLater()
