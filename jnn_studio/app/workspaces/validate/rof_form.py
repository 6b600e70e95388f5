"""The settings of the next ROF run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel

from jnn_studio.app.context import AppContext
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.fields import Combo
from jnn_studio.app.workspaces.validate.rof_settings import (
    KIND,
    PAGE,
    SECTIONS,
    check,
    relevant,
    sizes,
    typed,
)
from jnn_studio.app.workspaces.validate.setting_form import SettingForm
from jnn_studio.app.workspaces.validate.shape_canvas import ShapeCanvas
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.targets import Drawn
from jnn_studio.training.presets import load_preset, preset_names

ON_SHOW = "run on show"
FIRST = "rof-2d-quick"
"""The preset that the form begins with: there is most to see, soonest."""


class RofForm(SettingForm):
    """Fields, a preset to begin with, and a canvas where the target is drawn by hand."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._begin: dict[str, RofConfig] = {}
        for name in (FIRST, *(other for other in preset_names({"rof"}) if other != FIRST)):
            preset = load_preset(name)
            assert isinstance(preset, RofConfig)
            self._begin[name] = preset
        self._base = next(iter(self._begin.values()))
        self.canvas = ShapeCanvas(f"{PAGE}.canvas")
        super().__init__(PAGE, SECTIONS, self._check_run, relevant)
        self._preset = Combo()
        self._preset.setObjectName(f"{PAGE}.preset")
        self._preset.setAccessibleName("Preset")
        self._preset.setToolTip("Settings to begin with; choosing one fills in the whole form")
        self._preset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for name in self._begin:
            self._preset.addItem(name, name)
        self._preset.activated.connect(lambda _: self.start_from(str(self._preset.currentData())))
        label = QLabel("P&reset")
        label.setBuddy(self._preset)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self._preset, 1)
        self.column.insertLayout(0, row)
        self.column.insertWidget(2, self.canvas)
        self.canvas.drawn.connect(self.check)
        kind = self.fields[KIND]
        kind.changed.connect(lambda: self.fill(sizes(kind.value)))
        self.start_from(next(iter(self._begin)))

    def start_from(self, name: str) -> None:
        """Fill in a preset, or the settings of the run on show."""
        self._base = self._begin[name]
        self._preset.setCurrentIndex(self._preset.findData(name))
        target = self._base.problem.target
        if isinstance(target, Drawn):
            self.canvas.set_points(target.points, tell=False)
        self.fill(typed(self._base))

    def offer(self, config: RofConfig) -> None:
        """Let the settings of the run on show be chosen like a preset."""
        self._begin[ON_SHOW] = config
        if self._preset.findData(ON_SHOW) < 0:
            self._preset.addItem("", ON_SHOW)
        self._preset.setItemText(self._preset.findData(ON_SHOW), f"Run on show: {config.name}")

    def target(self, config: RofConfig) -> Path:
        """The folder for a run that starts now."""
        slug = re.sub(r"[^\w.]+", "-", config.name).strip("-.") or "run"
        return self._context.runs_folder / f"{slug}-{datetime.now():%Y%m%d-%H%M%S}"

    def target_started(self) -> None:
        """Folders are named after the time: the next one is free."""

    def check(self) -> None:
        self.canvas.setVisible(self.fields[KIND].value == "drawn")
        super().check()
        if self.config is not None:
            self.canvas.set_half_width(self.config.problem.half_width)

    def state(self) -> str:
        """All values as JSON, right or wrong, and the outline."""
        return json.dumps({"values": self.values, "points": self.canvas.points})

    def restore(self, state: str) -> None:
        """The inverse of `state`; what cannot be read changes nothing."""
        try:
            data = json.loads(state)
            values = {str(k): v for k, v in dict(data["values"]).items() if isinstance(v, str)}
            points = [(float(x), float(y)) for x, y in data["points"]]
        except (ValueError, KeyError, TypeError):
            return
        self.canvas.set_points(points, tell=False)
        self.fill(values)

    def _check_run(self, values: Mapping[str, str]) -> tuple[RofConfig | None, dict[str, str]]:
        return check(values, self.canvas.points, self._base)
