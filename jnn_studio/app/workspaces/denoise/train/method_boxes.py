"""Which methods to train."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout

from jnn_studio.app.steering.form_part import FormPart
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.workspaces.denoise.train.settings import METHODS as NAME
from jnn_studio.app.workspaces.denoise.train.settings import PAGE
from jnn_studio.labs.denoise.denoisers.methods import LEARNT, METHODS


class MethodBoxes(FormPart):
    """A box for each method, above all settings."""

    name = NAME
    key = "methods"

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName(f"{PAGE}.methods")
        self.boxes = {key: QCheckBox(METHODS[key].label) for key in LEARNT}
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID // 2, 0, 0, 0)
        column.setSpacing(GRID // 2)
        heading = QLabel("Methods")
        heading.setFont(ui_font(bold=True))
        column.addWidget(heading)
        for key, box in self.boxes.items():
            box.setObjectName(f"{PAGE}.method.{key}")
            box.setToolTip(f"Train one network that learns from {METHODS[key].learns_from}")
            box.toggled.connect(self.changed)
            column.addWidget(box)

    @property
    def value(self) -> list[str]:
        return [key for key, box in self.boxes.items() if box.isChecked()]

    def set_value(self, value: list[str]) -> None:
        for key, box in self.boxes.items():
            box.setChecked(key in value)

    @property
    def problem(self) -> tuple[str, str]:
        return self.name, "" if self.value else "Choose at least one method."
