"""The navigation rail at the window's left edge."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from jnn_studio.app.icons import icon
from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.workspace_spec import WorkspaceSpec

WIDTH = 72


class Rail(QFrame):
    """One button for each workspace; exactly one is checked."""

    chosen = Signal(str)

    def __init__(self, specs: list[WorkspaceSpec]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(WIDTH)
        self._buttons: dict[str, RailButton] = {}
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, GRID)
        column.setSpacing(GRID // 2)
        for spec in specs:
            button = RailButton(spec)
            group.addButton(button)
            button.clicked.connect(lambda _=False, title=spec.title: self.chosen.emit(title))
            column.addWidget(button)
            self._buttons[spec.title] = button
        column.addStretch(1)

    def check(self, title: str) -> None:
        """Show ``title`` as the one in front."""
        self._buttons[title].setChecked(True)


class RailButton(QToolButton):
    """Icon above a word; the checked one carries the accent colour at its left edge."""

    def __init__(self, spec: WorkspaceSpec) -> None:
        super().__init__()
        self.setObjectName(f"rail.{spec.title.lower()}")
        self._icon_name = spec.icon
        self.setText(spec.title)
        self.setToolTip(spec.tooltip)
        self.setAccessibleName(spec.title)
        self.setAccessibleDescription(spec.tooltip)
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(24, 24))
        self.setFixedSize(WIDTH, 64)
        self.setFont(ui_font(0.92))
        # By Tab only: after a click the keyboard belongs to the workspace.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._draw)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            painter = QPainter(self)
            painter.fillRect(0, 8, 3, self.height() - 16, theme().color("accent"))
            painter.end()

    def _draw(self) -> None:
        self.setIcon(icon(self._icon_name, theme().color("accent" if self.isChecked() else "muted"), 24))
