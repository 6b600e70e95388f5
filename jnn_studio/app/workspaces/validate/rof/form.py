"""The settings of the next ROF run."""

from __future__ import annotations

import json
from collections.abc import Mapping

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.preset_form import PresetForm
from jnn_studio.app.widgets.typed import typed_values
from jnn_studio.app.workspaces.validate.rof.settings import KIND, PAGE, SECTIONS, check, relevant, sizes
from jnn_studio.app.workspaces.validate.rof.shape_canvas import ShapeCanvas
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.targets import Drawn

FIRST = "rof-2d-quick"
"""The preset that the form begins with: there is most to see, soonest."""


class RofForm(PresetForm[RofConfig]):
    """Fields, a preset to begin with, and a canvas where the target is drawn by hand."""

    def __init__(self, context: AppContext) -> None:
        self.canvas = ShapeCanvas(f"{PAGE}.canvas")
        super().__init__(context, PAGE, ("rof", RofConfig), FIRST, SECTIONS, self._check_run, relevant)
        self.column.insertWidget(2, self.canvas)
        self.canvas.drawn.connect(self.check)
        kind = self.fields[KIND]
        kind.changed.connect(lambda: self.fill(sizes(kind.value)))
        self.start_from(FIRST)

    def start_from(self, name: str) -> None:
        target = self._begin[name].problem.target
        if isinstance(target, Drawn):
            self.canvas.set_points(target.points, tell=False)
        super().start_from(name)

    def typed(self, config: RofConfig) -> dict[str, str]:
        return typed_values(config)

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
