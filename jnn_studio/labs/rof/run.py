"""The kind of run that solves the Rudin–Osher–Fatemi problem three ways."""

from __future__ import annotations

from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.experiment import MEMBERS, RofExperiment, rof_members
from jnn_studio.training.device import choose_device
from jnn_studio.training.kind import Kind, Preparation

__all__ = ["KIND", "MEMBERS"]


def _prepare(config: RofConfig, preparation: Preparation) -> RofExperiment:
    preparation.report("Finding the right solution", 0, 1)
    experiment = RofExperiment(config, choose_device(config.schedule.device, config.schedule.precision))
    preparation.check()
    return experiment


KIND = Kind("rof", RofConfig, rof_members, _prepare)
