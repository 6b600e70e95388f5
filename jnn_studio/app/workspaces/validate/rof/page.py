"""Rudin–Osher–Fatemi: three solvers of one problem, trained side by side and compared with the answer."""

from __future__ import annotations

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.page_spec import RunPageSpec
from jnn_studio.app.workspaces import page_of
from jnn_studio.app.workspaces.validate.rof.plots import RofPlots
from jnn_studio.app.workspaces.validate.rof.settings import PAGE, WORDS
from jnn_studio.app.workspaces.validate.rof.shape_canvas import ShapeCanvas
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.presets import preset_names

FIRST = "rof-2d-quick"
"""The preset that the form begins with: there is most to see, soonest."""


def _presets() -> tuple[str, ...]:
    return (FIRST, *(name for name in preset_names({"rof"}) if name != FIRST))


def _plots(context: AppContext, config: RunConfig) -> RofPlots:
    return RofPlots(context)


SPEC = RunPageSpec(
    PAGE,
    page_of("rof"),
    page_of,
    _presets,
    _plots,
    words=lambda config: WORDS,
    parts=lambda: (ShapeCanvas(f"{PAGE}.canvas"),),
    actions={"open": ("&Open run…", "Show a ROF run folder: finished, stopped, or being written elsewhere")},
    explorable=False,
)
