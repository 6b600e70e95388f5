"""A widget that shows pictures through a shared view, and moves it by wheel, mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.compare.picture import Picture
from jnn_studio.app.widgets.compare.shared_view import STEP, SharedView

PAN_STEP = 6 * GRID
LENS = 15 * GRID
"""Width of the loupe."""
MAGNIFIED = 4.0
"""Against what is around it; single pixels are made out in any case."""
LENS_SCALE = 6.0
_ARROWS = {
    Qt.Key.Key_Left: QPointF(PAN_STEP, 0),
    Qt.Key.Key_Right: QPointF(-PAN_STEP, 0),
    Qt.Key.Key_Up: QPointF(0, PAN_STEP),
    Qt.Key.Key_Down: QPointF(0, -PAN_STEP),
}
MOVING = "wheel or + and −: zoom; drag or arrow keys: move; double click or F: all of it"

FULL_LINE = "PSNR (plain) 00.00 dB · SSIM 0.000"
"""As long as a line of words gets."""


class ViewPane(QWidget):
    """Room for a picture between a line of words above and some below.

    Signals:
        resized: it has another size, and so has a picture that is shown whole.
    """

    resized = Signal()

    def __init__(self, view: SharedView, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.view = view
        self._dragged: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)
        view.changed.connect(self.update)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and self.view.loupe:
            return True  # it would cover what the loupe shows
        return super().event(event)

    @property
    def area(self) -> QRectF:
        """The room for the picture."""
        line = self.fontMetrics().height()
        return QRectF(self.rect()).adjusted(1, line + GRID // 2, -1, -self.lines_below * line - GRID // 2)

    @property
    def lines_below(self) -> int:
        """Lines of words under the picture: one more where it is narrow. Alike in all panes of one width."""
        return 3 if self.fontMetrics().horizontalAdvance(FULL_LINE) > self.width() else 2

    def picture_rect(self) -> QRectF:
        """What of the room the picture takes."""
        corners = QPointF(0, 0), QPointF(self.view.size.width(), self.view.size.height())
        return QRectF(*(self.view.from_picture(at, self.area) for at in corners)).intersected(self.area)

    def zoom(self, steps: float) -> None:
        """About the middle."""
        self.view.zoom_by(STEP**steps, self.area.center(), self.area)

    def show_actual_size(self) -> None:
        """One pixel of the picture on one of the screen."""
        self.view.zoom_to(1 / self.devicePixelRatioF(), self.area.center(), self.area)

    # --- by hand -----------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.view.zoom_by(STEP ** (event.angleDelta().y() / 120), event.position(), self.area)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = event.position()
            if not self.view.fits:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            self.view.pan_by(event.position() - self._dragged, self.area)
            self._dragged = event.position()
        elif self.area.contains(event.position()):
            self.view.move_loupe(self.view.to_picture(event.position(), self.area))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.view.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1)
        elif key == Qt.Key.Key_Minus:
            self.zoom(-1)
        elif key in _ARROWS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.view.pan_by(_ARROWS[Qt.Key(key)], self.area)
        else:
            super().keyPressEvent(event)

    # --- drawing -----------------------------------------------------------------------------------

    def _draw_frame(self, painter: QPainter, around: QRectF) -> None:
        focused = self.hasFocus()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("accent" if focused else "border"), 2 if focused else 1))
        painter.drawRect(around)

    def _draw_empty(self, painter: QPainter, around: QRectF, words: str) -> None:
        """In place of a picture."""
        painter.fillRect(around, theme().color("panel"))
        painter.setFont(ui_font())
        painter.setPen(theme().color("muted"))
        centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(around.adjusted(GRID, GRID, -GRID, -GRID), centred, words)

    def _draw_loupe(self, painter: QPainter, picture: Picture, part: QRectF | None = None) -> None:
        """What is under the loupe, magnified where it is; only within ``part`` of the room if given."""
        view, area = self.view, self.area
        if not view.loupe:
            return
        at = view.centre_in(area.size()) if view.loupe_at is None else view.loupe_at
        lens = QRectF(0, 0, LENS, LENS)
        lens.moveCenter(view.from_picture(at, area))
        if not area.contains(lens.center()):
            return
        ratio = self.devicePixelRatioF()
        scale = max(MAGNIFIED * view.scale_in(area.size()), LENS_SCALE / ratio)
        round_ = QPainterPath()
        round_.addEllipse(lens)
        painter.save()
        painter.setClipRect(area if part is None else part)
        painter.setClipPath(round_, Qt.ClipOperation.IntersectClip)
        painter.fillRect(lens, theme().color("panel"))
        picture.draw_magnified(painter, lens, at, scale, ratio)
        painter.restore()
        painter.save()
        painter.setClipRect(area if part is None else part)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().color("accent"), 2))
        painter.drawEllipse(lens)
        painter.restore()

    def _draw_words(
        self,
        painter: QPainter,
        box: QRectF,
        words: str,
        tone: str,
        *,
        right: bool = False,
        bold: bool = False,
    ) -> float:
        """One line, shortened if need be; how wide it is."""
        painter.setFont(ui_font(1.0 if bold else 0.92, bold=bold, digits=not bold))
        painter.setPen(theme().color(tone))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)
        return float(painter.fontMetrics().horizontalAdvance(shown))
