"""One picture with its title, its numbers, and a menu."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QMenu

from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.compare.entry import Entry
from jnn_studio.app.widgets.compare.picture import Picture
from jnn_studio.app.widgets.compare.shared_view import SharedView
from jnn_studio.app.widgets.compare.view_pane import MOVING, ViewPane


class PicturePane(ViewPane):
    """Shows an `Entry`.

    Signals:
        save_asked: the picture is wanted as a file.
    """

    save_asked = Signal()

    def __init__(self, view: SharedView, object_name: str) -> None:
        super().__init__(view, object_name)
        self.entry = Entry("")
        self._picture: Picture | None = None

    def show_entry(self, entry: Entry) -> None:
        """Another picture, or other words."""
        if entry == self.entry and entry.levels is self.entry.levels:
            return
        if entry.levels is not self.entry.levels:
            self._picture = Picture(entry.levels) if entry.levels else None
        self.entry = entry
        self.setAccessibleName(entry.title)
        self.setAccessibleDescription(" ".join(part for part in (*entry.lines, entry.corner) if part))
        self.setToolTip(f"{entry.tip}\n{MOVING}" if entry.levels else entry.tip)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.area
        around = self.picture_rect()
        if self._picture is None:
            self._draw_empty(painter, around, self.entry.empty)
        else:
            self._picture.draw(painter, area, self.view, self.devicePixelRatioF())
            self._draw_loupe(painter, self._picture)
        self._draw_frame(painter, around)
        self._draw_entry(painter, around)
        painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._picture is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName(f"{self.objectName()}.menu")
        menu.addAction("Copy image", self.copy)
        menu.addAction("Save image as PNG…", self.save_asked.emit)
        menu.popup(event.globalPos())

    def copy(self) -> None:
        """Put the picture on the clipboard, in its own resolution."""
        if self._picture is not None:
            QApplication.clipboard().setImage(self._picture.to_image())

    def _draw_entry(self, painter: QPainter, around: QRectF) -> None:
        line = self.fontMetrics().height()
        entry = self.entry
        # Beside a narrow picture the words may use what is left of the widget's width.
        right = max(around.right(), min(around.left() + 30 * GRID, self.width() - 1.0))
        above = QRectF(around.left(), around.top() - line - GRID // 2, right - around.left(), line)
        taken = self._draw_words(painter, above, entry.corner, "muted", right=True)
        if entry.role:
            chip = QRectF(above.left(), above.center().y() - 5, 10, 10)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().model_color(entry.role))
            painter.drawRoundedRect(chip, 3, 3)
            above.setLeft(chip.right() + GRID)
        above.setRight(above.right() - taken - GRID)
        self._draw_words(painter, above, entry.title, "text", bold=True)
        below = QRectF(self._left_of_words(around), around.bottom() + GRID // 2, self.width(), line)
        below.setRight(self.width())
        for words in self._lines():
            self._draw_words(painter, below, words, "muted")
            below.translate(0, line)

    def _lines(self) -> list[str]:
        """The words under the picture; in a narrow pane what stands side by side has lines of its own."""
        narrow = self.lines_below > 2
        return [part for words in self.entry.lines for part in (words.split(" · ") if narrow else [words])]

    def _left_of_words(self, around: QRectF) -> float:
        """Under the left edge of the picture; further left where the lines would be cut at the right."""
        metrics = QFontMetrics(ui_font(0.92, digits=True))
        widest = max((metrics.horizontalAdvance(words) for words in self._lines()), default=0)
        return max(0.0, min(around.left(), self.width() - widest - 2.0))
