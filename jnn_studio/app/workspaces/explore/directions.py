"""The sliders: one for each of the first singular directions, moving all models."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.direction_slider import DirectionSlider
from jnn_studio.app.workspaces.explore.scene import DIRECTIONS, Scene

SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


class Directions(QWidget):
    """Sliders d = 1 … 8 with the singular values of each model beside them."""

    amount_changed = Signal(int, float)
    limit_changed = Signal(float)

    def __init__(self, limit: float, reset: QAction) -> None:
        super().__init__(objectName="explore.directions")
        self.limit = QDoubleSpinBox(objectName="explore.limit")
        self.limit.setRange(0.01, 0.3)
        self.limit.setSingleStep(0.01)
        self.limit.setDecimals(2)
        self.limit.setValue(limit)
        self.limit.setKeyboardTracking(False)
        self.limit.setAccessibleName("Range")
        self.limit.setToolTip(
            "How far the sliders reach: RMS change of the image at their ends, for colour values in 0 … 1.\n"
            "Both models are calibrated to it, whatever the scale of their latents."
        )
        self.limit.valueChanged.connect(self._limit_changed)
        label = QLabel("&Range, RMS change of the image")
        label.setBuddy(self.limit)
        button = QPushButton("Reset all", objectName="explore.reset_all")
        button.setToolTip(f"{reset.toolTip()} ({reset.shortcut().toString()})")
        button.clicked.connect(reset.trigger)
        head = QHBoxLayout()
        head.addWidget(label)
        head.addWidget(self.limit)
        head.addStretch(1)
        head.addWidget(button)
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(0)
        self.sliders: list[DirectionSlider] = []
        for d in range(DIRECTIONS):
            slider = DirectionSlider(f"u{SUBSCRIPTS[d + 1]}", object_name=f"explore.slider.{d + 1}")
            slider.set_range(limit)
            slider.valueChanged.connect(lambda value, d=d: self.amount_changed.emit(d, value))
            column.addWidget(slider)
            self.sliders.append(slider)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(rows)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GRID, GRID // 2, 0, GRID // 2)
        whole.setSpacing(GRID // 2)
        whole.addLayout(head)
        whole.addWidget(area, 1)

    def show_scene(self, scene: Scene) -> None:
        """The models' singular values beside each slider; sliders beyond the latent's dimension go."""
        k = scene.places[0].directions.shape[1]
        for d, slider in enumerate(self.sliders):
            slider.setVisible(d < k)
            if d < k:
                values = [
                    (f"{place.sigma[d]:#.2g}", role)
                    for place, role in zip(scene.places, scene.models.roles, strict=True)
                ]
                slider.set_note([("σ", "muted"), *values])
                names = ", ".join(
                    f"{model.name} {place.sigma[d]:.4g}"
                    for model, place in zip(scene.models.loaded, scene.places, strict=True)
                )
                slider.setToolTip(
                    f"Direction {d + 1}: left singular vector {d + 1} of each model's encoder Jacobian at "
                    f"this image. Singular values: {names}. Unit: RMS change of the image."
                )

    def show_amounts(self, amounts: tuple[float, ...]) -> None:
        """Put the sliders where the history says."""
        for slider, amount in zip(self.sliders, amounts, strict=True):
            if slider.value() != amount:
                slider.set_value(amount, emit=False)

    def show_limit(self, limit: float) -> None:
        """Put the range where the session says."""
        with QSignalBlocker(self.limit):
            self.limit.setValue(limit)
        for slider in self.sliders:
            slider.set_range(limit)

    def _limit_changed(self, limit: float) -> None:
        for slider in self.sliders:
            slider.set_range(limit)
        self.limit_changed.emit(limit)
