"""A plot as a picture, a drawing or a table.

Pictures are drawn in the light colours whatever the theme: they are meant for a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from jnn_studio.app.colors import Colors
from jnn_studio.app.picture_file import save_picture
from jnn_studio.app.plots.curve import Curve
from jnn_studio.app.tables import save_table
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.base.atomic import replacing

_TITLE = 3 * GRID

Write = Callable[[pg.PlotWidget, str, Colors], object]


def image(view: pg.PlotWidget, title: str, colors: Colors) -> QImage:
    """The plot at the resolution of the screen it stands on."""
    ratio = view.devicePixelRatioF()
    size = _size(view, title)
    picture = QImage(size * ratio, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    _paint(view, title, colors, picture, size)
    return picture


def write_png(path: Path, view: pg.PlotWidget, title: str, colors: Colors) -> None:
    save_picture(image(view, title, colors), path)


def write_svg(path: Path, view: pg.PlotWidget, title: str, colors: Colors) -> None:
    size = _size(view, title)
    with replacing(path, make_folder=False) as temporary:  # fails where the generator itself would silently
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        generator.setFileName(str(temporary))
        generator.setResolution(view.logicalDpiX())
        generator.setSize(size)
        generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
        generator.setTitle(title)
        _paint(view, title, colors, generator, size)


def write_csv(path: Path, x_name: str, y_name: str, curves: Iterable[Curve]) -> None:
    """One row per sample, every digit kept: curve, x, y. Curves need not share their x."""
    samples = (
        (curve.name, x, y)
        for curve in curves
        for x, y in zip(curve.series.x.tolist(), curve.series.y.tolist(), strict=True)
    )
    save_table(path, ["curve", x_name or "x", y_name or "y"], samples)


def _size(view: pg.PlotWidget, title: str) -> QSize:
    return view.size() + QSize(0, _TITLE if title else 0)


def _paint(
    view: pg.PlotWidget, title: str, colors: Colors, device: QImage | QSvgGenerator, size: QSize
) -> None:
    painter = QPainter(device)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), QColor(colors.plot))
    if title:
        painter.setFont(ui_font(bold=True))
        painter.setPen(QColor(colors.text))
        box = QRectF(0, 0, size.width(), _TITLE)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, title)
    target = QRectF(0, size.height() - view.height(), view.width(), view.height())
    view.scene().render(painter, target, view.sceneRect())
    painter.end()
