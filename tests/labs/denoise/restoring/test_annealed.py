"""Restoring with a denoiser that is told σ: every step against linear algebra, and what is told."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.labs.denoise.restoring.annealed import (
    EACH_POWER,
    POWER,
    SHARE_POWER,
    WEIGHT,
    falling_sigmas,
    restore_annealed,
    weight_for,
)
from jnn_studio.labs.denoise.restoring.degradations import (
    Blur,
    Degradation,
    Inpainting,
    Shrinking,
    missing_pixels,
    motion_kernel,
    passed,
)
from jnn_studio.labs.denoise.restoring.plug_and_play import Coupling, data_step
from jnn_studio.labs.denoise.restoring.priors import (
    AnySigmaPrior,
    OneSigmaPrior,
    bm3d_prior,
    prior_of,
    sigma_words,
)
from jnn_studio.labs.denoise.restoring.restoration import DegradationConfig, PriorConfig, pose, restore_both
from jnn_studio.models.conditioned_denoiser import ConditionedDenoiser, build
from jnn_studio.models.config import ConditionedDenoiserConfig
from jnn_studio.models.weights import Loaded

SIZE = (9, 12)
DEGRADATIONS: dict[str, Degradation] = {
    "missing": Inpainting(missing_pixels(SIZE, 0.6, seed=1)),
    "blur": Blur(motion_kernel(4, 30).double(), SIZE),
    "shrunk": Shrinking(3, SIZE),
}


@pytest.fixture(scope="module")
def told() -> ConditionedDenoiser:
    return build(ConditionedDenoiserConfig(widths=(4,)), seed=0).eval()


@pytest.fixture(scope="module")
def loaded(told: ConditionedDenoiser) -> Loaded:
    return Loaded(told, "told", {"method": "penalised"})


def dense(degradation: Degradation) -> Tensor:
    """A as a matrix, for one channel."""
    pixels = SIZE[0] * SIZE[1]
    unit = torch.eye(pixels, dtype=torch.float64).reshape(pixels, 1, *SIZE)
    return torch.stack([degradation.apply(image).flatten() for image in unit], 1)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pulled(coupling: Coupling) -> Tensor:
    """LᵀL as a matrix, for one channel: of differences there is a thousandth of the identity beside them."""
    pixels = SIZE[0] * SIZE[1]
    unit = torch.eye(pixels, dtype=torch.float64)
    if coupling is Coupling.VALUES:
        return unit
    images = unit.reshape(pixels, *SIZE)
    slopes = torch.cat([images.diff(dim=1).flatten(1), images.diff(dim=2).flatten(1)], 1)
    return slopes @ slopes.mT + 1e-3 * unit


@pytest.mark.parametrize("coupling", Coupling)
@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_data_step_solves_the_normal_equations(name: str, coupling: Coupling) -> None:
    degradation, weight = DEGRADATIONS[name], 0.03
    a, near, pull = dense(degradation), drawn(1, *SIZE), pulled(coupling)
    seen = degradation.apply(drawn(1, *SIZE, seed=1))
    right = a.mT @ seen.flatten() + weight * pull @ near.flatten()
    expected = torch.linalg.solve(a.mT @ a + weight * pull, right)
    closed = coupling is Coupling.VALUES and name != "blur"
    most = 2 if closed else 400
    found = data_step(degradation, seen, near, weight, coupling, near, tolerance=1e-12, most=most)
    torch.testing.assert_close(found.flatten(), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_with_a_linear_denoiser_every_image_is_what_linear_algebra_says(name: str) -> None:
    """Wiener's, for independent pixels of variance ½: x / (1 + 2 σ²)."""
    degradation, noise = DEGRADATIONS[name], 0.2
    a, start, pull = dense(degradation), drawn(1, *SIZE), pulled(Coupling.GRADIENTS)
    seen = degradation.apply(drawn(1, *SIZE, seed=1))
    ways = restore_annealed(
        degradation,
        seen,
        start,
        lambda x, sigma: x / (1 + 2 * sigma**2),
        (0.01, 5.0),
        noise=noise,
        strength=33.0,
        steps=3,
    )
    found = list(ways)
    z, sigmas = start.flatten(), (1.0, math.sqrt(0.2), 0.2)
    assert [step.sigma for step in found[1:]] == pytest.approx(sigmas)
    for step, sigma in zip(found[1:], sigmas, strict=True):
        weight = 33.0 * weight_for(noise, degradation, start) * noise**2 / sigma**2
        x = torch.linalg.solve(a.mT @ a + weight * pull, a.mT @ seen.flatten() + weight * pull @ z)
        z = x / (1 + 2 * sigma**2)
        assert step.asked is not None
        torch.testing.assert_close(step.asked.flatten(), x, rtol=0, atol=0.02)
        torch.testing.assert_close(step.image.flatten(), z, rtol=0, atol=0.02)


