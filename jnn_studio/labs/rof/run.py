"""The kind of run that solves the Rudin–Osher–Fatemi problem three ways."""

from __future__ import annotations

from jnn_studio.base.watch import Watch
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.experiment import MEMBERS, RofExperiment, rof_members
from jnn_studio.labs.rof.result import misfit
from jnn_studio.training.device import choose_device
from jnn_studio.training.kind import RunKind

__all__ = ["KIND", "MEMBERS"]


def _prepare(config: RofConfig, watch: Watch) -> RofExperiment:
    watch.step(0, 1, "Finding the right solution")
    device = choose_device(config.schedule.device, config.schedule.precision)
    return RofExperiment(config, device, watch.quiet())


def _target(config: RofConfig) -> str:
    problem = config.problem
    return f"{problem.target.kind.replace('-', ' ')}, n = {problem.n}"


KIND = RunKind("rof", RofConfig, rof_members, _prepare, misfit=misfit, material=_target)
