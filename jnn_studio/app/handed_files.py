"""Files that the desktop hands to the running program, as macOS does with what is clicked there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QFileOpenEvent


class HandedFiles(QObject):
    """Gathers what comes at once, one event a file, and hands it to ``open_files`` together.

    Args:
        parent: the application, whose events are looked at.
        open_files: is given the paths.
    """

    def __init__(self, parent: QObject, open_files: Callable[[Sequence[Path]], object]) -> None:
        super().__init__(parent)
        self._open_files = open_files
        self._paths: list[Path] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._hand_over)
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the files' events, and no others."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self._paths.append(Path(event.file()))
            self._soon.start(0)
            return True
        return super().eventFilter(watched, event)

    def _hand_over(self) -> None:
        paths, self._paths = self._paths, []
        self._open_files(paths)