def test_the_weight_goes_by_the_noise_and_by_what_is_seen() -> None:
    """By the share of values that are seen, and of independent pixels' variance that each of them has."""
    known = missing_pixels(SIZE, 0.6, seed=1)
    kernel = motion_kernel(4, 30)
    like, part = torch.zeros(1, *SIZE), float(known.float().mean())
    seen_and_each = {
        "missing": (part, 1.0),
        "blur": (1.0, float(kernel.square().sum())),
        "shrunk": (1 / 9, 1 / 9),
    }
    for name, (share, each) in seen_and_each.items():
        degradation = DEGRADATIONS[name]
        a = dense(degradation)
        assert float((a.square().sum(1) > 0).sum()) / a.shape[1] == pytest.approx(share)
        assert passed(degradation) == pytest.approx(share * each)
        assert float(a.square().sum()) / a.shape[1] == pytest.approx(share * each, rel=0.2)
        expected = WEIGHT * 0.2**POWER * share**SHARE_POWER * each**EACH_POWER
        assert weight_for(0.2, degradation, like) == pytest.approx(expected)


def test_sigma_falls_in_equal_ratios_to_that_of_the_noise() -> None:
    found = falling_sigmas(0.1, (0.02, 2.0), 9)
    assert found[0] == pytest.approx(1.0)
    assert found[-1] == pytest.approx(0.1)
    assert [later / sooner for sooner, later in pairwise(found)] == pytest.approx([0.1**0.125] * 8)


@pytest.mark.parametrize(
    ("noise", "ends"), [(0.0, (1.0, 0.02)), (0.7, (1.4, 0.7)), (1.5, (2.0, 1.5)), (4.0, (2.0, 2.0))]
)
def test_no_sigma_is_told_that_the_denoiser_does_not_know(noise: float, ends: tuple[float, float]) -> None:
    found = falling_sigmas(noise, (0.02, 2.0), 5)
    assert (found[0], found[-1]) == pytest.approx(ends)
    assert falling_sigmas(noise, (0.02, 2.0), 1) == (ends[1],)


@pytest.mark.parametrize("task", ["missing", "gaussian", "shrunk"])
def test_without_noise_the_result_agrees_with_the_data(loaded: Loaded, task: str) -> None:
    clean = torch.from_numpy(draw_dead_leaves(32, 40, 3, 1)).float() * 2 - 1
    problem = pose(clean, DegradationConfig(task=task, noise=0, width=1))
    prior = prior_of(loaded)
    assert isinstance(prior, AnySigmaPrior)
    *_, last = restore_both(problem, prior, PriorConfig(steps=6))
    assert last.learnt.misfit < 1 / 255
    assert last.learnt.sigma == pytest.approx(0.02)


def test_the_network_is_told_the_sigma_of_each_step(told: ConditionedDenoiser, loaded: Loaded) -> None:
    clean = torch.from_numpy(draw_dead_leaves(16, 24, 3, 1)).float() * 2 - 1
    problem = pose(clean, DegradationConfig(noise=0.25))
    prior = prior_of(loaded)
    assert prior is not None
    assert sigma_words(prior, 0.25, 3) == "told σ from 1 to 0.25"
    first, *steps = (pair.learnt for pair in restore_both(problem, prior, PriorConfig(steps=3)))
    assert math.isnan(first.sigma)
    assert [step.sigma for step in steps] == pytest.approx([1.0, 0.5, 0.25])
    for step in steps:
        assert step.asked is not None
        with torch.no_grad():
            torch.testing.assert_close(step.image, told.at(step.sigma)(step.asked[None])[0])


def test_its_lipschitz_constant_is_that_for_the_sigma_it_is_asked_about(
    told: ConditionedDenoiser, loaded: Loaded
) -> None:
    clean = torch.from_numpy(draw_dead_leaves(16, 16, 3, 1)).float() * 2 - 1
    problem = pose(clean, DegradationConfig(noise=0.25))
    prior = prior_of(loaded)
    assert prior is not None
    first, *_, last = (pair.learnt for pair in restore_both(problem, prior, PriorConfig(steps=2)))
    assert math.isnan(prior.lipschitz(first, Watch()))
    assert last.asked is not None
    network = told.at(last.sigma)
    jacobian = torch.autograd.functional.jacobian(lambda x: network(x[None])[0], last.asked)
    expected = float(torch.linalg.matrix_norm(jacobian.reshape(768, 768), 2))
    assert prior.lipschitz(last, Watch()) == pytest.approx(expected, rel=1e-2)


def test_bm3d_is_told_a_falling_sigma_too_and_one_that_says_no_sigma_is_no_prior() -> None:
    assert sigma_words(bm3d_prior(Watch()), 0.1, 8) == "told σ from 1 to 0.1"
    assert sigma_words(OneSigmaPrior(lambda x: x, 0.5), 0.1, 8) == "which knows σ = 0.5 alone"
    network = build(ConditionedDenoiserConfig(widths=(4,)), seed=0).at(0.5)
    assert prior_of(Loaded(network, "silent", {})) is None


@pytest.mark.parametrize(
    ("setting", "words"),
    [({"strength": 0.0}, "positive"), ({"noise": -0.1}, "0 or more"), ({"steps": 0}, "at least 1")],
)
def test_impossible_settings_are_refused(setting: dict[str, float], words: str) -> None:
    image = torch.zeros(1, *SIZE)
    with pytest.raises(ValueError, match=words):
        next(
            restore_annealed(DEGRADATIONS["missing"], image, image, lambda x, _: x, (0.1, 1), **setting)  # type: ignore[arg-type]
        )
