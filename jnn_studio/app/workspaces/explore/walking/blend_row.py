"""The slider that interpolates towards another image; there only while one is chosen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, scaled, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.widgets.number_box import NumberBox
from jnn_studio.explore.state import Towards

STEPS = 1000


class BlendRow(QWidget):
    """From here (0) to the latent of another image (1), in every model."""

    share_changed = Signal(float)
    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.blend")
        self._label = ElidingLabel()
        self._label.setFont(ui_font(bold=True))
        self._label.setFixedWidth(scaled(128))
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="explore.blend.slider")
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setSingleStep(STEPS // 100)
        self.slider.setAccessibleName("Share of the way to the other image")
        self.slider.setToolTip("z = (1 − t) · here + t · the other image's latent, in every model")
        self.slider.valueChanged.connect(lambda value: self.share_changed.emit(value / STEPS))
        self.spin = NumberBox("explore.blend.value")
        self.spin.setRange(0, 1)
        self.spin.setDecimals(3)
        self.spin.setSingleStep(0.05)
        self.spin.setKeyboardTracking(False)
        self.spin.setProperty("quiet", True)
        self.spin.setFixedWidth(scaled(8 * GRID))
        self.spin.setFont(ui_font(digits=True))
        self.spin.setAccessibleName("Share of the way, typed")
        self.spin.setToolTip("t: 0 is here, 1 is the other image")
        self.spin.valueChanged.connect(self.share_changed)
        close = IconButton("close", "Stop blending", "explore.blend.end")
        close.clicked.connect(self.ended)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for widget, stretch in ((self._label, 0), (self.slider, 1), (self.spin, 0), (close, 0)):
            row.addWidget(widget, stretch)
        self.hide()

    def show_towards(self, towards: Towards | None, label: str) -> None:
        """Where the interpolation stands; nothing if there is none."""
        self.setVisible(towards is not None)
        if towards is None:
            return
        self._label.setText(f"→ {label}")
        with QSignalBlocker(self.slider), QSignalBlocker(self.spin):
            self.slider.setValue(round(towards.share * STEPS))
            self.spin.setValue(towards.share)
