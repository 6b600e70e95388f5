"""The Validate page of the window, and a hand to work it with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.run_page import RunPage
from jnn_studio.app.workspaces.validate.rof.page import SPEC
from jnn_studio.app.workspaces.validate.shrinkage.page import ShrinkagePage
from jnn_studio.app.workspaces.validate.workspace import ValidateWorkspace

SMALL_ROF = {
    "name": "small",
    "schedule.steps": "20",
    "schedule.batch_size": "32",
    "schedule.device": "cpu",
    "network.frequencies": "8",
    "network.hidden": "8",
    "measuring.grid": "16",
    "measuring.sample": "64",
    "logging.metrics_every": "2",
    "logging.measure_every": "5",
    "logging.checkpoint_every": "10",
}


@pytest.fixture
def context(qtbot: QtBot, settings: QSettings) -> Iterator[AppContext]:
    made = AppContext(settings)
    yield made
    made.loading.close(timeout=60)  # a solution on a grid is not to be interrupted
    made.close()


def shown(widget: QWidget) -> Iterator[QWidget]:
    widget.resize(1208, 740)
    widget.show()
    yield widget
    widget.hide()
    widget.deleteLater()


@pytest.fixture
def validate(context: AppContext) -> Iterator[ValidateWorkspace]:
    yield from shown(ValidateWorkspace(context))  # type: ignore[misc]


@pytest.fixture
def shrinkage(context: AppContext, qtbot: QtBot) -> Iterator[ShrinkagePage]:
    for page in shown(ShrinkagePage(context)):
        assert isinstance(page, ShrinkagePage)
        page.form.fill({"rows": "12", "samples": "80", "rank": "3"})
        wait_for_problem(qtbot, page, rows=12)
        yield page


@pytest.fixture
def rof(context: AppContext) -> Iterator[RunPage]:
    for page in shown(RunPage(context, SPEC)):
        assert isinstance(page, RunPage)
        page.form.fill(SMALL_ROF)
        yield page


def wait_for_problem(qtbot: QtBot, page: ShrinkagePage, rows: int) -> None:
    """The closed form of the problem that was typed is on show."""
    qtbot.waitUntil(
        lambda: page.solution is not None and page.solution.problem.config.rows == rows, timeout=10_000
    )
