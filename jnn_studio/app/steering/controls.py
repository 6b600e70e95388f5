"""What can be done with a run: one action each, and the buttons that stand for those possible now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.steering.status import Status
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.kept_places import KeptPlaces
from jnn_studio.base.text import counted

_ACTIONS = (
    ("start", "&Start", "Ctrl+Return", ""),
    ("mend", "", "F8", "Go to the first setting that has to be corrected"),
    ("pause", "P&ause", "Ctrl+P", "Stand still; the weights stay in memory"),
    ("go_on", "Resu&me", "Ctrl+P", "Go on where the run was paused"),
    ("stop", "Stop and &keep", "Ctrl+Shift+S", "Save a checkpoint and end; the run can be resumed later"),
    ("discard", "Cancel and &discard…", "Ctrl+Shift+D", "End the run and delete its folder; asks first"),
    ("resume", "Resu&me", "Ctrl+Shift+R", "Go on with this run from its newest checkpoint"),
    ("explore", "E&xplore these models", "Ctrl+Shift+E", "Walk the latent spaces of this run's models"),
    ("back", "Bac&k to training", "Ctrl+Shift+B", "Show the run that this program is training"),
    (
        "open",
        "&Open run…",
        "Ctrl+Shift+O",
        "Show a run folder: finished, stopped, or being written elsewhere",
    ),
)
_CHOOSING = ("explore", "back", "open")
"""Those that do nothing to the run; they stand at the other end."""


class Controls(QWidget):
    """A row of buttons, two where there is no room for one. Every button stands for one of `run_actions`.

    ``page`` begins the names of its widgets; ``words``: other texts and tooltips for actions by name;
    ``recent``: the runs that can be shown.
    """

    def __init__(self, page: str, words: Mapping[str, tuple[str, str]], recent: QMenu) -> None:
        super().__init__()
        self.setObjectName(f"{page}.controls")
        self.run_actions: dict[str, QAction] = {}
        self.start_tip = ""
        """What Start does, while it can be pressed."""
        self.recent = QPushButton("Recent runs")
        self.recent.setObjectName(f"{page}.recent")
        self.recent.setToolTip("Show one of the newest runs of this page's kinds")
        self.recent.setAccessibleName("Recent runs")
        self.recent.setMenu(recent)
        self._places = KeptPlaces(self)
        self._steering, steering = _group(self)
        self._choosing, choosing = _group(self)
        self._groups = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._groups.setContentsMargins(0, 0, 0, 0)
        self._groups.setSpacing(GRID)
        self._groups.addWidget(self._steering, 0, Qt.AlignmentFlag.AlignLeft)
        self._groups.addStretch(1)
        self._groups.addWidget(self._choosing, 0, Qt.AlignmentFlag.AlignLeft)
        for name, text, key, tip in _ACTIONS:
            text, tip = words.get(name, (text, tip))
            action = self.run_actions[name] = QAction(text, self)
            action.setObjectName(f"{page}.action.{name}")
            action.setShortcut(key)
            action.setToolTip(tip)
            row, group = (choosing, self._choosing) if name in _CHOOSING else (steering, self._steering)
            button = _button(page, name, action, group)
            button.installEventFilter(self._places)
            row.addWidget(button)
        choosing.addWidget(self.recent)
        self.elsewhere = QLabel()
        self.elsewhere.setObjectName(f"{page}.elsewhere")
        self.elsewhere.setProperty("tone", "warning")
        steering.addWidget(self.elsewhere)

    def on(self, name: str, do: Callable[[], None]) -> None:
        """Have ``do`` called when the action is triggered."""
        self.run_actions[name].triggered.connect(lambda: do())

    def show_possible(
        self,
        status: Status | None,
        busy: bool,
        own: bool,
        problems: list[str],
        explorable: bool,
        elsewhere: str,
    ) -> None:
        """Offer what can be done now.

        ``busy``: this program trains a run, shown or not; ``own``: it is one that can be shown here;
        ``explorable``: the models on show can be explored; ``elsewhere``: what to say in Start's place while
        another page trains.
        """
        possible = {
            "start": not busy,
            "mend": not busy and bool(problems),
            "pause": status is not None and status.can_pause,
            "go_on": status is not None and status.can_go_on,
            "stop": status is not None and status.can_stop,
            "discard": status is not None and status.can_discard,
            "resume": status is not None and status.can_resume and not busy,
            "explore": status is not None and status.can_explore and explorable,
            "back": busy and own and not (status is not None and status.here),
            "open": True,
        }
        for name, action in self.run_actions.items():
            action.setVisible(possible[name])
            action.setEnabled(possible[name])
        start = self.run_actions["start"]
        start.setEnabled(not busy and not problems)
        start.setToolTip(
            "\n".join(["Correct these settings first:", *problems]) if problems else self.start_tip
        )
        if problems:  # hidden otherwise, but a list of all keys has it
            self.run_actions["mend"].setText(f"{counted(len(problems), 'setting')} to correct")
        self.elsewhere.setText(elsewhere)
        self.elsewhere.setVisible(bool(elsewhere))
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Wide enough for the wider of the two groups."""
        groups = (self._steering.sizeHint(), self._choosing.sizeHint())
        return QSize(max(group.width() for group in groups), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        width = self._steering.sizeHint().width() + 2 * GRID + self._choosing.sizeHint().width()
        beside = width <= self.width()
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if direction != self._groups.direction():
            self._groups.setDirection(direction)


def _group(parent: QWidget) -> tuple[QWidget, QHBoxLayout]:
    group = QWidget(parent)
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID)
    return group, row


def _button(page: str, name: str, action: QAction, parent: QWidget) -> QPushButton:
    """A button that follows its action; it is there only while the action is possible."""
    button = QPushButton(parent)
    button.setObjectName(f"{page}.{name}")
    button.setProperty("primary", name in ("start", "go_on"))
    button.setAutoDefault(False)
    button.clicked.connect(action.trigger)

    def follow() -> None:
        button.setText(action.text())
        button.setVisible(action.isVisible())
        button.setEnabled(action.isEnabled())
        key = action.shortcut().toString()
        button.setToolTip(f"{action.toolTip()} ({key})")
        button.setAccessibleName(without_mnemonic(action.text()))
        button.setAccessibleDescription(action.toolTip())

    action.changed.connect(follow)
    follow()
    return button
