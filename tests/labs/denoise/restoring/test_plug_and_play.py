"""Restoring with a denoiser that was really trained, for a few seconds, on smooth images."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.labs.denoise.restoring.degradations import (
    Blur,
    Degradation,
    Inpainting,
    fill_in,
    gaussian_kernel,
    missing_pixels,
    motion_kernel,
    scratches,
)
from jnn_studio.labs.denoise.restoring.plug_and_play import (
    ROUNDING,
    Coupling,
    Iterate,
    data_step,
    laplacian,
    restore,
)
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.denoiser import build, denoise

SIGMA, SIZE = 0.5, (48, 48)
Denoise = Callable[[Tensor], Tensor]


@pytest.fixture(scope="module")
def learnt() -> Denoise:
    """Supervised, σ = 0.5, on smooth images."""
    images = _smooth(400, 32)
    network = build(DenoiserConfig(widths=(8, 12, 16, 24)), seed=0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 300)
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        clean = images[torch.randint(len(images), (8,), generator=generator)]
        noisy = clean + SIGMA * torch.randn(clean.shape, generator=generator)
        loss = (network(noisy) - clean).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    network.eval()
    return lambda image: denoise(network, image[None])[0]


@pytest.fixture
def clean() -> Tensor:
    """A smooth image that was not trained on."""
    return _smooth(1, 48, seed=5)[0]


def _smooth(count: int, side: int, seed: int = 1) -> Tensor:
    """A few waves of low frequency in every channel, in [-1, 1]."""
    random = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij")) / 32
    waves = np.zeros((count, 3, side, side))
    for _ in range(4):
        frequency, phase = random.normal(0, 0.7, (count, 2)), random.uniform(0, 2 * np.pi, (count, 3))
        height = random.uniform(0.1, 0.4, (count, 3))
        turns = 2 * np.pi * np.einsum("ni,ijk->njk", frequency, grid)[:, None]
        waves += height[..., None, None] * np.sin(turns + phase[..., None, None])
    return torch.from_numpy(waves.clip(-1, 1)).float()


def degraded(degradation: Degradation, clean: Tensor, noise: float) -> Tensor:
    drawn = torch.randn(clean.shape, generator=torch.Generator().manual_seed(9))
    seen = degradation.apply(clean) + noise * drawn
    return degradation.apply(seen) if isinstance(degradation, Inpainting) else seen


def error(image: Tensor, clean: Tensor) -> float:
    return float((image - clean).square().mean())


def test_noisy_pixels_with_gaps_come_much_closer_than_a_plain_filling(learnt: Denoise, clean: Tensor) -> None:
    known = missing_pixels(SIZE, 0.6, seed=2)
    seen = degraded(Inpainting(known), clean, noise=0.3)
    start = fill_in(seen, known)
    *_, last = restore(Inpainting(known), seen, start, learnt, SIGMA, noise=0.3, clean=clean)
    assert error(last.image, clean) < 0.3 * error(start, clean)
    assert error(last.image, clean) < 0.1 * error(seen, clean)


def test_scratches_are_filled_and_the_rest_is_left_alone(learnt: Denoise, clean: Tensor) -> None:
    known = scratches(SIZE, 0.25, seed=3, width=7.0)
    seen = degraded(Inpainting(known), clean, noise=0.0)
    start = fill_in(seen, known)
    *_, last = restore(Inpainting(known), seen, start, learnt, SIGMA, clean=clean)
    assert error(last.image, clean) < 0.8 * error(start, clean)
    assert float((last.image - clean)[:, known].abs().max()) < 0.01


@pytest.mark.parametrize(
    ("kernel", "noise", "share"),
    [(gaussian_kernel(2.0), 0.3, 0.25), (gaussian_kernel(3.0), 0.05, 0.5), (motion_kernel(15, 20), 0.1, 0.5)],
    ids=["gaussian, noisy", "gaussian, wide", "motion"],
)
def test_deblurring_comes_much_closer(
    learnt: Denoise, clean: Tensor, kernel: Tensor, noise: float, share: float
) -> None:
    blur = Blur(kernel, SIZE)
    seen = degraded(blur, clean, noise)
    *_, last = restore(blur, seen, seen, learnt, SIGMA, noise=noise, clean=clean)
    assert error(last.image, clean) < share * error(seen, clean)


def test_the_denoiser_matters(learnt: Denoise, clean: Tensor) -> None:
    """A prior that knows nothing ends further off; on smooth images not by much, ∇ alone going far there."""
    known = scratches(SIZE, 0.4, seed=3, width=12.0)
    seen = degraded(Inpainting(known), clean, noise=0.1)
    start = fill_in(seen, known)
    ends = {}
    for name, denoiser in {"learnt": learnt, "none": torch.zeros_like}.items():
        *_, ends[name] = restore(Inpainting(known), seen, start, denoiser, SIGMA, noise=0.1, clean=clean)
    assert error(ends["learnt"].image, clean) < 0.95 * error(ends["none"].image, clean)


@pytest.fixture
def walk(learnt: Denoise, clean: Tensor) -> list[Iterate]:
    blur = Blur(gaussian_kernel(2.0), SIZE)
    seen = degraded(blur, clean, 0.1)
    return list(restore(blur, seen, seen, learnt, SIGMA, noise=0.1, steps=30, clean=clean))


def test_the_iterates_settle(walk: list[Iterate]) -> None:
    assert [found.step for found in walk] == list(range(31))
    assert np.isnan(walk[0].change)
    assert walk[-1].change < 0.2 * walk[1].change
    late = [found.psnr for found in walk[20:]]
    assert max(late) - min(late) < 0.5


def test_the_data_are_met_to_about_their_noise(walk: list[Iterate]) -> None:
    assert 0.08 < walk[-1].misfit < 0.12


def test_psnr_is_that_of_a_range_of_two(walk: list[Iterate], clean: Tensor) -> None:
    last = walk[-1]
    expected = 10 * np.log10(4 / error(last.image.clamp(-1, 1), clean))
    assert last.psnr == pytest.approx(expected, abs=1e-3)


def test_the_same_seed_gives_the_same_image(learnt: Denoise, clean: Tensor) -> None:
    blur = Blur(gaussian_kernel(1.0), SIZE)

    def last(seed: int) -> Iterate:
        *_, found = restore(blur, clean, clean, learnt, SIGMA, steps=2, noise=0.1, seed=seed)
        return found

    assert torch.equal(last(1).image, last(1).image)
    assert not torch.equal(last(1).image, last(2).image)
    assert last(1).psnr is None


def test_it_can_be_left_at_any_step(learnt: Denoise, clean: Tensor) -> None:
    asked: list[int] = []

    def counting(image: Tensor) -> Tensor:
        asked.append(1)
        return learnt(image)

    blur = Blur(gaussian_kernel(1.0), SIZE)
    found: Iterator[Iterate] = restore(blur, clean, clean, counting, SIGMA, steps=20)
    for _ in range(3):
        next(found)
    assert len(asked) == 2


def test_the_denoiser_is_asked_about_images_with_the_noise_it_knows(clean: Tensor) -> None:
    seen: list[Tensor] = []

    def watching(image: Tensor) -> Tensor:
        seen.append(image)
        return clean

    known = torch.ones(SIZE, dtype=torch.bool)
    list(restore(Inpainting(known), clean, clean, watching, SIGMA, steps=4))
    for image in seen:
        assert float((image - clean).std()) == pytest.approx(SIGMA, rel=0.03)
    assert not torch.equal(seen[0], seen[1])


@pytest.mark.parametrize("coupling", Coupling)
@pytest.mark.parametrize("weight", [1e-3, 0.1, 10.0])
@pytest.mark.parametrize("kind", ["inpainting", "blur"])
def test_the_data_step_is_where_the_gradient_vanishes(coupling: Coupling, weight: float, kind: str) -> None:
    generator = torch.Generator().manual_seed(4)
    near, seen, start = torch.randn((3, 3, 13, 18), generator=generator, dtype=torch.float64).unbind()
    known = missing_pixels((13, 18), 0.3, seed=1)
    degradation: Degradation = (
        Inpainting(known) if kind == "inpainting" else Blur(motion_kernel(5, 30).double(), (13, 18))
    )
    seen = degradation.apply(seen)

    def objective(x: Tensor) -> Tensor:
        pull = x - near
        if coupling is Coupling.VALUES:
            size = pull.square().sum()
        else:
            size = pull.diff(dim=1).square().sum() + pull.diff(dim=2).square().sum()
            size = size + 1e-3 * pull.square().sum()
        return (degradation.apply(x) - seen).square().sum() + weight * size

    x = data_step(degradation, seen, near, weight, coupling, start).requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(objective(x), x)
        (before,) = torch.autograd.grad(objective(begun := start.clone().requires_grad_()), begun)
    assert float(gradient.norm()) < 1e-2 * float(before.norm())


def test_the_laplacian_is_that_of_differences() -> None:
    x = torch.randn(2, 5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    square = x.diff(dim=1).square().sum() + x.diff(dim=2).square().sum()
    torch.testing.assert_close((x * laplacian(x)).sum(), square)
    assert float(laplacian(torch.ones(1, 4, 4)).abs().max()) == 0


def test_noise_below_rounding_counts_as_rounding(learnt: Denoise, clean: Tensor) -> None:
    blur = Blur(gaussian_kernel(1.0), SIZE)
    ends = []
    for noise in (0.0, ROUNDING):
        *_, last = restore(blur, clean, clean, learnt, SIGMA, steps=1, noise=noise)
        ends.append(last.image)
    assert torch.equal(*ends)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"strength": 0.0}, "positive"),
        ({"noise": -0.1}, "0 or more"),
        ({"steps": 0}, "at least 1"),
    ],
)
def test_impossible_settings_are_refused(setting: dict[str, float], words: str, clean: Tensor) -> None:
    blur = Blur(gaussian_kernel(1.0), SIZE)
    with pytest.raises(ValueError, match=words):
        next(restore(blur, clean, clean, lambda x: x, SIGMA, **setting))  # type: ignore[arg-type]
