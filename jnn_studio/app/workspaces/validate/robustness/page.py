"""Robustness: classifiers with several regularisers, trained side by side and attacked."""

from __future__ import annotations

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.page_spec import RunPageSpec
from jnn_studio.app.workspaces import page_of
from jnn_studio.app.workspaces.validate.robustness.plots import RobustnessPlots
from jnn_studio.app.workspaces.validate.robustness.settings import PAGE, WORDS
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.presets import preset_names

FIRST = "robustness-quick"


def _presets() -> tuple[str, ...]:
    return (FIRST, *(name for name in preset_names({"robustness"}) if name != FIRST))


def _plots(context: AppContext, config: RunConfig) -> RobustnessPlots:
    return RobustnessPlots(context)


SPEC = RunPageSpec(
    PAGE,
    page_of("robustness"),
    page_of,
    _presets,
    _plots,
    words=lambda config: WORDS,
    actions={"open": ("&Open run…", "Show a robustness run: finished, stopped, or being written elsewhere")},
    explorable=False,
)
