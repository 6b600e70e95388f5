"""The settings of the next run of one kind, with presets to begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel

from jnn_studio.app.context import AppContext
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.fields import Combo
from jnn_studio.app.widgets.setting import Section
from jnn_studio.app.widgets.setting_form import Check, SettingForm
from jnn_studio.training.config import RunConfig
from jnn_studio.training.presets import load_preset, preset_names

ON_SHOW = "run on show"

C = TypeVar("C", bound=RunConfig)


class PresetForm(SettingForm, Generic[C]):
    """Fields, and a list of presets of ``kind`` that begins with the preset ``first``.

    ``_base`` is the configuration the fields were filled from: it has what the form has no field for.
    """

    def __init__(
        self,
        context: AppContext,
        page: str,
        kind: tuple[str, type[C]],
        first: str,
        sections: Sequence[Section],
        check: Check,
        relevant: Callable[[Mapping[str, str]], set[str]],
    ) -> None:
        name, config = kind
        self._context = context
        self._begin: dict[str, C] = {}
        for preset in (first, *(other for other in preset_names({name}) if other != first)):
            loaded = load_preset(preset)
            assert isinstance(loaded, config)
            self._begin[preset] = loaded
        self._base: C = self._begin[first]
        super().__init__(page, sections, check, relevant)
        self._preset = Combo()
        self._preset.setObjectName(f"{page}.preset")
        self._preset.setAccessibleName("Preset")
        self._preset.setToolTip("Settings to begin with; choosing one fills in the whole form")
        self._preset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for preset in self._begin:
            self._preset.addItem(preset, preset)
        self._preset.activated.connect(lambda _: self.start_from(str(self._preset.currentData())))
        label = QLabel("P&reset")
        label.setBuddy(self._preset)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self._preset, 1)
        self.column.insertLayout(0, row)

    def start_from(self, name: str) -> None:
        """Fill in a preset, or the settings of the run on show."""
        self._base = self._begin[name]
        self._preset.setCurrentIndex(self._preset.findData(name))
        self.fill(self.typed(self._base))

    def typed(self, config: C) -> dict[str, str]:
        """A configuration as somebody would type it."""
        raise NotImplementedError

    def offer(self, config: C) -> None:
        """Let the settings of the run on show be chosen like a preset."""
        self._begin[ON_SHOW] = config
        if self._preset.findData(ON_SHOW) < 0:
            self._preset.addItem("", ON_SHOW)
        self._preset.setItemText(self._preset.findData(ON_SHOW), f"Run on show: {config.name}")

    def target(self, config: C) -> Path:
        """The folder for a run that starts now."""
        return self._context.new_run_folder(config.name)

    def target_started(self) -> None:
        """Folders are named after the time: the next one is free."""
