"""The kind of run that trains denoisers by several methods."""

from __future__ import annotations

from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.denoisers.methods import DIFFERENCES
from jnn_studio.labs.denoise.learning.experiment import DenoiseExperiment, denoise_facts, denoise_members
from jnn_studio.training.device import choose_device
from jnn_studio.training.gathering.images import open_images
from jnn_studio.training.kind import RunKind


def _prepare(config: DenoiseConfig, watch: Watch) -> DenoiseExperiment:
    # Small differences drown in bfloat16's rounding.
    exact = DIFFERENCES in config.methods
    device = choose_device(config.schedule.device, "float32" if exact else config.schedule.precision)
    source, notes = open_images(config.data, config.schedule.crop, config.model.channels, watch)
    return DenoiseExperiment(config, source, device, watch, notes)


KIND = RunKind("denoise", DenoiseConfig, denoise_members, _prepare, facts=denoise_facts)
