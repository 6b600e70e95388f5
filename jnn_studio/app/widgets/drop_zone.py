"""Where something can be dropped: what it would do is said while it hovers, or why it would do nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from jnn_studio.app.arriving import can_arrive
from jnn_studio.app.theme import GRID, mix, theme, ui_font

TINT = 0.12
"""Share of the colour over the page."""
ROOM_FOR_WORDS = 12 * GRID


@dataclass(frozen=True)
class DropOffer:
    """What dropping it would do, or with ``good`` off, why it would do nothing."""

    words: str
    good: bool = True


class DropZone(QObject):
    """Has a widget take what is dropped anywhere on it. What has nothing to do with files is left alone.

    Args:
        zone: the widget.
        offer: what would become of it; called while it hovers, so nothing is read.
        take: called with what was dropped, if the offer is good.
        refused: called with the words of one that is not.
    """

    def __init__(
        self,
        zone: QWidget,
        offer: Callable[[QMimeData], DropOffer],
        take: Callable[[QMimeData], object],
        refused: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__(zone)
        self._zone, self._offer, self._take, self._refused = zone, offer, take, refused
        self._veil: DropVeil | None = None
        zone.setAcceptDrops(True)
        zone.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragLeave:
            self._show(None)
            return True
        if not isinstance(event, QDragEnterEvent | QDragMoveEvent | QDropEvent):
            return False
        mime = event.mimeData()
        if not can_arrive(mime):
            return False
        offer = self._offer(mime)
        if event.type() == QEvent.Type.Drop:
            self._show(None)
            event.acceptProposedAction()
            if offer.good:
                self._take(mime)
            elif self._refused is not None:
                self._refused(offer.words)
            return True
        if event.type() == QEvent.Type.DragEnter:
            self._show(offer)
        if not offer.good:
            # Accepted all the same: who declines does not hear when it leaves.
            event.setDropAction(Qt.DropAction.IgnoreAction)
            event.accept()
        else:
            event.acceptProposedAction()
        return True

    def _show(self, offer: DropOffer | None) -> None:
        if offer is None:
            if self._veil is not None:
                self._veil.hide()
            return
        if self._veil is None:
            self._veil = DropVeil(self._zone)
        self._veil.say(offer)


class DropVeil(QWidget):
    """A frame and a few words over the widget that something hovers over."""

    def __init__(self, zone: QWidget) -> None:
        super().__init__(zone)
        self.setObjectName("drop_veil")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._offer = DropOffer("")

    def say(self, offer: DropOffer) -> None:
        """Lie over all of the widget and say this."""
        self._offer = offer
        self.setAccessibleName(offer.words)
        zone = self.parentWidget()
        assert zone is not None
        self.setGeometry(zone.rect())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        color = theme().color("accent" if self._offer.good else "danger")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = QColor(color)
        tint.setAlphaF(TINT)
        painter.setBrush(tint)
        style = Qt.PenStyle.SolidLine if self._offer.good else Qt.PenStyle.DashLine
        painter.setPen(QPen(color, 2, style))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 8, 8)
        if self.height() < ROOM_FOR_WORDS:
            return
        painter.setFont(ui_font(1.1, bold=True))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        room = self.rect().adjusted(3 * GRID, 3 * GRID, -3 * GRID, -3 * GRID)
        room.setWidth(min(room.width(), 60 * GRID))
        room.moveCenter(self.rect().center())
        words = painter.boundingRect(room, flags, self._offer.words)
        plate = words.adjusted(-2 * GRID, -GRID, 2 * GRID, GRID)
        painter.setPen(QPen(color, 1))
        painter.setBrush(mix(color, theme().color("panel"), TINT))
        painter.drawRoundedRect(plate, 6, 6)
        painter.setPen(theme().color("text"))
        painter.drawText(words, flags, self._offer.words)
