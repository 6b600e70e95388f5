"""Functions on a square as heat maps, on one colour scale, with one line across all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QMenu, QWidget

from jnn_studio.app.colors import LIGHT, Colors
from jnn_studio.app.file_dialogs import ask_where_to_save
from jnn_studio.app.picture_file import save_picture
from jnn_studio.app.tables import save_table
from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.light_picture import light_picture
from jnn_studio.base.atomic import replacing
from jnn_studio.base.endings import ending_of

BAR = 8 * GRID
"""Room for the colour bar and its numbers."""
WORDS = 5 * GRID
"""Room for a map's title and caption."""


@dataclass(frozen=True)
class FieldMap:
    """One function: ``values`` (G, G), row i at y = axis[i], column j at x = axis[j]."""

    title: str
    caption: str
    values: npt.NDArray[np.float32]


class FieldMaps(QWidget):
    """Maps side by side and a colour bar.

    Signals:
        lineMoved: (row) the line across was dragged, or moved with the arrow keys.
    """

    lineMoved = Signal(int)

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Heat maps of the solutions")
        self.setToolTip("Drag the line, or press Up and Down, to move the cross-section; right-click to save")
        self.setMinimumHeight(20 * GRID)
        self.maps: Sequence[FieldMap] = ()
        self._empty = ""
        self.row = 0
        self._axis = np.zeros(0, np.float32)
        self._scale = (0.0, 1.0)
        self._images: list[QImage] = []
        self._table = pg.colormap.get("viridis").getLookupTable(0.0, 1.0, 256).astype(np.uint8)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(80 * GRID, 30 * GRID)

    def show_maps(
        self, axis: npt.NDArray[np.float32], maps: Sequence[FieldMap], scale: tuple[float, float]
    ) -> None:
        """Show functions on one grid; ``scale``: the values of the colour bar's ends."""
        if len(axis) != len(self._axis):
            self.row = len(axis) // 2
        self._axis, self.maps, self._scale = axis, maps, scale
        self._images = [self._picture(one.values) for one in maps]
        self.update()

    def clear(self, why: str) -> None:
        """Show no maps; ``why`` stands in their place. The line stays where it is."""
        self.maps, self._images, self._empty = (), [], why
        self.update()

    def move_line(self, row: int) -> None:
        """Put the cross-section at another row of the grid."""
        row = max(0, min(len(self._axis) - 1, row))
        if row != self.row:
            self.row = row
            self.update()
            self.lineMoved.emit(row)

    # --- saving ----------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the maps as .png, .svg, or .csv (x, y and the value of each map).

        Raises:
            OSError: the file cannot be written.
        """
        ending = ending_of(path)
        if ending == ".csv":
            axis = list(enumerate(self._axis.tolist()))
            rows = ([x, y, *(float(one.values[i, j]) for one in self.maps)] for i, y in axis for j, x in axis)
            save_table(path, ["x", "y", *(one.title for one in self.maps)], rows)
        elif ending == ".svg":
            # Fails where the generator itself would silently.
            with replacing(path, make_folder=False) as temporary:
                generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
                generator.setFileName(str(temporary))
                generator.setSize(self.size())
                generator.setViewBox(QRectF(self.rect()))
                painter = QPainter(generator)
                self._paint(painter, LIGHT)
                painter.end()
        else:
            save_picture(light_picture(self, self._paint), path)

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for suffix, kind in (("png", "PNG picture"), ("svg", "SVG drawing"), ("csv", "CSV table")):
            action = menu.addAction(f"Save {kind}…")
            action.setObjectName(f"{self.objectName()}.save_{suffix}")
            action.triggered.connect(
                lambda _=False, s=suffix, k=kind: ask_where_to_save(
                    self, "maps", "solutions", k, s, self.save
                )
            )
        copy = menu.addAction("Copy picture")
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setImage(light_picture(self, self._paint)))
        menu.popup(at)

    # --- drawing ---------------------------------------------------------------------------------------

    def _picture(self, values: npt.NDArray[np.float32]) -> QImage:
        low, high = self._scale
        share = np.nan_to_num((values - low) / (high - low or 1.0))
        index = np.clip(np.round(share * 255), 0, 255).astype(np.uint8)
        pixels = np.ascontiguousarray(self._table[index[::-1]])  # y upwards
        height, width = index.shape
        return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def _boxes(self) -> list[QRectF]:
        count = max(1, len(self.maps))
        width = (self.width() - BAR - GRID * (count + 1)) / count
        side = max(8.0, min(width, self.height() - WORDS - GRID))
        left = max(GRID, (self.width() - BAR - count * (side + GRID)) / 2)
        return [QRectF(left + i * (side + GRID), WORDS, side, side) for i in range(count)]

    def _paint(self, painter: QPainter, colors: Colors) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.border)))
        painter.setBrush(QColor(colors.plot))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if not self.maps and self._empty:
            painter.setPen(QColor(colors.muted))
            painter.setFont(ui_font())
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self._empty)
        boxes = self._boxes()
        for one, image, box in zip(self.maps, self._images, boxes, strict=False):
            painter.setPen(QColor(colors.text))
            painter.setFont(ui_font(bold=True))
            above = QRectF(box.left(), 4, box.width(), WORDS / 2)
            painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, one.title)
            painter.setPen(QColor(colors.muted))
            painter.setFont(ui_font(0.85, digits=True))
            below = above.translated(0, WORDS / 2 - 4)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, one.caption)
            painter.drawImage(box, image)
            painter.setPen(QPen(QColor(colors.border)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
            if len(self._axis):
                y = box.bottom() - (self.row + 0.5) / len(self._axis) * box.height()
                painter.setPen(QPen(QColor("#ffffff"), 2, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        if self.maps:
            self._paint_bar(painter, colors, boxes[-1])

    def _paint_bar(self, painter: QPainter, colors: Colors, last: QRectF) -> None:
        bar = QRectF(last.right() + GRID, last.top(), 1.5 * GRID, last.height())
        ramp = np.ascontiguousarray(self._table[::-1].reshape(256, 1, 3))
        painter.drawImage(bar, QImage(ramp.data, 1, 256, 3, QImage.Format.Format_RGB888).copy())
        painter.setPen(QColor(colors.muted))
        painter.setFont(ui_font(0.85, digits=True))
        low, high = self._scale
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            y = bar.bottom() - share * bar.height()
            place = QRectF(bar.right() + 4, min(max(y - 8, bar.top()), bar.bottom() - 16), 40, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"{low + share * (high - low):.2f}")

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme().colors
        painter = QPainter(self)
        self._paint(painter, colors)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colors.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    # --- moving the line -------------------------------------------------------------------------------

    def _drag(self, at: QPointF) -> None:
        box = self._boxes()[0]
        self.move_line(int((box.bottom() - at.y()) / box.height() * len(self._axis)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self._show_menu(event.globalPosition().toPoint())
        elif event.button() == Qt.MouseButton.LeftButton and self.maps:
            self._drag(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self.maps:
            self._drag(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        if Qt.Key(event.key()) in step:
            self.move_line(self.row + step[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Menu:
            self._show_menu(self.mapToGlobal(self.rect().center()))
        else:
            super().keyPressEvent(event)
