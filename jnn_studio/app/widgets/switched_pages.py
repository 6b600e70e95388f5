"""Pages behind a switch; each keeps what it shows while another is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.segmented import SegmentedControl


@dataclass(frozen=True)
class SwitchedPage:
    """A page: its name on the switch, the tooltip there, what is said beside it, and what it shows."""

    label: str
    tip: str
    about: str
    widget: QWidget


class SwitchedPages(QWidget):
    """A switch called ``name``, words about the page on show, and below them the page."""

    def __init__(self, object_name: str, name: str, pages: Mapping[str, SwitchedPage]) -> None:
        super().__init__()
        self._pages = dict(pages)
        self.switch = SegmentedControl(
            {key: (page.label, page.tip) for key, page in pages.items()}, object_name, name
        )
        self._about = QLabel()
        self._about.setProperty("tone", "muted")
        self._stack = QStackedWidget()
        for page in pages.values():
            self._stack.addWidget(page.widget)
        top = QHBoxLayout()
        top.setSpacing(2 * GRID)
        top.addWidget(self.switch)
        top.addWidget(self._about, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self._stack, 1)
        self.switch.currentChanged.connect(self._show)
        self._show(self.switch.current)

    def restore(self, key: str) -> None:
        """Bring a page to the front that was there when somebody left; any other text changes nothing."""
        if key in self._pages:
            self.switch.current = key

    def _show(self, key: str) -> None:
        page = self._pages[key]
        self._about.setText(page.about)
        self._stack.setCurrentWidget(page.widget)
