"""UNSURE: the weight of the trace as a multiplier that is learnt, and the σ it comes to."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from jnn_studio.base.watch import Watch
from jnn_studio.data.dead_leaves import DeadLeavesSource
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.denoisers.methods import UNSURE, open_denoisers
from jnn_studio.labs.denoise.learning.experiment import PROBES, DenoiseExperiment, divergence
from jnn_studio.labs.denoise.learning.unsure import MOMENTUM, MULTIPLIER, RATE, SLOPE, START, ascend, begun
from jnn_studio.models.denoiser import Denoiser
from jnn_studio.training.config import ConfigError, validate_as
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import Event, Metrics
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

TINY = {
    "kind": "denoise",
    "name": "tiny",
    "data": {"kind": "dead-leaves", "count": 40},
    "model": {"widths": [2, 3, 4, 4]},
    "noise": {"sigma": 0.5},
    "methods": ["sure", "unsure"],
    "schedule": {"steps": 6, "batch_size": 4, "held_out": 8, "crop": 16, "device": "cpu"},
    "logging": {"metrics_every": 2, "spectrum_every": 6, "preview_every": 6, "checkpoint_every": 2},
}
CONFIG = validate_as(DenoiseConfig, TINY, "tiny")


def test_the_loss_has_the_multiplier_where_sure_has_sigma_squared_and_it_rises_by_the_trace() -> None:
    made = DenoiseExperiment(CONFIG, DeadLeavesSource(40, 16), choose_device("cpu"), Watch())
    unsure = next(member for member in made.members if member.key == UNSURE)
    f = unsure.model
    assert isinstance(f, Denoiser)
    batch = made.batch(0)
    noisy = made._noise(batch, 0)[0]
    unsure.state[MULTIPLIER].fill_(0.3)
    total, data, trace = made.losses(unsure, batch, 0).detach()
    seed = made.config.schedule.seed_at(0, PROBES)
    tr = divergence(f.trace(noisy), torch.Generator().manual_seed(seed)).mean().detach()
    expected = 0.5 * (f(noisy).detach() - noisy).square().sum() / len(noisy)
    torch.testing.assert_close(trace, tr)
    torch.testing.assert_close(data, expected)
    torch.testing.assert_close(total, expected + 0.3 * tr)
    made.after_step(unsure, torch.tensor([0.0, 0.0, 384.0]))  # half of the 768 values of an image
    assert float(unsure.state[SLOPE]) == pytest.approx((1 - MOMENTUM) / 2)
    assert float(unsure.state[MULTIPLIER]) == pytest.approx(0.3 * 2.718281828 ** (RATE * (1 - MOMENTUM) / 2))
    assert made.watch(unsure, batch, 0)["sigma"] == pytest.approx(float(unsure.state[MULTIPLIER]) ** 0.5)


def test_for_a_linear_denoiser_the_multiplier_comes_to_the_answer_in_closed_form() -> None:
    """min ½E‖Wy − y‖² with tr W = 0: W = I − ηR⁻¹ and η = n / tr R⁻¹, where R = E yyᵀ; no σ is told."""
    sigma, signal = 0.4, torch.tensor([2.0, 1.0, 0, 0, 0, 0, 0, 0], dtype=torch.float64)
    turned = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)).double()).Q
    second = turned @ torch.diag(signal + sigma**2) @ turned.mT
    weights = torch.zeros(8, 8, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([weights], lr=0.4)
    state = {name: value.double() for name, value in begun("cpu").items()}
    assert float(state[MULTIPLIER]) == pytest.approx(START)
    for _ in range(6000):
        missed = weights - torch.eye(8, dtype=torch.float64)
        loss = 0.5 * (missed @ second @ missed.mT).trace() + state[MULTIPLIER] * weights.trace()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        ascend(state, weights.detach().trace(), 8)
    expected = 8 / torch.linalg.inv(second).trace()
    assert float(state[MULTIPLIER]) == pytest.approx(float(expected), rel=1e-3)
    assert float(weights.detach().trace()) == pytest.approx(0, abs=1e-3)
    # Six of eight directions hold noise alone: no more than 8 / 6 times σ².
    assert sigma**2 < float(state[MULTIPLIER]) < sigma**2 * 8 / 6
    torch.testing.assert_close(
        weights.detach(), torch.eye(8).double() - expected * torch.linalg.inv(second), atol=1e-3, rtol=0
    )


def test_a_run_goes_on_with_the_multiplier_it_had(tmp_path: Path) -> None:
    whole = list(start_run(CONFIG, tmp_path / "whole", Commands()))
    commands, seen = Commands(), list[Event]()
    for event in start_run(CONFIG, tmp_path / "parts", commands):
        seen.append(event)
        if isinstance(event, Metrics) and event.step == 2 and "total" in event.terms:
            commands.send(Command.STOP)
    rest = list(resume_run(tmp_path / "parts", Commands()))
    assert _found(whole)[-2:] == _found(rest)[-2:]
    assert len(set(_found(whole))) == 3, "the multiplier moves"
    first, second = (open_denoisers(tmp_path / part)[UNSURE].model for part in ("whole", "parts"))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def _found(events: list[Event]) -> list[float]:
    return [event.terms["sigma"] for event in events if isinstance(event, Metrics) and "sigma" in event.terms]


def test_a_network_that_is_told_sigma_cannot_be_trained_so() -> None:
    told = TINY | {"model": {"kind": "conditioned-denoiser"}}
    with pytest.raises(ConfigError, match="unsure"):
        validate_as(DenoiseConfig, told, "tiny")
