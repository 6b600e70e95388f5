"""Denoising as one experiment: what every method is trained on, and that training denoises."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from jnn_studio.base.watch import Watch
from jnn_studio.data.dead_leaves import DeadLeavesSource
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.denoisers.methods import (
    DIFFERENCES,
    LEARNT,
    NEIGHBOURS,
    NOISE2NOISE,
    PENALISED,
    RECORRUPTED,
    SUPERVISED,
    SURE,
    UNPENALISED,
    UNSURE,
    open_denoisers,
    trained_sigma,
)
from jnn_studio.labs.denoise.learning.experiment import PROBES, DenoiseExperiment, divergence
from jnn_studio.labs.denoise.learning.levels import draw_levels, weights_of
from jnn_studio.labs.denoise.learning.relatives import half, neighbours
from jnn_studio.models.denoiser import Denoiser
from jnn_studio.penalty import NuclearNormPenalty
from jnn_studio.training.config import ConfigError, validate_as
from jnn_studio.training.configuration.presets import load_preset
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import Event, Metrics, Preview, Spectrum, StateChanged
from jnn_studio.training.experiment import Member
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

TINY: dict[str, Any] = {
    "kind": "denoise",
    "name": "tiny",
    "data": {"kind": "dead-leaves", "count": 40},
    "model": {"widths": [2, 3, 4, 4]},
    "noise": {"sigma": 0.5},
    "methods": list(LEARNT),
    "schedule": {"steps": 6, "batch_size": 4, "held_out": 8, "crop": 16, "device": "cpu"},
    "logging": {"metrics_every": 2, "spectrum_every": 3, "preview_every": 3, "checkpoint_every": 2},
}


def tiny(**sections: Any) -> DenoiseConfig:
    settings = dict(TINY)
    for key, value in sections.items():
        settings[key] = settings.get(key, {}) | value if isinstance(value, dict) else value
    return validate_as(DenoiseConfig, settings, "tiny")


def experiment(config: DenoiseConfig) -> DenoiseExperiment:
    source = DeadLeavesSource(config.data.count, config.schedule.crop)
    return DenoiseExperiment(config, source, choose_device("cpu"), Watch())


@pytest.fixture(scope="module")
def made() -> DenoiseExperiment:
    return experiment(tiny())


def member(made: DenoiseExperiment, key: str) -> Member:
    return next(member for member in made.members if member.key == key)


def test_all_methods_start_from_the_same_weights(made: DenoiseExperiment) -> None:
    assert [m.key for m in made.members] == list(LEARNT)
    first, *others = (list(m.model.parameters()) for m in made.members)
    for other in others:
        assert all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_every_method_sees_the_same_noisy_images_and_has_its_own_target(made: DenoiseExperiment) -> None:
    batch = made.batch(3)
    noisy, other, _ = made._noise(batch, 3)
    assert 0.4 < float((noisy - batch).std()) < 0.6
    assert abs(float(((noisy - batch) * (other - batch)).mean())) < 0.02
    for key, target in ((SUPERVISED, batch), (NOISE2NOISE, other), (PENALISED, noisy), (UNPENALISED, noisy)):
        f = member(made, key).model
        expected = 0.5 * (f(noisy) - target).square().sum() / len(batch)
        assert float(made.losses(member(made, key), batch, 3)[1].detach()) == pytest.approx(
            float(expected.detach()), rel=1e-5
        )


def test_the_penalty_is_the_engines_at_the_noisy_images_with_eta_sigma_squared(
    made: DenoiseExperiment,
) -> None:
    batch = made.batch(0)
    noisy, _, _ = made._noise(batch, 0)
    for key, engine in (
        (PENALISED, NuclearNormPenalty()),
        (DIFFERENCES, NuclearNormPenalty("finite_difference", made.config.noise.difference)),
    ):
        total, data, penalty = made.losses(member(made, key), batch, 0).detach()
        f = member(made, key).model
        assert isinstance(f, Denoiser)
        probes = torch.Generator().manual_seed(made.config.schedule.seed_at(0, PROBES))
        expected = engine(f, noisy, probes).detach()
        assert float(penalty) == pytest.approx(float(expected), rel=1e-4)
        assert float(total - data) == pytest.approx(0.25 * float(penalty), rel=1e-4)
    for key in (SUPERVISED, NOISE2NOISE, UNPENALISED):
        total, data, penalty = made.losses(member(made, key), batch, 0).detach()
        assert (float(penalty), float(total)) == (0, float(data))
        assert made.watch(member(made, key), batch, 0)["penalty"] > 0


def test_sure_is_an_unbiased_estimate_of_the_risk_and_the_penalty_bounds_it(made: DenoiseExperiment) -> None:
    """Against a dense Jacobian; and every method's trace is logged beside its penalty."""
    batch = made.batch(0)
    noisy, _, _ = made._noise(batch, 0)
    sure = member(made, SURE)
    f = sure.model
    assert isinstance(f, Denoiser)
    total, data, trace = made.losses(sure, batch, 0)
    assert float((total - data).detach()) == pytest.approx(0.25 * float(trace.detach()), rel=1e-4)
    one = noisy[:1]
    exact = torch.func.jacrev(f)(one).detach().reshape(one.numel(), one.numel())
    draws = [divergence(f.trace(one), torch.Generator().manual_seed(seed)).item() for seed in range(60)]
    spread = torch.tensor(draws).std().item() / len(draws) ** 0.5
    assert abs(sum(draws) / len(draws) - float(exact.trace())) < 5 * spread
    assert float(exact.trace()) <= float(torch.linalg.svdvals(exact).sum())
    total.backward()
    assert all(weight.grad is not None for weight in f.parameters())
    f.zero_grad()
    for each in made.members:
        assert "trace" in made.watch(each, batch, 0)
        assert made.watch(each, batch, 0).get("penalty", 1.0) > 0


