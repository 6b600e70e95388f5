"""Which part of a picture is looked at, and how large: the same for all panes beside each other."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal

MAX_SCALE = 40.0
"""Device-independent pixels per pixel of the picture, unless the whole of it is smaller."""
STEP = 1.25
"""What one notch of the wheel, or one key, zooms by."""


class SharedView(QObject):
    """Zoom and place in the coordinates of the picture, and where the loupe is.

    A picture smaller than its pane stands in the middle; a larger one leaves no room at its borders.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._size = QSizeF(1, 1)
        self._scale: float | None = None  # None: the whole picture
        self._centre = QPointF(0.5, 0.5)
        self._loupe = False
        self._loupe_at: QPointF | None = None

    @property
    def size(self) -> QSizeF:
        """Of the picture, in its own pixels."""
        return self._size

    @property
    def fits(self) -> bool:
        """Whether the whole picture is shown."""
        return self._scale is None

    @property
    def loupe(self) -> bool:
        """Whether there is a loupe."""
        return self._loupe

    @property
    def loupe_at(self) -> QPointF | None:
        """The point of the picture under the loupe; None for where the panes' middle is."""
        return self._loupe_at

    def set_size(self, width: int, height: int) -> None:
        """Another picture; one of the same size is looked at as the last."""
        size = QSizeF(max(width, 1), max(height, 1))
        if size != self._size:
            self._size = size
            self._loupe_at = None
            self.fit()

    def fit(self) -> None:
        """Show all of the picture."""
        self._scale = None
        self.changed.emit()

    def scale_in(self, area: QSizeF) -> float:
        """Device-independent pixels per pixel of the picture in a pane with room for ``area``."""
        whole = self._whole(area)
        return whole if self._scale is None else max(self._scale, whole)

    def centre_in(self, area: QSizeF) -> QPointF:
        """The point of the picture in the middle of such a pane."""
        scale = self.scale_in(area)
        return QPointF(
            _clamped(self._centre.x(), area.width() / scale, self._size.width()),
            _clamped(self._centre.y(), area.height() / scale, self._size.height()),
        )

    def to_picture(self, point: QPointF, area: QRectF) -> QPointF:
        """The point of the picture at ``point`` of a pane whose picture has the room ``area``."""
        return self.centre_in(area.size()) + (point - area.center()) / self.scale_in(area.size())

    def from_picture(self, point: QPointF, area: QRectF) -> QPointF:
        """The inverse of `to_picture`."""
        return area.center() + (point - self.centre_in(area.size())) * self.scale_in(area.size())

    def zoom_by(self, factor: float, point: QPointF, area: QRectF) -> None:
        """Zoom about ``point`` of the pane, which keeps the part of the picture that is there."""
        self.zoom_to(self.scale_in(area.size()) * factor, point, area)

    def zoom_to(self, scale: float, point: QPointF, area: QRectF) -> None:
        """As `zoom_by`, to ``scale``; less than the whole picture is all of it."""
        still = self.to_picture(point, area)
        whole = self._whole(area.size())
        if scale <= whole * (1 + 1e-6):
            self.fit()
            return
        self._scale = min(scale, max(MAX_SCALE, whole))
        self._centre = still - (point - area.center()) / self._scale
        self._centre = self.centre_in(area.size())
        self.changed.emit()

    def pan_by(self, moved: QPointF, area: QRectF) -> None:
        """Move the picture by ``moved`` of the pane."""
        if self._scale is not None:
            self._centre = self.centre_in(area.size()) - moved / self.scale_in(area.size())
            self._centre = self.centre_in(area.size())
            self.changed.emit()

    def set_loupe(self, shown: bool) -> None:
        """Show the loupe, or put it away."""
        if shown != self._loupe:
            self._loupe = shown
            self.changed.emit()

    def move_loupe(self, point: QPointF) -> None:
        """Put the loupe over a point of the picture."""
        self._loupe_at = point
        if self._loupe:
            self.changed.emit()

    def _whole(self, area: QSizeF) -> float:
        return max(min(area.width() / self._size.width(), area.height() / self._size.height()), 1e-6)


def _clamped(centre: float, seen: float, size: float) -> float:
    """The middle of a stretch ``seen`` of [0, size], or of all of it."""
    return size / 2 if seen >= size else min(max(centre, seen / 2), size - seen / 2)
