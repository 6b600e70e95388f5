"""The settings of the next denoising run."""

from __future__ import annotations

import json
from collections.abc import Collection

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.preset_form import PresetForm
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.fields import Field, PathField, dropped_path
from jnn_studio.app.widgets.setting import Setting
from jnn_studio.app.workspaces.denoise.train.settings import (
    KIND,
    PAGE,
    PATH,
    SECTIONS,
    check,
    relevant,
    typed,
)
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.methods import LEARNT, METHODS

FIRST = "denoise-quick"


class TrainForm(PresetForm[DenoiseConfig]):
    """Fields, presets, and which methods to train."""

    def __init__(self, context: AppContext) -> None:
        self.methods = {key: QCheckBox(METHODS[key].label) for key in LEARNT}
        super().__init__(
            context,
            PAGE,
            ("denoise", DenoiseConfig),
            FIRST,
            SECTIONS,
            lambda values: check(values, self.chosen, self._base),
            lambda values: relevant(self.chosen, values),
        )
        self.setAcceptDrops(True)
        self.column.insertWidget(1, self._choice())
        self.start_from(FIRST)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The methods to train."""
        return tuple(key for key, box in self.methods.items() if box.isChecked())

    def start_from(self, name: str) -> None:
        self._choose(self._begin[name].methods)
        super().start_from(name)

    def typed(self, config: DenoiseConfig) -> dict[str, str]:
        return typed(config)

    def make_field(self, setting: Setting) -> Field:
        if setting.name != PATH:
            return super().make_field(setting)
        field = PathField(setting, archives=True, title="Choose the photographs to train on")
        field.editor.setPlaceholderText("Drop here")
        return field

    def state(self) -> str:
        return json.dumps({"values": self.values, "methods": self.chosen})

    def restore(self, state: str) -> None:
        try:
            data = json.loads(state)
            values = {str(k): v for k, v in dict(data["values"]).items() if isinstance(v, str)}
            methods = {str(key) for key in data["methods"]}
        except (ValueError, KeyError, TypeError):
            return
        self._choose(methods)
        self.fill(values)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A folder or zip dropped anywhere on the form: photographs to train on."""
        path = dropped_path(event.mimeData())
        if path is not None:
            self.fill({KIND: "crops", PATH: str(path)})
            event.acceptProposedAction()

    def _choose(self, methods: Collection[str]) -> None:
        for key, box in self.methods.items():
            box.blockSignals(True)
            box.setChecked(key in methods)
            box.blockSignals(False)

    def _choice(self) -> QWidget:
        group = QWidget()
        group.setObjectName(f"{PAGE}.methods")
        column = QVBoxLayout(group)
        column.setContentsMargins(GRID // 2, 0, 0, 0)
        column.setSpacing(GRID // 2)
        heading = QLabel("Methods")
        heading.setFont(ui_font(bold=True))
        column.addWidget(heading)
        for key, box in self.methods.items():
            box.setObjectName(f"{PAGE}.method.{key}")
            box.setToolTip(f"Train one network that learns from {METHODS[key].learns_from}")
            box.toggled.connect(self.check)
            column.addWidget(box)
        return group
