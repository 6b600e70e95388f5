"""The kind of run that trains classifiers with several regularisers."""

from __future__ import annotations

from jnn_studio.base.watch import Watch
from jnn_studio.labs.robustness.classes import in_words, open_classes
from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.labs.robustness.experiment import RobustnessExperiment, robustness_facts, robustness_members
from jnn_studio.labs.robustness.paths import misfit
from jnn_studio.training.device import choose_device
from jnn_studio.training.kind import RunKind


def _prepare(config: RobustnessConfig, watch: Watch) -> RobustnessExperiment:
    device = choose_device(config.schedule.device, config.schedule.precision)
    return RobustnessExperiment(config, open_classes(config, watch), device)


def _material(config: RobustnessConfig) -> str:
    return in_words(config.data)


KIND = RunKind(
    "robustness",
    RobustnessConfig,
    robustness_members,
    _prepare,
    facts=robustness_facts,
    misfit=misfit,
    material=_material,
)
