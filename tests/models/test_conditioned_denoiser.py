"""The denoiser that is told σ: for each σ a composition whose Jacobian is known layer by layer."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from jnn_studio import NuclearNormPenalty
from jnn_studio.models.conditioned_denoiser import MODEL, build
from jnn_studio.models.config import ConditionedDenoiserConfig
from jnn_studio.models.weights import load_denoiser, save_model

TINY = ConditionedDenoiserConfig(widths=(4, 6, 4))


def dense(f, x: torch.Tensor) -> torch.Tensor:
    """The full Jacobian (m, n) at one image."""
    found = torch.autograd.functional.jacobian(lambda v: f(v[None])[0].flatten(), x)
    return found.flatten(1)


@pytest.mark.parametrize("channels", [1, 3])
def test_one_sigma_for_all_or_one_for_each(channels: int) -> None:
    model = build(TINY.model_copy(update={"channels": channels}), 0)
    images = torch.randn(2, channels, 16, 24)
    both = model(images, torch.tensor([0.05, 0.8]))
    torch.testing.assert_close(both[:1], model.at(0.05)(images[:1]))
    torch.testing.assert_close(both[1:], model.at(0.8)(images[1:]))
    assert not torch.allclose(model.at(0.05)(images), model.at(0.8)(images), atol=1e-2)


def test_the_penalty_of_it_is_that_of_its_full_jacobians() -> None:
    model = build(TINY, 0).double()
    images, sigma = torch.randn(2, 3, 8, 8, dtype=torch.float64), torch.tensor([0.1, 0.7])
    f = model.at(sigma)
    penalty = NuclearNormPenalty(exact_budget=10**6)
    found = penalty.values(f, images)
    assert repr(penalty).count("exact") >= 2
    for index, one in enumerate(images):
        h, g = model.at(sigma[index])
        latent = h(one[None])[0].detach()
        exact = 0.5 * (dense(h, one).square().sum() + dense(g, latent).square().sum())
        torch.testing.assert_close(found[index].detach(), exact)
    drawn = NuclearNormPenalty(probes=2)
    drawn(f, images)
    assert repr(drawn).count("all layers known") == 2


@torch.no_grad()
def test_it_begins_near_wieners_filter_and_balanced() -> None:
    """√(v / (v + σ²)) in each half: weak noise leaves an image as it is, strong noise takes its details."""
    model = build(ConditionedDenoiserConfig(), 0)
    for half in (model.h, model.g):
        half.tail.weight.zero_()
    x = torch.rand(1, 3, 16, 16) - 0.5
    torch.testing.assert_close(model.at(1e-3)(x), x, atol=2e-3, rtol=0)
    flat = torch.full((1, 3, 16, 16), 0.5)
    torch.testing.assert_close(model.at(1.0)(flat), flat * 10 / 11, atol=1e-4, rtol=0)  # 10: of what is left
    noise = torch.randn(1, 3, 64, 64)
    assert float(model.at(1.0)(noise).std()) < 0.15
    norms = NuclearNormPenalty(exact_budget=10**6).evaluate(model.at(0.3), x).factors
    torch.testing.assert_close(norms[0], norms[1], rtol=1e-3, atol=0)


def test_weights_are_a_function_of_the_seed() -> None:
    first, same, other = build(TINY, 1), build(TINY, 1), build(TINY, 2)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), same.parameters(), strict=True))
    assert not torch.equal(first.h.head.weight, other.h.head.weight)


def test_all_its_weights_learn() -> None:
    model = build(TINY, 0)
    images = torch.randn(2, 3, 16, 16)
    f = model.at(torch.tensor([0.1, 1.0]))
    (f(images).square().sum() + NuclearNormPenalty()(f, images)).backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in model.parameters())


@torch.no_grad()
def test_nothing_farther_away_than_its_reach_matters() -> None:
    told = build(ConditionedDenoiserConfig(widths=(4, 4)), 0).at(0.5)
    side = 8 * (2 * told.reach // 8 + 2)
    x = torch.randn(1, 3, side, side)
    changed = x.clone()
    changed[..., side // 2 :, :] += 1
    same = (told(x) == told(changed)).all(-1).all(1)[0]
    assert same[: side // 2 - told.reach].all()
    assert not same[side // 2 - 8 :].any()


def test_it_is_read_from_a_file_as_it_was(tmp_path: Path) -> None:
    model = build(TINY, 3)
    save_model(tmp_path / "told.safetensors", model, "Told", {"method": "penalised"})
    loaded = load_denoiser(tmp_path / "told.safetensors").model
    images = torch.randn(1, 3, 16, 16)
    torch.testing.assert_close(loaded.at(0.2)(images), model.at(0.2)(images), rtol=0, atol=0)
    assert MODEL.words == "a denoiser that is told σ"


def test_the_range_of_sigma_ascends() -> None:
    with pytest.raises(ValueError, match="must ascend"):
        ConditionedDenoiserConfig(sigmas=(1.0, 0.5))
