"""The navigation rail at the window's left edge."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QFrame, QPushButton, QVBoxLayout

from jnn_studio.app.icons import icon
from jnn_studio.app.stylesheet import HEIGHTS
from jnn_studio.app.theme import GRID, scaled, theme, ui_font
from jnn_studio.app.workspace_spec import WorkspaceSpec

WIDTH, ICON = 72, 24


class Rail(QFrame):
    """One button for each workspace; exactly one is checked."""

    chosen = Signal(str)

    def __init__(self, specs: list[WorkspaceSpec]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(scaled(WIDTH))
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


class RailButton(QPushButton):
    """Icon above a word; the checked one carries the accent colour at its left edge.

    To a screen reader it is one of several, which a tool button cannot be: so it draws itself.
    """

    def __init__(self, spec: WorkspaceSpec) -> None:
        super().__init__()
        self.setObjectName(f"rail.{spec.title.lower()}")
        self._icon_name = spec.icon
        self.setText(spec.title)
        self.setToolTip(spec.tooltip)
        self.setAccessibleName(spec.title)
        self.setAccessibleDescription(spec.tooltip)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedSize(scaled(WIDTH), scaled(HEIGHTS["rail_height"]))
        self.setFont(ui_font(0.92))
        # By Tab only: after a click the keyboard belongs to the workspace.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, ground = theme().color, QRectF(self.rect())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or self.underMouse():
            painter.setBrush(colors("hover"))
            painter.drawRoundedRect(ground, 6, 6)
        drawing = icon(self._icon_name, colors("accent" if self.isChecked() else "muted"), ICON)
        top = (self.height() - ICON - self.fontMetrics().height()) // 2
        drawing.paint(painter, (self.width() - ICON) // 2, top, ICON, ICON)
        painter.setPen(colors("text"))
        words = ground.adjusted(0, top + ICON, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self.text())
        if self.isChecked():
            painter.fillRect(0, 8, 3, self.height() - 16, colors("accent"))
        if self.hasFocus():
            painter.setPen(QPen(colors("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), 6, 6)
        painter.end()
