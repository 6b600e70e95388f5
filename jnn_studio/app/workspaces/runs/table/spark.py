"""The small curve in a row: the total loss of every model over the run."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from jnn_studio.app.steering.run_plots import model_color
from jnn_studio.app.theme import theme
from jnn_studio.app.workspaces.runs.table.model import RUN, Index
from jnn_studio.runs.summary import RunSummary

_MARGIN = 5.0


class SparkDelegate(QStyledItemDelegate):
    """Draws over the row's own background, in the colours that the models have in every plot."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        run = index.data(RUN)
        if isinstance(run, RunSummary):
            _draw(painter, QRectF(option.rect).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN), run)


def _draw(painter: QPainter, box: QRectF, run: RunSummary) -> None:
    curves = [
        (number, member.key, list(zip(member.steps, map(_height, member.curve), strict=True)))
        for number, member in enumerate(run.members)
    ]
    heights = [y for _, _, points in curves for _, y in points if math.isfinite(y)]
    if not heights:
        return
    low, high = min(heights), max(heights)
    width, room = max(1, run.steps), high - low or 1.0
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number, key, points in curves:
        role, _ = model_color(number, key)
        line = QPolygonF(
            [
                QPointF(
                    box.left() + box.width() * step / width, box.bottom() - box.height() * (y - low) / room
                )
                for step, y in points
                if math.isfinite(y)
            ]
        )
        pen = QPen(QColor(theme().colors.role(role)), 1.25)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        if line.size() == 1:
            painter.drawPoint(line.first())
        else:
            painter.drawPolyline(line)
    painter.restore()


def _height(loss: float) -> float:
    """On a logarithmic axis; what is not positive has no place there."""
    return math.log(loss) if loss > 0 and math.isfinite(loss) else math.nan
