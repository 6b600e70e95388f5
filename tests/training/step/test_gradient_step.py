"""What a step can be told to do beside stepping; by default it does none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.models.weights import load_model
from jnn_studio.training.config import DecayingOptimiserConfig, OptimiserConfig, RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.events import Event, Metrics, Snapshot
from jnn_studio.training.folder.run_weights import read_run_weights
from jnn_studio.training.kind import find_kind
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands
from jnn_studio.training.step.gradient_step import GradientStep, UnevenPartsError

Tiny = Callable[..., RunConfig]
Finish = Callable[[Iterable[Event]], Any]


def descent(config: RunConfig) -> tuple[Any, Any, GradientStep]:
    """An experiment, its regularised member, and how that is trained."""
    experiment = find_kind(config.kind).prepare(config, Watch())
    member = experiment.members[-1]
    return experiment, member, GradientStep(experiment, member, config.optimiser)


def test_a_rate_rises_linearly_and_then_goes_as_it_did() -> None:
    plain, rising = OptimiserConfig(), OptimiserConfig(warmup_steps=4)
    shares = [rising.rate(step, 20) / plain.rate(step, 20) for step in range(6)]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
    assert DecayingOptimiserConfig(warmup_steps=2).rate(0, 9) == 0.5 * DecayingOptimiserConfig().rate(0, 9)


def test_gradients_are_shortened_together(tiny: Tiny) -> None:
    norms = []
    for clip in (0.0, 0.25):
        experiment, member, step = descent(tiny(optimiser={"clip": clip}))
        step.take(experiment.batch(0), 0, 1e-3)
        gradients = [parameter.grad for parameter in member.model.parameters()]
        norms.append(float(torch.nn.utils.get_total_norm(gradients)))
    assert norms[0] > 1
    assert norms[1] == pytest.approx(0.25, rel=1e-4)


def test_a_batch_in_parts_gives_the_step_of_the_whole() -> None:
    """Also of noise and probes, which are drawn for the whole batch."""
    settings = {
        "kind": "denoise",
        "data": {"kind": "dead-leaves", "count": 24},
        "model": {"widths": [4, 8, 8, 8]},
        "methods": ["penalised"],
        "schedule": {"batch_size": 4, "held_out": 4, "crop": 16, "device": "cpu"},
    }
    found = []
    for parts in (1, 2, 4):
        config = validate_config({**settings, "optimiser": {"accumulate": parts}}, "tiny")
        experiment, member, step = descent(config)
        terms = step.take(experiment.batch(3), 3, 1e-3)
        found.append((terms, [parameter.grad for parameter in member.model.parameters()]))
    for terms, gradients in found[1:]:
        torch.testing.assert_close(terms, found[0][0])
        torch.testing.assert_close(gradients, found[0][1], rtol=1e-3, atol=1e-4)


def test_parts_that_are_none_are_refused(tiny: Tiny, tmp_path: Path, finish: Finish) -> None:
    ended = finish(start_run(tiny(optimiser={"accumulate": 3}), tmp_path / "run", Commands()))
    assert ended.reason == (
        "a batch of 8 cannot be dealt out evenly to 3 parts; set schedule.batch_size to 6, a multiple of 3"
    )
    assert not ended.details
    assert issubclass(UnevenPartsError, Exception)


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_what_is_remembered_is_gone_on_with_to_the_last_bit(
    tiny: Tiny, tmp_path: Path, finish: Finish, outcome: Callable[[Path], Any], precision: str
) -> None:
    config = tiny(
        schedule={"precision": precision},
        penalty={"target_rank": 3, "adjust_every": 2},
        optimiser={"ema": 0.8, "clip": 1.0, "accumulate": 2, "warmup_steps": 5},
    )
    assert finish(start_run(config, tmp_path / "whole", Commands())).state == "finished"
    commands = Commands()
    for event in start_run(config, tmp_path / "parts", commands):
        if isinstance(event, Metrics) and event.step == 10:
            commands.send(Command.STOP)
    assert finish(resume_run(tmp_path / "parts", Commands())).state == "finished"
    outcome(tmp_path / "parts").assert_same(outcome(tmp_path / "whole"))


def test_averaged_weights_are_what_is_measured_shown_and_exported(tiny: Tiny, tmp_path: Path) -> None:
    decay, config = 0.8, tiny(optimiser={"ema": 0.8}, logging={"preview_every": 20})
    experiment, member, step = descent(config)
    average: list[Tensor] = []
    for index in range(20):
        step.take(experiment.batch(index), index, config.optimiser.rate(index, 20))
        now = [parameter.detach().clone() for parameter in member.model.parameters()]
        average = [decay * a + (1 - decay) * b for a, b in zip(average or now, now, strict=True)]

    commands, events = Commands(), []
    commands.send(Command.SNAPSHOT)
    for event in start_run(config, tmp_path / "run", commands):
        events.append(event)
        if isinstance(event, Metrics) and event.step == 20:
            commands.send(Command.SNAPSHOT)
    exported = load_model(tmp_path / "run" / "models" / "regularised.safetensors").model
    torch.testing.assert_close([p.detach() for p in exported.parameters()], average)
    kind = find_kind(config.kind)
    assert kind.network is not None
    weights = read_run_weights(tmp_path / "run", lambda c, m, t: kind.network(c, m.key, t))
    shown = {info.key: tensors for info, tensors in weights.members}["regularised"]
    *_, snapshot = (event for event in events if isinstance(event, Snapshot))
    for name, value in exported.state_dict().items():
        torch.testing.assert_close(shown[name], value, rtol=0, atol=0)
        torch.testing.assert_close(torch.from_numpy(snapshot.weights["regularised"][name]), value)
    assert weights.states["regularised"] == {}
    with step.averaged():
        measured = psnrs(experiment.measure(20))
    assert psnrs(events)[-1] == pytest.approx(measured[-1], rel=1e-5)


def psnrs(events: Iterable[Event]) -> list[float]:
    logged = (event.terms for event in events if isinstance(event, Metrics))
    return [terms["held_out_psnr"] for terms in logged if "held_out_psnr" in terms]
