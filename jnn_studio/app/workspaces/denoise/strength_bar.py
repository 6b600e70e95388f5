"""How strongly photographs are denoised."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.number_box import NumberBox

TIP = "How much of what a method makes is taken: 0 is the noisy photograph as it is, 1 all of the result"
_POSITIONS = 100


class StrengthBar(QWidget):
    """A slider and a number from 0 to 1.

    Signals:
        changed: (strength) by hand.
    """

    changed = Signal(float)

    def __init__(self, page: str) -> None:
        super().__init__()
        self.setObjectName(f"{page}.strength_bar")
        label = QLabel("S&trength")
        label.setToolTip(TIP)
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName=f"{page}.strength_slider")
        self.slider.setRange(0, _POSITIONS)
        self.slider.setPageStep(_POSITIONS // 10)
        self.slider.setValue(_POSITIONS)
        self.slider.setMinimumWidth(10 * GRID)
        self.slider.setMaximumWidth(20 * GRID)
        self.slider.setAccessibleName("Strength")
        self.slider.setToolTip(TIP)
        self.box = NumberBox(f"{page}.strength")
        self.box.setRange(0, 1)
        self.box.setDecimals(2)
        self.box.setSingleStep(0.05)
        self.box.setValue(1)
        self.box.setKeyboardTracking(False)
        self.box.setFixedWidth(9 * GRID)
        self.box.setFont(ui_font(digits=True))
        self.box.setAccessibleName("Strength, typed")
        self.box.setToolTip(TIP)
        label.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for part in (label, self.slider, self.box):
            row.addWidget(part)
        self.slider.valueChanged.connect(lambda at: self._take(at / _POSITIONS))
        self.box.valueChanged.connect(self._take)

    @property
    def value(self) -> float:
        """The strength."""
        return round(self.box.value(), 2)

    def set_value(self, strength: float) -> None:
        """Show another one, telling nobody."""
        blockers = [QSignalBlocker(part) for part in (self.slider, self.box)]
        self.slider.setValue(round(strength * _POSITIONS))
        self.box.setValue(strength)
        for blocker in blockers:
            blocker.unblock()

    def _take(self, strength: float) -> None:
        self.set_value(strength)
        self.changed.emit(strength)
