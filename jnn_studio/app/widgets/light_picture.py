"""A widget's drawing as a picture for a page, in the light colours whatever the theme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from jnn_studio.app.colors import LIGHT, Colors


def light_picture(widget: QWidget, paint: Callable[[QPainter, Colors], object]) -> QImage:
    """What ``paint`` draws of ``widget``, at the resolution of the screen it stands on."""
    ratio = widget.devicePixelRatioF()
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(LIGHT.plot))
    painter = QPainter(image)
    paint(painter, LIGHT)
    painter.end()
    return image
