"""A row of buttons of which exactly one is down."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QToolButton, QWidget

from jnn_studio.app.plain_text import literal


class SegmentedControl(QFrame):
    """A choice among few. `options`: label and tooltip by key. The arrow keys move the choice."""

    currentChanged = Signal(str)

    def __init__(
        self,
        options: Mapping[str, tuple[str, str]],
        object_name: str,
        name: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setProperty("segmented", True)
        self._buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(2)
        for key, (label, tip) in options.items():
            self.add(key, label, tip)
        next(iter(self._buttons.values())).setChecked(True)
        self._group.buttonToggled.connect(self._on_toggled)

    def add(self, key: str, label: str, tip: str) -> None:
        """Offer one more choice, after those there are."""
        button = QToolButton()
        button.setObjectName(f"{self.objectName()}.{key}")
        button.setText(literal(label))
        button.setToolTip(tip)
        button.setAccessibleName(f"{self.accessibleName()}: {label}")
        button.setCheckable(True)
        self._group.addButton(button)
        self._row.addWidget(button)
        self._buttons[key] = button

    @property
    def current(self) -> str:
        return next(key for key, button in self._buttons.items() if button.isChecked())

    @current.setter
    def current(self, key: str) -> None:
        self._buttons[key].setChecked(True)

    def set_enabled(self, key: str, enabled: bool) -> None:
        """Whether a choice can be made."""
        self._buttons[key].setEnabled(enabled)

    def _on_toggled(self, button: QToolButton, down: bool) -> None:
        if down:
            self.currentChanged.emit(self.current)
