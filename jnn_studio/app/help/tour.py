"""A tour of one minute: real controls, one after the other, lit up and told of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID, theme, ui_font

SHADE = 130
BUBBLE_WIDTH = 42 * GRID


@dataclass(frozen=True)
class Stop:
    """``page``: of the window; ``control``: object name of what is shown; its words."""

    page: str
    control: str
    title: str
    text: str


STOPS: tuple[Stop, ...] = (
    Stop(
        "Explore",
        "explore.panes",
        "One image, two models",
        "Both were trained on the same faces, from the same first weights. One was penalised so that only "
        "few directions of its latent space matter.",
    ),
    Stop(
        "Explore",
        "explore.slider.1",
        "Walk",
        "Drag a slider, or press ▶. Every model moves along its own singular vector of the Jacobian, by the "
        "same change of the picture.",
    ),
    Stop(
        "Explore",
        "explore.dock.singular_values",
        "Why they differ",
        "The singular values. The penalised model has few that are large; the others are forgotten. Beside "
        "it, Meaning tells what each direction changes.",
    ),
    Stop(
        "Explore",
        "explore.gallery",
        "Other images, your own",
        "Choose another image here, or drop a picture or a folder of photographs on the window.",
    ),
    Stop(
        "Train",
        "train.start",
        "Train a pair",
        "A few minutes on two cores, with live losses and singular values. Set your own folder at Images, "
        "and a target rank if you do not know which η.",
    ),
    Stop(
        "Runs",
        "rail.runs",
        "Compare",
        "Every run you have. Select several to see curves, settings and singular values side by side.",
    ),
    Stop(
        "Validate",
        "validate.page",
        "Is it true?",
        "The theorem on problems whose answer is known, and in Denoise a use of it that needs no clean data.",
    ),
)


class Tour(QWidget):
    """Lies over the whole window and lets nothing through but its own buttons; Esc leaves.

    Args:
        window: what it shows.
        turn_to: brings a page of the window to the front.
        stops: where it goes.

    Signals:
        ended: it was left, at whichever stop.
    """

    ended = Signal()

    def __init__(
        self, window: QWidget, turn_to: Callable[[str], None], stops: Sequence[Stop] = STOPS
    ) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self._window, self._turn_to, self._stops = window, turn_to, stops
        self._at = 0
        self._lit: QWidget | None = None
        self._bubble = QFrame(self, objectName="tour.bubble")
        self._title = QLabel(objectName="tour.title")
        self._title.setFont(ui_font(1.15, bold=True))
        self._text = QLabel(objectName="tour.text")
        self._text.setWordWrap(True)
        self._count = QLabel(objectName="tour.count")
        self._count.setProperty("tone", "muted")
        self.back = _button("Back", "tour.back", lambda: self._go(-1))
        self.next = _button("Next", "tour.next", lambda: self._go(1))
        self.leave = _button("Leave", "tour.leave", self.end)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self._count, 1)
        for button in (self.leave, self.back, self.next):
            row.addWidget(button)
        column = QVBoxLayout(self._bubble)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addLayout(row)
        self._bubble.setFixedWidth(BUBBLE_WIDTH)
        window.installEventFilter(self)

    def begin(self) -> None:
        """Go to the first stop."""
        self._at = 0
        self._show()

    def end(self) -> None:
        """Go away; what is shown by then stays."""
        self._window.removeEventFilter(self)
        self.hide()
        self.ended.emit()
        self.deleteLater()

    @property
    def stop(self) -> Stop:
        """Where it is."""
        return self._stops[self._at]

    def _go(self, way: int) -> None:
        if self._at + way >= len(self._stops):
            self.end()
            return
        self._at = max(0, self._at + way)
        self._show()

    def _show(self) -> None:
        self._turn_to(self.stop.page)
        self._lit = self._window.findChild(QWidget, self.stop.control)
        self._title.setText(self.stop.title)
        self._text.setText(self.stop.text)
        self._count.setText(f"{self._at + 1} of {len(self._stops)}")
        self.back.setEnabled(self._at > 0)
        self.next.setText("Done" if self._at + 1 == len(self._stops) else "Next")
        self.setAccessibleName(f"{self.stop.title}. {self.stop.text}")
        self._place()
        self.show()
        self.raise_()
        self.next.setFocus()

    def _hole(self) -> QRect:
        """What is lit up, in the window's coordinates; nothing where it is not to be seen."""
        lit = self._lit
        if lit is None or lit.visibleRegion().isEmpty():
            return QRect()
        corner = lit.mapTo(self._window, QPoint(0, 0))
        return QRect(corner, lit.size()).adjusted(-4, -4, 4, 4).intersected(self.rect())

    def _place(self) -> None:
        self.setGeometry(self._window.rect())
        self._bubble.adjustSize()
        size, room = self._bubble.sizeHint().expandedTo(QSize(BUBBLE_WIDTH, 0)), self.rect()
        size.setHeight(max(size.height(), self._bubble.heightForWidth(BUBBLE_WIDTH)))
        self._bubble.resize(size)
        self._bubble.move(_beside(self._hole(), size, room))
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.isVisible():
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape:
                self.end()
            case Qt.Key.Key_Right:
                self._go(1)
            case Qt.Key.Key_Left:
                self._go(-1)
            case _:
                event.accept()  # keys mean nothing to what lies below

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shade, hole = QPainterPath(), QPainterPath()
        shade.addRect(QRectF(self.rect()))
        lit = QRectF(self._hole())
        hole.addRoundedRect(lit, 6, 6)
        painter.fillPath(shade - hole, QColor(0, 0, 0, SHADE))
        painter.setPen(theme().color("accent"))
        painter.drawRoundedRect(lit, 6, 6)
        painter.setPen(theme().color("border"))
        painter.setBrush(theme().color("panel"))
        painter.drawRoundedRect(QRectF(self._bubble.geometry()), 8, 8)
        painter.end()


def _beside(hole: QRect, size: QSize, room: QRect) -> QPoint:
    """Where the words stand: right of what is lit up, else left, below, above; else in its middle."""
    gap = 2 * GRID
    y = max(gap, min(hole.top(), room.height() - size.height() - gap))
    x = max(gap, min(hole.left(), room.width() - size.width() - gap))
    if hole.isEmpty():
        return (
            QRect(QPoint(0, 0), size).translated(room.center() - QRect(QPoint(0, 0), size).center()).topLeft()
        )
    if hole.right() + gap + size.width() < room.width():
        return QPoint(hole.right() + gap, y)
    if hole.left() - gap - size.width() > 0:
        return QPoint(hole.left() - gap - size.width(), y)
    if hole.bottom() + gap + size.height() < room.height():
        return QPoint(x, hole.bottom() + gap)
    if hole.top() - gap - size.height() > 0:
        return QPoint(x, hole.top() - gap - size.height())
    return hole.center() - QPoint(size.width() // 2, size.height() // 2)


def _button(text: str, name: str, pressed: Callable[[], None]) -> QPushButton:
    button = QPushButton(text, objectName=name)
    button.clicked.connect(lambda: pressed())
    return button
