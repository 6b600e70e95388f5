"""The Train page of the window, and a hand to work it with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.steering.status import Status
from jnn_studio.app.widgets import kept_places
from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.training.events import Event, Metrics

SMALL = {
    "name": "small",
    "data.count": "64",
    "model.size": "16",
    "model.dct": "8",
    "model.hidden": "16",
    "model.latent": "8",
    "schedule.steps": "30",
    "schedule.batch_size": "8",
    "schedule.held_out": "8",
    "logging.metrics_every": "2",
    "logging.spectrum_every": "5",
    "logging.preview_every": "10",
    "logging.checkpoint_every": "10",
}
BUTTONS = ("start", "pause", "go_on", "stop", "discard", "resume", "explore", "back", "open")
MEMBERS = ("unregularised", "regularised")
TERMS = ("total", "reconstruction", "penalty", "held_out_psnr")

Curve = tuple[list[float], list[float]]


class Page:
    """Finds the page's widgets by name and uses them as a person would."""

    MEMBERS = MEMBERS
    ENDLESS = "9999999"
    """Steps of a run that goes on until it is told to end."""

    def __init__(self, workspace: TrainWorkspace, qtbot: QtBot) -> None:
        self.workspace = workspace
        self._qtbot = qtbot

    @property
    def status(self) -> Status:
        """The run on show."""
        assert self.workspace.page.status is not None
        return self.workspace.page.status

    def edit(self, name: str) -> QLineEdit:
        return self.workspace.findChild(QLineEdit, f"train.{name}")

    def combo(self, name: str) -> QComboBox:
        return self.workspace.findChild(QComboBox, f"train.{name}")

    def button(self, name: str) -> QPushButton:
        return self.workspace.findChild(QPushButton, f"train.{name}")

    def text(self, name: str) -> str:
        """What a label says, as far as it can be seen."""
        label = self.workspace.findChild(QLabel, f"train.{name}")
        return label.text() if not label.isHidden() else ""

    def message(self, part: str = "text") -> str:
        """What the message bar says."""
        label = self.workspace.page.message.findChild(QLabel, f"message.{part}")
        return label.text() if label.isVisible() else ""

    def offered(self) -> set[str]:
        """The buttons that can be pressed."""
        return {n for n in BUTTONS if self.button(n).isVisible() and self.button(n).isEnabled()}

    def wait_for_offered(self, names: set[str]) -> None:
        """Exactly these buttons can be pressed, once the next tick has shown that there are models."""

        def check() -> None:
            assert self.offered() == names

        self._qtbot.waitUntil(check)

    def click(self, name: str) -> None:
        assert self.button(name).isVisible()
        assert self.button(name).isEnabled()
        self._qtbot.mouseClick(self.button(name), Qt.MouseButton.LeftButton)

    def type(self, widget: QLineEdit, text: str) -> None:
        """Replace what stands in a field, key by key."""
        widget.selectAll()
        self._qtbot.keyClick(widget, Qt.Key.Key_Delete)
        self._qtbot.keyClicks(widget, text)

    def choose(self, name: str, value: str) -> None:
        box = self.combo(name)
        box.setCurrentIndex(box.findData(value))

    def choose_preset(self, words: str) -> None:
        box = self.combo("preset")
        box.setCurrentIndex(box.findText(words))
        box.activated.emit(box.currentIndex())

    def fill(self, **changes: str) -> None:
        """Type in the settings of a tiny run; ``a__b`` stands for the setting a.b."""
        for name, value in (
            SMALL | {key.replace("__", "."): value for key, value in changes.items()}
        ).items():
            self.edit(name).setText(value)

    def start(self, **changes: str) -> Path:
        """Fill in the form and press Start; the run's folder."""
        self.fill(**changes)
        self.click("start")
        return self.status.feed.path

    @contextmanager
    def held_at(self, step: int) -> Iterator[None]:
        """A run that is trained here waits at this step for what is done to it, however short it is."""
        let, put = threading.Event(), RunFeed.put

        def hold(feed: RunFeed, event: Event) -> None:
            put(feed, event)
            if isinstance(event, Metrics) and event.step >= step:
                let.wait()

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(RunFeed, "put", hold)
            try:
                yield
            finally:
                let.set()

    def wait_for_state(self, state: str) -> None:
        shown = self.workspace.page
        self._qtbot.waitUntil(lambda: shown.status is not None and shown.status.state == state)

    def wait_for_step(self, step: int) -> None:
        self._qtbot.waitUntil(lambda: self.status.step >= step)

    def curves(self) -> dict[str, Curve]:
        """Everything on show, by plot and model: steps or indices, and values."""
        plots = self.workspace.page.plots
        shown = {f"{term} {key}": plots.loss.series((key, term)) for term in TERMS for key in MEMBERS}
        shown |= {f"rank {key}": plots.rank.series(key) for key in MEMBERS}
        shown |= {f"spectrum {key}": plots.spectrum.series(key) for key in MEMBERS}
        return {name: (series.x.tolist(), series.y.tolist()) for name, series in shown.items()}

    def logged(self) -> list[float]:
        """Steps of the regularised model's loss curve."""
        try:
            return self.curves()[f"total {MEMBERS[1]}"][0]
        except KeyError:  # its models are not known yet
            return []

    def wait_until_logged(self, last: int) -> None:
        """Both loss curves reach as far as this step."""
        self._qtbot.waitUntil(lambda: all(self.curves()[f"total {key}"][0][-1:] == [last] for key in MEMBERS))


@pytest.fixture
def train(qtbot: QtBot, settings: QSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainWorkspace]:
    # Tests press one button after another faster than any hand; the pause has tests of its own.
    monkeypatch.setattr(kept_places, "PAUSE_SECONDS", 0.0)
    context = AppContext(settings)
    workspace = TrainWorkspace(context)
    workspace.resize(1208, 740)
    workspace.show()
    yield workspace
    context.close()
    workspace.hide()
    workspace.deleteLater()


@pytest.fixture
def page(train: TrainWorkspace, qtbot: QtBot) -> Page:
    return Page(train, qtbot)
