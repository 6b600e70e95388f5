"""What does it mean? Names of all directions, and bars of what the selected one moves."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.workspaces.explore.meaning.direction_names import DirectionNames
from jnn_studio.app.workspaces.explore.meaning.effect_bars import EffectBars
from jnn_studio.explore.meaning.meaning import NO_FACTORS, MeaningView

NARROWEST = 25 * GRID
WIDE = 88 * GRID
"""From this width the names stand beside the bars instead of above them."""

OPEN_TIP = (
    "A table of what is known of the images: CelebA's list_attr_celeba.txt, or a CSV with a column of file "
    "names. Readouts on the latent then tell what directions change"
)


class MeaningPanel(QWidget):
    """Shows a `MeaningView`: all names at the top, the selected direction's effects below."""

    open_table_asked = Signal()
    direction_chosen = Signal(int)
    """Another row of the names was selected by hand: the 0-based direction."""

    def __init__(self, object_name: str = "explore.meaning") -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setAccessibleName("What the directions mean")
        self._view = MeaningView(state=NO_FACTORS)
        self._direction = 0
        self._in_view = True
        self._names = DirectionNames(f"{object_name}.names")
        self._bars = EffectBars(f"{object_name}.bars")
        self._heading = ElidingLabel(object_name=f"{object_name}.heading")
        self._heading.setFont(ui_font(bold=True))
        # Wide enough for any direction: another one then asks for no layout while somebody moves a slider.
        self._heading.setFixedWidth(QFontMetrics(ui_font(bold=True)).horizontalAdvance(_heading(99)))
        self._unit = ElidingLabel(object_name=f"{object_name}.unit")
        self._unit.setProperty("tone", "muted")
        self._unit.setFont(ui_font(0.92))
        self._progress = ElidingLabel(object_name=f"{object_name}.progress")
        self._progress.setProperty("tone", "muted")
        self._state = QLabel(objectName=f"{object_name}.state")
        self._state.setWordWrap(True)
        self._state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._state.setProperty("tone", "muted")
        self._other = self._button(f"{object_name}.other_table", "Attributes…")
        self._open = self._button(f"{object_name}.open_table", "Open attribute table…")

        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty_page())
        self._pages.addWidget(self._full_page())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self._pages, 1)
        column.addWidget(self._progress)
        self._names.direction_chosen.connect(self._on_chosen)
        self.show_view(self._view)

    def show_view(self, view: MeaningView) -> None:
        """Show this from now on; the selected direction stays."""
        self._view = view
        full = bool(view.columns and view.labels)
        self._state.setText(view.state)
        self._pages.setCurrentIndex(1 if full else 0)
        self._progress.setText(view.progress)
        self._progress.setVisible(bool(view.progress))
        self._open.setEnabled(not view.progress)
        self._other.setEnabled(not view.progress)
        if full:
            self._unit.setText(view.unit)
            for part in (self._unit, self._heading):
                part.setToolTip("\n".join(filter(None, (view.unit, view.rule))))
            self._other.setVisible(bool(view.measures))
            self._names.show_view(view)
            self._arrange()
            self._show_direction()

    def set_direction(self, direction: int) -> None:
        """Select a direction (0-based) without `direction_chosen`; shown when somebody looks."""
        if direction != self._direction:
            self._direction = direction
            if self._in_view:
                self._show_direction()

    def set_in_view(self, on: bool) -> None:
        """Whether somebody can see it. A panel behind another's tab is visible to Qt all the same."""
        self._in_view = on
        if on:
            self._show_direction()

    @property
    def direction(self) -> int:
        """The selected direction, 0-based."""
        return self._direction

    def minimumSizeHint(self) -> QSize:
        # Not what it needs as it is arranged now: side by side, its parts are as wide as it lets them be.
        return QSize(NARROWEST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _empty_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(2 * GRID)
        column.addStretch(1)
        column.addWidget(self._state)
        column.addWidget(self._open, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        return page

    def _full_page(self) -> QWidget:
        page = QWidget()
        self._split = QBoxLayout(QBoxLayout.Direction.TopToBottom, page)
        self._split.setContentsMargins(0, 0, 0, 0)
        self._split.setSpacing(GRID)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self._heading)
        head.addWidget(self._unit, 1)
        head.addWidget(self._other)
        column.addLayout(head)
        column.addWidget(self._bars, 1)
        self._split.addWidget(self._names)
        self._split.addWidget(right, 1)
        return page

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, objectName=name)
        button.setToolTip(OPEN_TIP)
        button.setAccessibleName("Open attribute table")
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.clicked.connect(self.open_table_asked)
        return button

    def _arrange(self) -> None:
        wide = self.width() >= WIDE
        full = self._names.full_height()
        if wide:
            self._split.setDirection(QBoxLayout.Direction.LeftToRight)
            share = 0.5 if len(self._view.columns) > 2 else 0.42
            self._names.setFixedWidth(round(self.width() * share))
            self._names.setFixedHeight(min(full, self.height()))
            self._split.setAlignment(self._names, Qt.AlignmentFlag.AlignTop)
        else:
            self._split.setDirection(QBoxLayout.Direction.TopToBottom)
            self._split.setAlignment(self._names, Qt.AlignmentFlag(0))
            self._names.setMinimumWidth(0)
            self._names.setMaximumWidth(16_777_215)
            self._names.setFixedHeight(min(full, round(self.height() * 0.45)))

    def _show_direction(self) -> None:
        self._names.select(self._direction)
        self._show_bars()

    def _show_bars(self) -> None:
        self._heading.setText(_heading(self._direction + 1))
        self._bars.show_direction(self._view, self._direction)

    def _on_chosen(self, direction: int) -> None:
        self._direction = direction
        self._show_bars()
        self.direction_chosen.emit(direction)


def _heading(number: int) -> str:
    return f"Direction {number}"
