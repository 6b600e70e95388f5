"""The bracket beside sliders whose directions can turn into each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from jnn_studio.app.theme import theme

EACH = 7
"""Width of one model's bracket."""


@dataclass(frozen=True)
class Mark:
    """One model's part of a bracket at one slider.

    Attributes:
        role: the model's colour.
        above, below: the slider before, and the one after, belong to the same group.
    """

    role: str
    above: bool
    below: bool


class GroupMark(QWidget):
    """Draws a slider's part of every model's brackets; rows beneath each other make them whole."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self._marks: tuple[Mark | None, ...] = ()
        self.setFixedWidth(0)
        theme().changed.connect(self.update)

    def show_marks(self, marks: Sequence[Mark | None], tip: str) -> None:
        """One for each model, None where its direction stands alone; no models: nothing is drawn.

        The room that was taken stays: groups are found after a picture, and sliders are not to jump.
        """
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        if tuple(marks) != self._marks:
            self._marks = tuple(marks)
            if self._marks:
                self.setFixedWidth(EACH * len(self._marks))
            self.update()

    @property
    def marks(self) -> tuple[Mark | None, ...]:
        """What is drawn."""
        return self._marks

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle, inset = self.height() / 2, self.height() / 4
        for at, mark in enumerate(self._marks):
            if mark is None:
                continue
            pen = QPen(theme().model_color(mark.role), 2)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            x = EACH * at + 1
            top = 0.0 if mark.above else inset
            bottom = float(self.height()) if mark.below else self.height() - inset
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
            for y, open_end in ((top, mark.above), (bottom, mark.below)):
                if not open_end:
                    painter.drawLine(QPointF(x - 1, y), QPointF(x + 4, y))
            if not (mark.above or mark.below):  # its fellows are at other sliders
                painter.drawLine(QPointF(x, middle), QPointF(x + 3, middle))
        painter.end()
