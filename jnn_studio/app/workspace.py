"""What the main window asks of a workspace."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu

from jnn_studio.app.context import AppContext


class Workspace(QMainWindow):
    """One page of the main window: a central widget with docks around it.

    Subclasses build their widgets, add docks with `add_dock`, and call `remember_layout` at the end of
    their constructor.

    Signals:
        alive: what it shows at first is on the screen, so that work nobody waits for may begin.
    """

    alive = Signal()

    def __init__(self, context: AppContext, name: str) -> None:
        super().__init__()
        self.context = context
        self.setObjectName(name)
        self.setDockNestingEnabled(True)
        self._default_layout = QByteArray()

    def commands(self) -> list[QAction]:
        """Actions for the menu and the command palette."""
        return []

    def fill_menu(self, menu: QMenu) -> None:
        """What the menu bar shows of the commands."""
        menu.addActions(self.commands())

    def save_state(self, settings: QSettings) -> None:
        """Remember layout and choices; ``settings`` is inside this workspace's group."""
        settings.setValue("layout", self.saveState())

    def restore_state(self, settings: QSettings) -> None:
        """The inverse of `save_state`; tolerates anything missing."""
        layout = settings.value("layout")
        if isinstance(layout, QByteArray):
            self.restoreState(layout)

    def reset_layout(self) -> None:
        """Put every dock back where it was at first."""
        for dock in self.findChildren(QDockWidget):
            dock.setFloating(False)
            dock.show()
        self.restoreState(self._default_layout)

    def remember_layout(self) -> None:
        """Take the present layout as the one `reset_layout` goes back to."""
        self._default_layout = self.saveState()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._seen()

    def _seen(self) -> None:
        """A page is alive once it has been painted; one that waits for more says so later."""
        QTimer.singleShot(0, self, self.alive.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """A page is closed with the window only."""
        event.ignore()
