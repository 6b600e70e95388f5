"""Below the map: how many images are on it, or how far it is, and what can be done about that."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.base.text import counted
from jnn_studio.base.watch import Progress


class MapStanding(QWidget):
    """A line of words with a bar while a map is made, and the buttons that make sense."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.map.standing")
        self.words = QLabel(objectName="explore.map.words")
        self.words.setFont(ui_font(0.92, digits=True))
        self.words.setWordWrap(True)
        self.progress = QProgressBar(objectName="explore.map.progress")
        self.progress.setToolTip("How far the map is")
        self.progress.setAccessibleName("How far the map is")
        self.progress.setTextVisible(False)
        self.make = _button("make", "Make the map", "Read the latents of all images and lay them out")
        self.cancel = _button("cancel", "Cancel", "Make no map; what was read is kept")
        self.all = _button("all", "Show all", "Show all images again, in the gallery too")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        row.addWidget(self.words, 1)
        for part in (self.progress, self.make, self.cancel, self.all):
            row.addWidget(part)
        self.show_progress(None)

    @property
    def is_making(self) -> bool:
        """Whether a map is being made."""
        return not self.progress.isHidden()

    def show_progress(self, now: Progress | None) -> None:
        """How far a map is; None: none is being made."""
        self.progress.setVisible(now is not None)
        self.cancel.setVisible(now is not None)
        if now is not None:
            self.progress.setRange(0, now.total)
            self.progress.setValue(now.done)
            how_far = f" of {now.done:,} of {counted(now.total, 'image')}" if now.total else "…"
            self.say(f"{now.what}{how_far}")
            self.make.hide()
            self.all.hide()

    def say(self, words: str, wrong: bool = False) -> None:
        """What there is to know; ``wrong``: what went wrong."""
        self.words.setText(words)
        self.words.setProperty("tone", "danger" if wrong else "muted")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text, objectName=f"explore.map.{name}")
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
