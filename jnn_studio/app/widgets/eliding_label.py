"""A line of words that is cut with an ellipsis where there is no room for all of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QStyle, QStyleOption

ELLIPSIS = "…"


class ElidingLabel(QLabel):
    """A label whose `text` stays whole and whose drawing is cut; it may be as narrow as the ellipsis.

    Args:
        text: what it says.
        object_name: as of any widget.
        mode: where the ellipsis stands.
    """

    def __init__(
        self,
        text: str = "",
        object_name: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(text, objectName=object_name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._mode = mode

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(ELLIPSIS), super().minimumSizeHint().height())

    def shown(self) -> str:
        """What of the words is to be read at the present width."""
        return self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        style = self.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        style.drawItemText(
            painter,
            self.contentsRect(),
            self.alignment().value,
            option.palette,
            self.isEnabled(),
            self.shown(),
            self.foregroundRole(),
        )
        painter.end()
