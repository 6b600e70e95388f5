"""What the desktop hands to the running program is opened together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jnn_studio.app.handed_files import HandedFiles


def test_files_clicked_together_are_opened_together(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    opened: list[Sequence[Path]] = []
    handed = HandedFiles(qapp, opened.append)
    try:
        names = [tmp_path / "a.jnnmodel", tmp_path / "ü b.jnnmodel"]
        for name in names:
            QCoreApplication.sendEvent(qapp, QFileOpenEvent(QUrl.fromLocalFile(str(name))))
        assert not opened  # not in the middle of what else is going on
        qtbot.waitUntil(lambda: opened == [names])
        QCoreApplication.sendEvent(qapp, QFileOpenEvent(QUrl("https://example.org/face.png")))
        qtbot.wait(20)
        assert opened == [names]
    finally:
        handed.setParent(None)
        handed.deleteLater()
