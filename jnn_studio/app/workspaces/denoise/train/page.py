"""Training denoisers: several methods side by side on the same images and noise."""

from __future__ import annotations

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.page_spec import RunPageSpec
from jnn_studio.app.steering.run_plots import Look, RunPlots
from jnn_studio.app.workspaces import page_of
from jnn_studio.app.workspaces.denoise.method_colors import method_color
from jnn_studio.app.workspaces.denoise.train.method_boxes import MethodBoxes
from jnn_studio.app.workspaces.denoise.train.settings import PAGE, WORDS
from jnn_studio.labs.denoise.learning.experiment import NOISY
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.presets import preset_names

FIRST = "denoise-quick"
LOOK = Look(
    PAGE,
    lambda index, key: method_color(key),
    "dB PSNR (plain)",
    tall=True,
    rows={NOISY: ("Noisy", "what all methods are given")},
)


def _presets() -> tuple[str, ...]:
    return (FIRST, *(name for name in preset_names({"denoise"}) if name != FIRST))


def _plots(context: AppContext, config: RunConfig) -> RunPlots:
    return RunPlots(LOOK, WORDS)


SPEC = RunPageSpec(
    PAGE,
    page_of("denoise"),
    page_of,
    _presets,
    _plots,
    words=lambda config: WORDS,
    parts=lambda: (MethodBoxes(),),
    actions={
        "open": ("&Open run…", "Show a denoising run: finished, stopped, or being written elsewhere"),
        "explore": ("&Use on photos", "Take this run's denoisers, as of its newest checkpoint, to the photo"),
    },
    explorable=True,
)
