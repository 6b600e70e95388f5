"""Opening images: asked for again they are gone on with, asked for others they are given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QSettings
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.desk import opened as module
from jnn_studio.app.workspaces.explore.desk.opened import Data, Opened
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.data.config import FacesConfig
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.columns.open_models import open_bundled

ONE, OTHER = FacesConfig(count=20), FacesConfig(count=30)


class Slow:
    """Opens images once it is let, and notes for what it was asked and how that ended."""

    def __init__(self) -> None:
        self.begun: list[Data] = []
        self.ended: list[Data] = []
        self.let = threading.Event()

    def __call__(self, config: Data, size: int, channels: int, watch: Watch) -> ImageSource:
        self.begun.append(config)
        try:
            while not self.let.wait(0.005):
                watch.step(1, 2, "Decoding images")
        finally:
            self.ended.append(config)
        return open_source(config, size, channels, watch)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow()
    monkeypatch.setattr(module, "open_source", made)
    return made


@pytest.fixture
def opened(qtbot: QtBot, settings: QSettings) -> Iterator[Opened]:
    context = AppContext(settings)
    parent = QObject()
    yield Opened(context, parent)
    context.close()


def ask(opened: Opened, config: Data, arrived: list[int]) -> None:
    models = {loaded.name: loaded for loaded in open_bundled()}

    def fail(failure: Failure) -> None:
        raise AssertionError(failure.details)

    opened.open_source(config, models, lambda source: arrived.append(len(source)), fail)


def test_images_asked_for_again_are_not_begun_again_and_told_to_who_asked_last(
    qtbot: QtBot, opened: Opened, slow: Slow
) -> None:
    first: list[int] = []
    second: list[int] = []
    ask(opened, ONE, first)
    qtbot.waitUntil(lambda: slow.begun == [ONE])
    ask(opened, ONE, second)
    slow.let.set()
    qtbot.waitUntil(lambda: second == [20])
    assert slow.begun == [ONE]
    assert first == []


def test_images_that_others_are_asked_for_instead_of_are_given_up(
    qtbot: QtBot, opened: Opened, slow: Slow
) -> None:
    arrived: list[int] = []
    ask(opened, ONE, arrived)
    qtbot.waitUntil(lambda: slow.begun == [ONE])
    ask(opened, OTHER, arrived)
    qtbot.waitUntil(lambda: slow.ended == [ONE])
    slow.let.set()
    qtbot.waitUntil(lambda: arrived == [30])


def test_progress_is_told_until_they_are_there(qtbot: QtBot, opened: Opened, slow: Slow) -> None:
    told: list[Progress | None] = []
    arrived: list[int] = []
    opened.opening.connect(told.append)
    ask(opened, ONE, arrived)
    qtbot.waitUntil(lambda: bool(told))
    slow.let.set()
    qtbot.waitUntil(lambda: bool(arrived))
    qtbot.wait(80)
    assert told[0] == Progress(1, 2, "Decoding images")
    assert told[-1] is None
    assert told.count(None) == 1
