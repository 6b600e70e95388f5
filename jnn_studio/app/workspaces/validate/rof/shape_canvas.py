"""Drawing a shape in the plane with the mouse, or choosing one with the keyboard."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox, QGridLayout, QPushButton, QSizePolicy, QWidget

from jnn_studio.app.steering.form_part import FormPart
from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.workspaces.validate.rof.settings import KIND
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.training.config import RunConfig

Points = tuple[tuple[float, float], ...]
REACH = 0.95
"""How far a drawn point may lie towards the wall of the box."""
NEAR = 3
"""Pixels the mouse has to go for another vertex."""


def star(size: float) -> Points:
    """A five-pointed star."""
    radii = [size * (1.0 if k % 2 == 0 else 0.45) for k in range(10)]
    return tuple((r * math.sin(k * math.pi / 5), r * math.cos(k * math.pi / 5)) for k, r in enumerate(radii))


def letter_l(size: float) -> Points:
    """An L."""
    corners = ((-1, 1), (-0.2, 1), (-0.2, -0.2), (1, -0.2), (1, -1), (-1, -1))
    return tuple((0.9 * size * x, 0.9 * size * y) for x, y in corners)


def blob(size: float) -> Points:
    """A flower of three round petals."""
    angles = [2 * math.pi * k / 96 for k in range(96)]
    radii = [size * (0.75 + 0.25 * math.cos(3 * a)) for a in angles]
    return tuple((r * math.sin(a), r * math.cos(a)) for r, a in zip(radii, angles, strict=True))


SHAPES = {"Star": star, "Letter L": letter_l, "Flower": blob}


class ShapeCanvas(FormPart):
    """A square in which a closed outline is drawn freehand: the target that is drawn by hand."""

    name = "problem.target.points"
    key = "points"
    below = "problem"

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.points: Points = ()
        self.half_width = 2.0
        self.area = _Area(self)
        self.area.setObjectName(f"{object_name}.area")
        self.shapes = QComboBox(objectName=f"{object_name}.shapes")
        self.shapes.addItems(["Choose a shape…", *SHAPES])
        self.shapes.setToolTip("Shapes to take instead of drawing one, without a mouse")
        self.shapes.setAccessibleName("Shape")
        self.shapes.activated.connect(self._choose)
        clear = QPushButton("Clear", objectName=f"{object_name}.clear")
        clear.setToolTip("Remove the outline")
        clear.setAutoDefault(False)
        clear.clicked.connect(lambda: self.set_points(()))
        rows = QGridLayout(self)
        rows.setContentsMargins(GRID // 2, 0, 0, 0)
        rows.setSpacing(GRID)
        rows.addWidget(self.area, 0, 0, 1, 2)
        rows.addWidget(self.shapes, 1, 0)
        rows.addWidget(clear, 1, 1)
        rows.setColumnStretch(0, 1)

    @property
    def value(self) -> list[list[float]]:
        return [list(point) for point in self.points]

    def set_value(self, value: list[list[float]]) -> None:
        self.set_points([(x, y) for x, y in value])

    @property
    def problem(self) -> tuple[str, str]:
        return KIND, "" if len(self.points) >= 3 else "Draw an outline below, or choose one."

    def show_checked(self, config: RunConfig) -> None:
        """The outline stands in the box of this run."""
        if isinstance(config, RofConfig):
            self.set_half_width(config.problem.half_width)

    def set_points(self, points: Sequence[tuple[float, float]]) -> None:
        """Show another outline."""
        self.points = tuple((float(x), float(y)) for x, y in points)
        self.area.update()
        self.changed.emit()

    def set_half_width(self, half_width: float) -> None:
        """The box the outline stands in, [-L, L]²."""
        if half_width != self.half_width:
            self.half_width = half_width
            self.area.update()

    def _choose(self, index: int) -> None:
        if index > 0:
            shape = SHAPES[self.shapes.currentText()]
            self.set_points(shape(min(1.2, 0.7 * self.half_width)))
            self.shapes.setCurrentIndex(0)


class _Area(QWidget):
    """Where one draws."""

    def __init__(self, canvas: ShapeCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._line: list[QPointF] = []
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setToolTip("Hold the left button and draw an outline; letting go closes it")
        self.setAccessibleName("Drawing of the target")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        return QSize(24 * GRID, 24 * GRID)

    def _square(self) -> QRectF:
        side = min(self.width(), self.height()) - 2
        return QRectF((self.width() - side) / 2, 1, side, side)

    def _from_pixel(self, at: QPointF) -> tuple[float, float]:
        box, half = self._square(), self._canvas.half_width
        x, y = (at.x() - box.left()) / box.width(), (at.y() - box.top()) / box.height()
        reach = REACH * half
        return tuple(min(reach, max(-reach, v)) for v in ((2 * x - 1) * half, (1 - 2 * y) * half))  # type: ignore[return-value]

    def _to_pixel(self, point: tuple[float, float]) -> QPointF:
        box, half = self._square(), self._canvas.half_width
        return QPointF(
            box.left() + (point[0] / half + 1) / 2 * box.width(),
            box.top() + (1 - point[1] / half) / 2 * box.height(),
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._line = [event.position()]
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._line and (event.position() - self._line[-1]).manhattanLength() >= NEAR:
            self._line.append(event.position())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        line, self._line = self._line, []
        if len(line) >= 3:
            self._canvas.set_points([self._from_pixel(at) for at in line])
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme().colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._square()
        painter.setPen(QPen(QColor(colors.border)))
        painter.setBrush(QColor(colors.field))
        painter.drawRect(box)
        if self._line:
            painter.setPen(QPen(QColor(colors.accent), 2))
            painter.drawPolyline(QPolygonF(self._line))
            return
        if self._canvas.points:
            fill = QColor(colors.accent)
            painter.setPen(QPen(fill, 2))
            fill.setAlphaF(0.25)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF([self._to_pixel(point) for point in self._canvas.points]))
            return
        painter.setPen(QColor(colors.muted))
        painter.drawText(
            box.adjusted(GRID, GRID, -GRID, -GRID),
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
            "Draw an outline here with the mouse",
        )
