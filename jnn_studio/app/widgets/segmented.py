"""A row of buttons of which exactly one is down."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

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
        self._buttons: dict[str, QPushButton] = {}
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
        button = QPushButton()
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click the keyboard belongs to what it chose
        button.setObjectName(f"{self.objectName()}.{key}")
        button.setText(literal(label))
        button.setToolTip(tip)
        button.setAccessibleName(f"{self.accessibleName()}: {label}")
        button.setCheckable(True)
        button.setAutoExclusive(True)  # with its group: so that a reader tells it as one of several
        button.setAutoDefault(False)
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

    def _on_toggled(self, button: QPushButton, down: bool) -> None:
        if down:
            self.currentChanged.emit(self.current)
