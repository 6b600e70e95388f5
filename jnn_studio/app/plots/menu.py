"""What can be asked of a plot: one action each, shared by its menu, its buttons and the command palette."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

LOG_TIP = "Logarithmic y axis (L)"


class PlotMenu(QMenu):
    """The right-click menu. Its shortcuts work while the plot has the focus."""

    saveRequested = Signal(str, str)
    """Suffix and a word for the kind of file."""

    def __init__(self, plot: QWidget) -> None:
        super().__init__(plot)
        self.setObjectName(f"{plot.objectName()}.menu")
        self._plot = plot
        self.autoscale = self._action(
            "autoscale", "Autoscale", "Show all data and follow it as it grows", "A"
        )
        self.log = self._action("log", "Log scale", "", "L")
        self.offer_log(True)
        self.log.setCheckable(True)
        self.log.setIconText("log")  # what its button says
        self.full_screen = self._action(
            "full_screen", "Full screen", "This plot alone on the screen, and back with Esc", "F11"
        )
        self.addSeparator()
        for suffix, kind in (("png", "PNG picture"), ("svg", "SVG drawing"), ("csv", "CSV table")):
            save = self._action(f"save_{suffix}", f"Save {kind}…", f"Save this plot as a {kind}")
            save.triggered.connect(lambda _=False, chosen=(suffix, kind): self.saveRequested.emit(*chosen))
        self.copy = self._action("copy", "Copy picture", "Copy this plot to the clipboard", "Ctrl+C")

    def offer_log(self, offered: bool) -> None:
        """Whether the y axis can be logarithmic."""
        self.log.setEnabled(offered)
        self.log.setToolTip(LOG_TIP if offered else "Decibels are logarithms: their axis stays linear")

    def _action(self, name: str, text: str, tip: str, key: str = "") -> QAction:
        action = QAction(text, self._plot)
        action.setObjectName(f"{self._plot.objectName()}.{name}")
        action.setToolTip(f"{tip} ({key})" if key else tip)
        if key:
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._plot.addAction(action)
        self.addAction(action)
        return action
