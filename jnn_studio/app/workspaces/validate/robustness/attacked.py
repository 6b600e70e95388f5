"""Held-out pictures on their way to another class: all models at one ε, or each where it is first wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID, scaled, ui_font
from jnn_studio.app.widgets.number_box import NumberBox
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.validate.robustness.attacked_strip import AttackedStrip, Perturbed
from jnn_studio.app.workspaces.validate.robustness.looks import Looked, class_name
from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.labs.robustness.paths import POINTS, SHOWN, flips, path_epsilons
from jnn_studio.training.events import Arrays

AT_ONE, AT_FLIP = "one", "flip"
_MODES = {
    AT_ONE: ("One ε", "All models at the ε of the slider"),
    AT_FLIP: ("Where it flips", "Each model at the smallest ε of the way at which it is wrong"),
}


class AttackedPictures(QWidget):
    """A picture and a model's perturbation of it for each model on show, above a slider for ε.

    Everything the slider can come to has been worked out by the run: moving it only looks it up.

    Signals:
        epsilonMoved: (ε) the slider stands at another one.
    """

    epsilonMoved = Signal(float)

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self._config: RobustnessConfig | None = None
        self._arrays: Arrays | None = None
        self._looked: tuple[Looked, ...] = ()
        self._classes: Sequence[str] = ()
        self._epsilons = [0.0] * POINTS
        self.strip = AttackedStrip(f"{object_name}.strip")
        self.which = SegmentedControl(
            {str(place): (f"{place + 1}", f"Show held-out image {place + 1}") for place in range(SHOWN)},
            f"{object_name}.which",
            "Image",
        )
        self.mode = SegmentedControl(_MODES, f"{object_name}.mode", "Which ε")
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName=f"{object_name}.slider")
        self.slider.setRange(0, POINTS - 1)
        self.slider.setPageStep(5)
        self.slider.setAccessibleName("ε of all models")
        self.slider.setToolTip(
            "ε in L∞, images in [0, 1]: how far every pixel may be moved. Home: not at all"
        )
        self.typed = NumberBox(f"{object_name}.epsilon")
        self.typed.setDecimals(4)
        self.typed.setKeyboardTracking(False)
        self.typed.setAccessibleName("ε, typed")
        self.typed.setToolTip("ε in L∞; goes to the nearest that was worked out")
        self.typed.setFixedWidth(scaled(10 * GRID))
        self.typed.setFont(ui_font(digits=True))
        self.which.currentChanged.connect(self._show)
        self.mode.currentChanged.connect(self._choose_mode)
        self.slider.valueChanged.connect(self._slid)
        self.typed.valueChanged.connect(self._type)
        self._lay_out()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        image, epsilon = QLabel("Image"), QLabel("&ε")
        epsilon.setBuddy(self.slider)
        for part in (image, self.which, self.mode, epsilon):
            row.addWidget(part)
        row.addWidget(self.slider, 1)
        row.addWidget(self.typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.strip, 1)
        column.addLayout(row)

    # --- what there is ----------------------------------------------------------------------------------

    def show_config(self, config: RobustnessConfig) -> None:
        """The run whose pictures follow."""
        self._config = config
        self._epsilons = path_epsilons(config).tolist()
        with QSignalBlocker(self.typed):
            self.typed.setRange(0, self._epsilons[-1])
            self.typed.setSingleStep(self._epsilons[-1] / 100)
        self._slid(self.slider.value())

    def show_classes(self, names: Sequence[str]) -> None:
        """What the classes are called."""
        self._classes = names
        self._show()

    def show_arrays(self, arrays: Arrays) -> None:
        """The newest ways of the pictures."""
        self._arrays = arrays
        self._show()

    def look_at(self, looked: tuple[Looked, ...]) -> None:
        """Show these models."""
        self._looked = looked
        self._show()

    def forget(self) -> None:
        """Show nothing."""
        self._arrays, self._classes = None, ()
        self._show()

    # --- moving -----------------------------------------------------------------------------------------

    @property
    def epsilon(self) -> float:
        """Where the slider stands."""
        return self._epsilons[self.slider.value()]

    def _slid(self, place: int) -> None:
        with QSignalBlocker(self.typed):
            self.typed.setValue(self._epsilons[place])
        self.epsilonMoved.emit(self._epsilons[place])
        self._show()

    def _type(self, value: float) -> None:
        place = min(range(POINTS), key=lambda at: abs(self._epsilons[at] - value))
        self.slider.setValue(place)
        self._slid(place)

    def _choose_mode(self) -> None:
        together = self.mode.current == AT_ONE
        self.slider.setEnabled(together)
        self.typed.setEnabled(together)
        self._show()

    def _show(self) -> None:
        arrays, config = self._arrays, self._config
        if arrays is None or config is None:
            self.strip.show_pictures((), "")
            return
        labels = arrays.values[""]["labels"].astype(int)
        for place in range(SHOWN):
            self.which.set_enabled(str(place), place < len(labels))
        image = min(int(self.which.current), len(labels) - 1)
        label = int(labels[image])
        found = [
            self._perturbed(config, one, arrays.values[one.key], image, label)
            for one in self._looked
            if one.key in arrays.values
        ]
        self.strip.show_pictures(found, f"Really {class_name(config, label, self._classes)}")

    def _perturbed(
        self,
        config: RobustnessConfig,
        one: Looked,
        values: Mapping[str, np.ndarray],
        image: int,
        label: int,
    ) -> Perturbed:
        probabilities, pictures = values["probabilities"][image], values["pictures"][image]
        at = flips(probabilities, label)
        place = self.slider.value() if self.mode.current == AT_ONE else min(at, POINTS - 1)
        told = int(probabilities[place].argmax())
        flip = (
            f"flips at {self._epsilons[at]:.3g}" if at < POINTS else f"holds up to {self._epsilons[-1]:.3g}"
        )
        return Perturbed(
            name=one.label,
            role=one.role,
            picture=pictures[place],
            away=pictures[place] - pictures[0],
            told=class_name(config, told, self._classes),
            share=float(probabilities[place, told]),
            right=told == label,
            flip=flip if at else "wrong as it is",
        )
