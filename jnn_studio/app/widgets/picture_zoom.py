"""Which part of a picture is looked at, the same for pictures of any size beside each other."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent

LARGEST = 32.0
"""The whole against the smallest part, in width."""
STEP = 1.25
"""What one notch of the wheel, or one key, zooms by."""
PAN = 0.15
"""Of the part in view, what an arrow key moves it by."""
ZOOM_TIP = "Wheel or + and −: zoom into all pictures; middle button or arrows: move; double click or F: whole"
_KEYS = {
    Qt.Key.Key_Left: QPointF(-PAN, 0),
    Qt.Key.Key_Right: QPointF(PAN, 0),
    Qt.Key.Key_Up: QPointF(0, -PAN),
    Qt.Key.Key_Down: QPointF(0, PAN),
}
_WHOLE = QRectF(0, 0, 1, 1)
_MIDDLE = QPointF(0.5, 0.5)


class PictureZoom(QObject):
    """Everything in shares: of the picture, or of the part in view.

    Signals:
        changed: another part is looked at.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.part = QRectF(_WHOLE)
        """Of the picture, what is in view."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the picture is in view."""
        return self.part == _WHOLE

    def zoom_by(self, factor: float, at: QPointF = _MIDDLE) -> None:
        """Zoom about a point of the part in view, which keeps what is there."""
        side = min(max(self.part.width() / factor, 1 / LARGEST), 1.0)
        still = self.to_picture(at)
        self._look_at(QRectF(still.x() - at.x() * side, still.y() - at.y() * side, side, side))

    def pan_by(self, moved: QPointF) -> None:
        """Look further along, by shares of the part in view."""
        self._look_at(self.part.translated(moved * self.part.width()))

    def show_whole(self) -> None:
        """All of it."""
        self._look_at(QRectF(_WHOLE))

    def to_picture(self, at: QPointF) -> QPointF:
        """The point of the picture at a point of the part in view."""
        return self.part.topLeft() + at * self.part.width()

    def source(self, width: int, height: int) -> QRectF:
        """The part in view of a picture of this size, in its pixels."""
        part = self.part
        return QRectF(part.x() * width, part.y() * height, part.width() * width, part.height() * height)

    def take_key(self, event: QKeyEvent) -> bool:
        """Do what a key asks for; whether it asks for anything."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / STEP)
        elif key == Qt.Key.Key_F and not event.modifiers():
            self.show_whole()
        elif key in _KEYS and not self.is_whole:
            self.pan_by(_KEYS[key])
        else:
            return False
        return True

    def _look_at(self, part: QRectF) -> None:
        """As near to this as the borders of the picture allow."""
        side = part.width()
        part.moveTo(min(max(part.x(), 0.0), 1 - side), min(max(part.y(), 0.0), 1 - side))
        if part != self.part:
            self.part = part
            self.changed.emit()
