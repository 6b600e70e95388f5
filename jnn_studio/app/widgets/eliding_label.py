"""A line of words that is cut with an ellipsis where there is no room for all of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption

ELLIPSIS = "…"


class ElidingLabel(QLabel):
    """A label whose `text` stays whole and whose drawing is cut; it may be as narrow as the ellipsis.

    Where its width does not depend on its words, being fixed or ignored, other words ask for no layout: those
    that change while something moves cost a drawing and no more.

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
        super().__init__()
        self.setObjectName(object_name)
        self._words = ""
        self._mode = mode
        self.setText(text)

    def text(self) -> str:
        """All of the words."""
        return self._words

    def setText(self, text: str) -> None:
        """Say something else."""
        if text == self._words:
            return
        self._words = text
        self.setAccessibleName(text)
        fixed = self.minimumWidth() == self.maximumWidth()
        if not fixed and self.sizePolicy().horizontalPolicy() != QSizePolicy.Policy.Ignored:
            self.updateGeometry()
        self.update()

    def shown(self) -> str:
        """What of the words is to be read at the present width."""
        return self.fontMetrics().elidedText(self._words, self._mode, self.contentsRect().width())

    def sizeHint(self) -> QSize:
        return self._size_of(self._words)

    def minimumSizeHint(self) -> QSize:
        return self._size_of(ELLIPSIS)

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

    def _size_of(self, words: str) -> QSize:
        metrics, margins = self.fontMetrics(), self.contentsMargins()
        return QSize(
            metrics.horizontalAdvance(words) + margins.left() + margins.right(),
            metrics.height() + margins.top() + margins.bottom(),
        )
