"""What the program is, and whose method it shows."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from jnn_studio import __version__


def show_about(window: QWidget) -> None:
    """Open a box over ``window`` that says so."""
    box = QMessageBox(window, objectName="about_box")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About JNN Studio")
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setIconPixmap(QApplication.windowIcon().pixmap(QSize(64, 64)))
    box.setText(
        f"<b>JNN Studio {__version__}</b><br><br>Explore what penalising the nuclear norm of a network's "
        "Jacobian does to what it learns.<br><br>The method: Scarvelis &amp; Solomon, <i>Nuclear Norm "
        "Regularization for Deep Learning</i>, NeurIPS 2024."
    )
    box.open()
