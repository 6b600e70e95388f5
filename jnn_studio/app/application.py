"""The one application of the process, made here or found where a notebook has one, and its settings."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from jnn_studio.app.binding import spare_reading_sources
from jnn_studio.app.bundled_font import use_bundled_font
from jnn_studio.base.resource_files import resource

spare_reading_sources()  # before the window's modules are imported


def no_display() -> bool:
    """Whether there is nothing to show a window on."""
    return (
        sys.platform.startswith("linux")
        and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        and not os.environ.get("QT_QPA_PLATFORM")
    )


def the_application() -> QApplication:
    """That of this process, made unless there is one; to be called on the main thread."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        application = QApplication(sys.argv[:1] or ["jnn-studio"])
        application.setApplicationName("JNN Studio")
        application.setOrganizationName("jnn-studio")
        application.setDesktopFileName("jnn-studio")
        application.setWindowIcon(QIcon(str(resource("icons", "jnn-studio.svg"))))
    if not QFontDatabase.families():
        use_bundled_font()
    return application


def program_settings() -> QSettings:
    """A person's own, the same at every start."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "jnn-studio", "jnn-studio")
