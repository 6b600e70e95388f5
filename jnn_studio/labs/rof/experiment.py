"""The three solvers as one controlled experiment."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.measures import Measures
from jnn_studio.labs.rof.network import build
from jnn_studio.labs.rof.objective import drawn_composite, exact_composite, gradient_norm
from jnn_studio.labs.rof.sampling import PointSampler
from jnn_studio.labs.rof.stopwatch import Stopwatch
from jnn_studio.models.weights import write_tensors
from jnn_studio.penalty import Composition
from jnn_studio.training.device import Device
from jnn_studio.training.events import Arrays, Event, MemberInfo, Metrics
from jnn_studio.training.experiment import Member
from jnn_studio.training.gathering.share import process_share, random_at
from jnn_studio.training.optimiser import adamw_member

EXACT, COMPOSITE, DRAWS = "exact", "composite", "draws"
MEMBERS = (EXACT, COMPOSITE, DRAWS)
PROBES = 1
"""Stream of the random numbers that the penalty draws, independent of the points."""


def rof_members(config: RofConfig) -> tuple[MemberInfo, ...]:
    """The solvers, in the order they are shown."""
    draws = config.penalty.draws
    labels = {
        EXACT: "Exact (8)",
        COMPOSITE: "Composite (9), exact",
        DRAWS: f"Composite (9), {draws} draw{'s' if draws > 1 else ''}",
    }
    return tuple(MemberInfo(key, labels[key], config.problem.eta) for key in MEMBERS)


class RofExperiment:
    """½(f(x) − τ(x))² + η · penalty, mean over the box by random points; only the penalty differs.

    An `Experiment`. All start from the same weights and see the same points.
    """

    terms = ("total", "data", "penalty")
    notes: tuple[str, ...] = ()

    def __init__(self, config: RofConfig, device: Device, watch: Watch | None = None) -> None:
        self.config, self.device = config, device
        self._measures = Measures(config, device.name, watch)
        self._composite, self._draws = exact_composite(), drawn_composite(config.penalty)
        self._stopwatch = Stopwatch(device.name)
        self._sampler = PointSampler(config.problem, config.sampling, config.schedule.batch_size)
        # The newest batch with τ at its points, and what these count: the same for all solvers.
        self._labelled = (torch.empty(0), torch.empty(0), torch.empty(0))
        self.members = tuple(self._member(info) for info in rof_members(config))

    def batch(self, step: int) -> Tensor:
        """Random points of the box, (batch_size, n); of several processes each has its share."""
        self._stopwatch.stop()
        schedule = self.config.schedule
        points = self._sampler.points(torch.Generator().manual_seed(schedule.seed_at(step)))
        batch = points[process_share().rows(len(points))].to(self.device.name)
        self._labelled = (batch, *self._label(batch))
        return batch

    def _label(self, points: Tensor) -> tuple[Tensor, Tensor]:
        return self.config.problem.target.inside(points).float(), self._sampler.weights(points)

    def losses(self, member: Member, batch: Tensor, step: int) -> Tensor:
        """(total, data, penalty)."""
        self._stopwatch.start(member.key)
        f = member.model
        assert isinstance(f, Composition)
        trace = f.trace(batch)
        known, tau, weights = self._labelled
        if known is not batch:
            tau, weights = self._label(batch)
        misfit = 0.5 * (trace.output[:, 0] - tau).square()
        if member.key == EXACT:
            values = gradient_norm(trace)
        elif member.key == COMPOSITE:
            values = self._composite.values(f, trace)
        else:
            probes = random_at(batch.device, self.config.schedule.seed_at(step, PROBES), len(batch))
            values = self._draws.values(f, trace, probes)
        data, penalty = (weights * misfit).mean(), (weights * values).mean()
        return torch.stack([data + self._eta(step) * penalty, data, penalty])

    def watch(self, member: Member, batch: Tensor, step: int) -> dict[str, float]:
        """η now, and the median seconds per step since this was last asked."""
        self._stopwatch.stop()
        seconds = self._stopwatch.take(member.key)
        return {"eta": self._eta(step)} | ({} if seconds is None else {"seconds_per_step": seconds})

    def due(self, step: int) -> bool:
        """Whether solutions are to be compared with the right one."""
        self._stopwatch.stop()
        return step % self.config.logging.measure_every == 0

    def measure(self, step: int) -> Iterator[Event]:
        """Errors, objectives and mean values of every solver, and what to draw of them."""
        self._stopwatch.stop()
        values = {"": self._measures.truth()}
        for member in self.members:
            assert isinstance(member.model, Composition)
            yield Metrics(step, math.nan, member.key, self._measures.metrics(member.model))
            values[member.key] = self._measures.field(member.model)
        yield Arrays(step, values)

    def export(self, folder: Path, step: int) -> None:
        """Write each solver's weights as ``<key>.safetensors``."""
        for member in self.members:
            about = {"run": self.config.name, "step": str(step), "config": self.config.model_dump_json()}
            write_tensors(folder / f"{member.key}.safetensors", member.model.state_dict(), about)

    def _eta(self, step: int) -> float:
        return self.config.penalty.eta(step, self.config.problem.eta)

    def _member(self, info: MemberInfo) -> Member:
        schedule = self.config.schedule
        model = build(self.config.problem.n, self.config.network, schedule.seed).to(self.device.name)
        return adamw_member(info, model, self.config.optimiser, self.device)