def test_relatives_compare_two_images_made_of_one_noisy_one(made: DenoiseExperiment) -> None:
    """By their papers' formulae, in float64 and pixel by pixel."""
    batch = made.batch(0)
    noisy, _, _ = made._noise(batch, 0)
    seed = made.config.schedule.seed_at(0, PROBES)
    drawn = torch.randn(noisy.shape, generator=torch.Generator().manual_seed(seed))
    first, second = noisy + 0.5 * 0.5 * drawn, noisy - 0.5 / 0.5 * drawn
    sigma = 0.5
    assert float(first.double().sub(batch).square().mean()) == pytest.approx(sigma**2 * 1.25, rel=0.1)
    assert abs(float((first.double() - batch).mul(second.double() - batch).mean())) < 0.03
    pair = member(made, RECORRUPTED)
    total, data, penalty = made.losses(pair, batch, 0).detach()
    expected = 0.5 * (pair.model(first).detach().double() - second.double()).square().sum() / len(batch)
    assert float(total) == float(data) == pytest.approx(float(expected), rel=1e-5)
    assert float(penalty) == 0

    one = member(made, NEIGHBOURS)
    losses = made.losses(one, batch, 0)
    total, data, _ = losses.detach()
    images, height, width = len(noisy), *noisy.shape[-2:]
    which = neighbours((images, height, width), noisy.device, torch.Generator().manual_seed(seed))
    halves = [torch.empty(images, 3, height // 2, width // 2) for _ in which]
    whole = one.model(noisy).detach()
    known = [torch.empty_like(part) for part in halves]
    for image in range(images):
        for row in range(height // 2):
            for column in range(width // 2):
                places = []
                for part, place in enumerate(which):
                    down, across = divmod(int(place[image, row, column]), 2)
                    at = (image, slice(None), 2 * row + down, 2 * column + across)
                    halves[part][image, :, row, column] = noisy[at]
                    known[part][image, :, row, column] = whole[at]
                    places.append((down, across))
                (a, b), (c, d) = places
                assert abs(a - c) + abs(b - d) == 1
    missed = one.model(halves[0]).detach().double() - halves[1].double()
    expected = 0.5 * missed.square().mean() * noisy[0].numel()
    assert float(data) == pytest.approx(float(expected), rel=1e-5)
    regular = (missed - (known[0] - known[1]).double()).square().mean() * noisy[0].numel() / 2
    assert float(total) == pytest.approx(float(expected + 2.0 * regular), rel=1e-5)
    losses[0].backward()
    assert all(weight.grad is not None for weight in one.model.parameters())
    for weight in one.model.parameters():
        weight.grad = None
    with pytest.raises(ConfigError, match="multiple of 16"):
        tiny(schedule={"crop": 24})


def test_probes_have_nothing_to_do_with_the_noise(made: DenoiseExperiment) -> None:
    batch = made.batch(0)
    noisy, other, _ = made._noise(batch, 0)
    probes = torch.randn(batch.shape, generator=made._random(batch, 0, PROBES))

    for noise in (noisy - batch, other - batch):
        together = torch.corrcoef(torch.stack([noise.flatten(), probes.flatten()]))
        assert abs(float(together[0, 1])) < 5 * batch.numel() ** -0.5


def told(**sections: Any) -> DenoiseConfig:
    """A network that is told σ."""
    methods = [key for key in LEARNT if key != UNSURE]
    model = {"kind": "conditioned-denoiser", "widths": [4, 4], "sigmas": [0.1, 1.0]}
    settings = {**TINY, "methods": methods, "model": model} | sections
    return validate_as(DenoiseConfig, settings, "told")


def test_a_network_that_is_told_sigma_learns_from_images_with_noise_of_every_sigma() -> None:
    found = experiment(told(schedule=TINY["schedule"] | {"batch_size": 16}))
    clean = found.batch(3)
    noisy, other, sigma = found._noise(clean, 3)
    assert sigma.shape == (16,)
    assert 0.1 <= float(sigma.min()) < 0.3 < float(sigma.max()) <= 1
    spread = (noisy - clean).flatten(1).std(1)
    torch.testing.assert_close(spread, sigma, rtol=0.2, atol=0)
    torch.testing.assert_close((other - clean).flatten(1).std(1), sigma, rtol=0.2, atol=0)

    # In units of an image's own noise, times noise.sigma², and weighed so that a decibel is worth the same.
    weight = 1 + sigma / 0.07
    weight = weight / (1 + (1.0 - 0.1) / math.log(10) / 0.07)
    for key in (SUPERVISED, PENALISED, SURE):
        f = member(found, key)
        output = f.model.at(sigma)(noisy)
        target = clean if key == SUPERVISED else noisy
        total, data, penalty = found.losses(f, clean, 3)
        missed = (output - target).square().sum((1, 2, 3)) / sigma**2
        torch.testing.assert_close(data, (0.5 * 0.25 * weight * missed).mean())
        torch.testing.assert_close(total, data + f.eta * penalty)
    f = member(found, PENALISED)
    probes = torch.Generator().manual_seed(found.config.schedule.seed_at(3, PROBES))
    values = NuclearNormPenalty().values(f.model.at(sigma), noisy, probes)
    torch.testing.assert_close(found.losses(f, clean, 3)[2], (weight * values).mean())

    # What is logged of others weighs the same, so that a trace can be read against a penalty.
    traces = divergence(f.model.at(sigma).trace(noisy), found._random(clean, 3, PROBES)).detach()
    assert found.watch(f, clean, 3)["trace"] == pytest.approx(float((weight * traces).mean()), rel=1e-4)
    watched = found.watch(member(found, SUPERVISED), clean, 3)["penalty"]
    assert watched == pytest.approx(float((weight * values).mean().detach()), rel=1e-4), (
        "the same weights at first"
    )


def test_a_network_that_is_told_sigma_is_told_that_of_what_it_is_given() -> None:
    """A recorrupted image has more noise than the one it was made of; half of an image has as much."""
    found = experiment(told())
    clean = found.batch(3)
    noisy, _, sigma = found._noise(clean, 3)
    unit = 0.5 * (0.5 / sigma) ** 2 * weights_of(sigma, (0.1, 1.0))
    seed = found.config.schedule.seed_at(3, PROBES)
    f = member(found, RECORRUPTED)
    drawn = sigma.reshape(-1, 1, 1, 1) * torch.randn(
        noisy.shape, generator=torch.Generator().manual_seed(seed)
    )
    given, target = noisy + 0.5 * drawn, noisy - drawn / 0.5
    more = sigma * 1.25**0.5
    torch.testing.assert_close((given - clean).flatten(1).std(1), more, rtol=0.2, atol=0)
    missed = (f.model.at(more)(given) - target).square().sum((1, 2, 3))
    total, data, penalty = found.losses(f, clean, 3)
    torch.testing.assert_close(data, (unit * missed).mean())
    assert torch.equal(total, data)
    assert not penalty.any()

    f = member(found, NEIGHBOURS)
    first, second = neighbours((4, 16, 16), noisy.device, torch.Generator().manual_seed(seed))
    apart = f.model.at(sigma)(half(noisy, first)) - half(noisy, second)
    whole = f.model.at(sigma)(noisy)
    known = half(whole, first) - half(whole, second)
    total, data, _ = found.losses(f, clean, 3)
    torch.testing.assert_close(data, (unit * 4 * apart.square().sum((1, 2, 3))).mean())
    torch.testing.assert_close(total - data, (unit * 8 * (apart - known).square().sum((1, 2, 3))).mean())


def test_weights_of_noise_levels_are_one_in_the_mean() -> None:
    drawn = draw_levels((0.02, 2.0), 200_000, torch.Generator().manual_seed(0))
    assert float(weights_of(drawn, (0.02, 2.0)).mean()) == pytest.approx(1, rel=0.02)
    assert float(drawn.log().median().exp()) == pytest.approx(0.2, rel=0.05)  # as many below as above


def test_a_run_of_such_a_network_is_opened_as_what_it_is(tmp_path: Path) -> None:
    methods = [SUPERVISED, PENALISED]
    run = start_run(told(methods=methods), tmp_path / "told", Commands())
    events = list(run)
    assert any(isinstance(event, Spectrum) for event in events)
    found = open_denoisers(tmp_path / "told")
    assert list(found) == methods
    for loaded in found.values():
        assert loaded.info["sigmas"] == "0.1 to 1.0"
        assert loaded.model.at(0.4)(torch.zeros(1, 3, 16, 16)).shape == (1, 3, 16, 16)


def test_eta_rises_over_the_warmup(made: DenoiseExperiment) -> None:
    rising = experiment(tiny(noise={"sigma": 0.5, "warmup_steps": 4}))
    batch = rising.batch(0)

    for step, share in ((0, 0.25), (1, 0.5), (3, 1.0), (5, 1.0)):
        total, data, penalty = rising.losses(member(rising, PENALISED), batch, step).detach()
        assert float(total - data) == pytest.approx(share * 0.25 * float(penalty), rel=1e-3)


def test_a_batch_is_a_function_of_its_step(made: DenoiseExperiment) -> None:
    again = experiment(tiny())
    assert torch.equal(made.batch(5), again.batch(5))
    assert not torch.equal(made.batch(4), made.batch(5))
    assert -1 <= float(made.batch(5).min()) <= float(made.batch(5).max()) <= 1


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"methods": []}, "at least 1 item"),
        ({"methods": ["supervised", "supervised"]}, "at most once"),
        ({"methods": ["magic"]}, "'supervised'"),
        ({"schedule": {"crop": 20}}, "multiple of 8"),
        ({"schedule": {"held_out": 39}}, "fewer than one batch"),
        ({"schedule": {"precision": "bfloat16"}}, "penalised-differences"),
        ({"noise": {"eta": -1.0}}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_setting_is_named(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        tiny(**sections)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"noise": {"sigma": 2.0}}, r"noise.sigma \(2\) must lie within model.sigmas \(0.1 to 1\)"),
        ({"noise": {"sigma": 0.5, "eta": 0.1}}, "every image has an η of its own"),
        ({"methods": [UNSURE]}, "cannot have unsure where the network is told σ"),
    ],
)
def test_what_does_not_go_with_a_network_that_is_told_sigma_is_named(
    sections: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        told(**sections)


def test_eta_and_images_can_be_changed_from_the_command_line(tmp_path: Path) -> None:
    changed = tiny().with_changes(eta="0.1", data=tmp_path)
    assert changed.noise.weight == 0.1
    assert changed.data.kind == "crops"
    with pytest.raises(ConfigError, match="--eta: expected a number, got 'much'"):
        tiny().with_changes(eta="much")


def test_a_run_is_the_same_interrupted_or_not(tmp_path: Path) -> None:
    whole = list(start_run(tiny(), tmp_path / "whole", Commands()))
    commands = Commands()
    seen: list[Event] = []
    for event in start_run(tiny(), tmp_path / "parts", commands):
        seen.append(event)
        if isinstance(event, Metrics) and event.step == 2 and "total" in event.terms:
            commands.send(Command.STOP)
    assert isinstance(seen[-1], StateChanged)
    assert seen[-1].state == "stopped"
    rest = list(resume_run(tmp_path / "parts", Commands()))
    assert _losses(whole)[-5:] == _losses(rest)[-5:]
    for kind in (Preview, Spectrum):
        assert any(isinstance(event, kind) for event in whole)
    spectra = [(tmp_path / part / "spectra.npy").read_bytes() for part in ("whole", "parts")]
    assert spectra[0] == spectra[1], "the search for singular values begins at random, and at the same random"
    for part in ("whole", "parts"):
        assert list(open_denoisers(tmp_path / part)) == list(LEARNT)
    first, second = (open_denoisers(tmp_path / part / "models")[PENALISED] for part in ("whole", "parts"))
    assert trained_sigma(first) == 0.5
    assert all(
        torch.equal(a, b) for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True)
    )


