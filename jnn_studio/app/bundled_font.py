"""The font that ships with the program, for machines that have none."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from jnn_studio.base.resource_files import resource


def use_bundled_font() -> None:
    """Write with it from now on, in the size that the system's font has."""
    number = QFontDatabase.addApplicationFont(str(resource("fonts", "DejaVuSans.ttf")))
    font = QApplication.font()
    font.setFamily(QFontDatabase.applicationFontFamilies(number)[0])
    QApplication.setFont(font)
