"""Telling what happened, where, and what to do, without getting in the way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFontDatabase, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.icons import IconButton, icon
from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.layouts import remove_widgets
from jnn_studio.base.text import printable

WIDEST = 90 * GRID
STAYS_MS = 6000
"""A notice leaves by itself after so long, and a little more for every character there is to read."""
READING_MS = 40
LINGERS_MS = 1500
"""Looked at, it stays; then it is asked again after so long."""


class MessageBar(QFrame):
    """A bar about something that has happened; details fold out and can be copied.

    `lie_over` has it lie over what it is about, so that nothing moves when it comes and goes; notices then
    leave by themselves. Errors and questions stay until they are answered, or `withdraw` says that they are
    over.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self._kind = "info"
        self._host: QWidget | None = None
        self._leaves = False
        self._leave_soon = QTimer(self, singleShot=True)
        self._leave_soon.timeout.connect(self._leave)
        self._icon = QLabel()
        self.title = QLabel(objectName="message.title")
        self.title.setFont(ui_font(bold=True))
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.text = QLabel(objectName="message.text")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details = QPlainTextEdit(objectName="message.details", readOnly=True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setFixedHeight(20 * GRID)
        self.details.setAccessibleName("Details")
        self.details.hide()
        self._unfold = IconButton("expand", "Show the details", "message.unfold")
        self._unfold.clicked.connect(self._toggle_details)
        self._copy = IconButton("copy", "Copy the message with its details", "message.copy")
        self._copy.clicked.connect(self.copy)
        close = IconButton("close", "Dismiss", "message.dismiss")
        close.clicked.connect(self._dismiss)
        self._choices = QHBoxLayout()
        self._choices.setSpacing(GRID)
        self._refused: Callable[[], object] | None = None
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.text)
        words.addSpacing(GRID // 2)
        words.addWidget(self.details)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        row.setSpacing(GRID)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addLayout(self._choices)
        for button in (self._unfold, self._copy, close):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        theme().changed.connect(self._draw)
        self.hide()

    def show_error(self, title: str, text: str, details: str = "") -> None:
        """Something went wrong."""
        self._show("error", title, text, details)

    def show_info(self, title: str, text: str, stays: bool = False) -> None:
        """Something worth knowing; with ``stays``, until it is withdrawn or closed."""
        self._show("info", title, text, "", leaves=not stays)

    def ask(
        self, title: str, text: str, choice: str, chosen: Callable[[], object], refused: Callable[[], object]
    ) -> None:
        """Something to decide, in its own time: a button, or dismissing the bar."""
        self._show("info", title, text, "")
        self._refused = refused
        button = QPushButton(choice, objectName="message.choice")

        def choose() -> None:
            self._refused = None
            self.hide()
            chosen()

        button.clicked.connect(choose)
        self._choices.addWidget(button)

    def lie_over(self, host: QWidget) -> None:
        """Lie over the lower edge of ``host``, which is in its place already, instead of in a layout."""
        parent = host.parentWidget()
        assert parent is not None
        self._host = host
        self.setParent(parent)
        self.hide()
        host.installEventFilter(self)

    def withdraw(self, *titles: str) -> None:
        """What these said is over."""
        if not self.isHidden() and self.title.text() in titles:
            self._dismiss()

    def copy(self) -> None:
        """Put everything on the clipboard."""
        parts = (self.title.text(), self.text.text(), self.details.toPlainText())
        QApplication.clipboard().setText("\n\n".join(part for part in parts if part))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._place()
        if self._leaves:
            self._leave_soon.start(STAYS_MS + READING_MS * len(self.title.text() + self.text.text()))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._leave_soon.stop()

    def _place(self) -> None:
        if self._host is None or self.isHidden():
            return
        room = self._host.geometry()
        width = min(room.width() - 2 * GRID, WIDEST)
        height = self.heightForWidth(width)
        left, top = room.left() + (room.width() - width) // 2, room.bottom() - GRID - height
        self.setGeometry(left, max(top, room.top()), width, height)
        self.raise_()

    def _leave(self) -> None:
        """By itself, unless somebody is looking at it."""
        focus = QApplication.focusWidget()
        if self.underMouse() or (focus is not None and self.isAncestorOf(focus)):
            self._leave_soon.start(LINGERS_MS)
        else:
            self._dismiss()

    def _show(self, kind: str, title: str, text: str, details: str, leaves: bool = False) -> None:
        self._dismiss()
        self._kind = kind
        title, text = printable(title), printable(text, lines=True)
        self._leaves = leaves and self._host is not None
        self.title.setText(title)
        self.text.setText(text)
        self.details.setPlainText(details)
        self.details.hide()
        self._unfold.set_icon("expand")
        self._unfold.setVisible(bool(details))
        self._draw()
        self.show()
        self.setAccessibleName(f"{title}. {text}")
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _dismiss(self) -> None:
        self.hide()
        remove_widgets(self._choices)
        refused, self._refused = self._refused, None
        if refused is not None:
            refused()

    def _toggle_details(self) -> None:
        shown = not self.details.isVisible()
        self.details.setVisible(shown)
        self._unfold.set_icon("collapse" if shown else "expand")
        self._unfold.set_tip("Hide the details" if shown else "Show the details")

    def _draw(self) -> None:
        role = "danger" if self._kind == "error" else "accent"
        self._icon.setPixmap(icon(self._kind, theme().color(role), 20).pixmap(20, 20))
        colors = theme().colors
        self.setStyleSheet(
            f"#{self.objectName().replace('.', chr(92) + '.')} {{ background: {colors.panel}; "
            f"border: 1px solid {colors.border}; border-left: 4px solid {colors.role(role)}; }}"
        )