def _losses(events: list[Event]) -> list[tuple[str, float]]:
    return [(e.member, e.terms["total"]) for e in events if isinstance(e, Metrics) and "total" in e.terms]


def test_training_denoises_and_the_penalty_lowers_the_rank(tmp_path: Path) -> None:
    config = tiny(
        model={"widths": [6, 8, 8, 8]},
        data={"count": 200},
        noise={"sigma": 0.7},
        methods=["supervised", "penalised", "unpenalised"],
        optimiser={"learning_rate": 3e-3},
        schedule={"steps": 80, "batch_size": 8, "held_out": 16},
        logging={"metrics_every": 40, "spectrum_every": 80, "preview_every": 80, "checkpoint_every": 80},
    )
    quality: dict[str, float] = {}
    penalty: dict[str, float] = {}
    for event in start_run(config, tmp_path / "run", Commands()):
        if isinstance(event, Metrics):
            quality |= {event.member: event.terms["held_out_psnr"]} if "held_out_psnr" in event.terms else {}
            penalty |= {event.member: event.terms["penalty"]} if "penalty" in event.terms else {}
    noisy = 10 * torch.tensor(4 / 0.7**2).log10()
    assert quality[SUPERVISED] > float(noisy) + 4
    assert quality[PENALISED] > float(noisy) + 3
    assert penalty[PENALISED] < 0.7 * penalty[UNPENALISED]


def test_the_published_settings() -> None:
    paper = load_preset("denoise-paper")
    assert isinstance(paper, DenoiseConfig)
    assert paper.model.widths == (64, 128, 256, 512)
    epoch = 288_049 / paper.schedule.batch_size
    rate: Callable[[float], float] = lambda epochs: paper.optimiser.rate(int(epochs * epoch), 27_006)  # noqa: E731
    assert [rate(0), rate(1.99), rate(2.01), rate(2.99)] == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5])
    assert paper.noise.weight == 1
    second = load_preset("denoise-paper-sigma-2")
    assert isinstance(second, DenoiseConfig)
    assert (second.noise.sigma, second.noise.weight) == (2, 4)
