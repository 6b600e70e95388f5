"""A photograph spoilt and restored, with a denoiser and without."""

from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError
from skimage.data import astronaut
from torch import Tensor

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.labs.denoise.denoisers.methods import bundled_denoisers
from jnn_studio.labs.denoise.noisy.noise import to_signed
from jnn_studio.labs.denoise.restoring.degradations import fill_in
from jnn_studio.labs.denoise.restoring.priors import OneSigmaPrior, prior_of
from jnn_studio.labs.denoise.restoring.restoration import (
    DegradationConfig,
    PriorConfig,
    pose,
    restore_both,
    seen_psnr,
)
from jnn_studio.labs.denoise.restoring.total_variation import restore_tv

LEAVES = OneSigmaPrior(lambda x: x, 0.5)
TASKS = ("missing", "scratches", "gaussian", "motion")


@pytest.fixture
def clean() -> Tensor:
    """Dead leaves in [-1, 1], of two lengths that differ."""
    return torch.from_numpy(draw_dead_leaves(48, 64, 3, 1)).float() * 2 - 1


class TestWhatIsSeen:
    @pytest.mark.parametrize("task", TASKS)
    def test_is_the_degraded_image_with_noise_on_it(self, clean: Tensor, task: str) -> None:
        exact = pose(clean, DegradationConfig(task=task, noise=0, length=7))
        torch.testing.assert_close(exact.seen, exact.degradation.apply(clean))
        noisy = pose(clean, DegradationConfig(task=task, noise=0.3, length=7))
        known = noisy.degradation.apply(torch.ones_like(clean)).abs() > 0.5
        assert float((noisy.seen - exact.seen)[known].std()) == pytest.approx(0.3, rel=0.05)

    def test_lacks_the_share_that_is_asked_for(self, clean: Tensor) -> None:
        problem = pose(clean, DegradationConfig(share=0.8, noise=0.5))
        known = problem.degradation.apply(torch.ones_like(clean))[0] > 0
        assert float(known.float().mean()) == pytest.approx(0.2, abs=0.03)
        assert float(problem.seen[:, ~known].abs().max()) == 0
        assert torch.equal(problem.start, fill_in(problem.seen, known))

    def test_depends_on_the_seed_alone(self, clean: Tensor) -> None:
        first, again, other = (pose(clean, DegradationConfig(seed=seed)).seen for seed in (3, 3, 4))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)

    def test_of_too_wide_a_blur_is_refused(self, clean: Tensor) -> None:
        with pytest.raises(ValueError, match="too wide for a picture of 64 × 48"):
            pose(clean, DegradationConfig(task="motion", length=55))

    def test_is_measured_with_a_range_of_two(self, clean: Tensor) -> None:
        problem = pose(clean, DegradationConfig(noise=0.5))
        error = float((problem.seen.clamp(-1, 1) - clean).square().mean())
        assert seen_psnr(problem) == pytest.approx(10 * math.log10(4 / error), abs=1e-3)

    @pytest.mark.parametrize(
        "wrong", [{"share": 0}, {"share": 1}, {"width": 0}, {"noise": -1}, {"noise": math.nan}, {"task": "x"}]
    )
    def test_settings_out_of_bounds_are_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValidationError):
            DegradationConfig.model_validate(wrong)


class TestBoth:
    def test_go_step_by_step_from_the_same_guess(self, clean: Tensor) -> None:
        problem = pose(clean, DegradationConfig(noise=0.3))
        pairs = list(restore_both(problem, OneSigmaPrior(lambda x: 0.9 * x, 0.5), PriorConfig(steps=4)))
        assert [pair.learnt.step for pair in pairs] == [0, 1, 2, 3, 4]
        assert torch.equal(pairs[0].learnt.image, pairs[0].control.image)
        assert all(pair.control.psnr is not None for pair in pairs)

    def test_the_control_has_come_to_its_end_with_the_last_step(self, clean: Tensor) -> None:
        """Whatever the strength of the prior, and however few steps it has."""
        problem = pose(clean, DegradationConfig(noise=0.3))
        *_, alone = restore_tv(problem.degradation, problem.seen, problem.start, 0.3)
        *_, last = restore_both(problem, LEAVES, PriorConfig(strength=50, steps=2))
        assert torch.equal(last.control.image, alone.image)
        assert alone.step > 2

    def test_the_denoiser_is_not_asked_about_the_noise_on_what_is_seen(self, clean: Tensor) -> None:
        """What is added at every step is drawn anew: were it the same ε, the denoiser would see 2 ε."""
        asked: list[Tensor] = []

        def watch(image: Tensor) -> Tensor:
            asked.append(image)
            return image

        problem = pose(clean, DegradationConfig(noise=0.5, seed=7))
        list(restore_both(problem, OneSigmaPrior(watch, 0.5), PriorConfig(steps=1)))
        added = (asked[0] - problem.start).flatten()
        drawn = (problem.seen - problem.degradation.apply(clean)).flatten()
        assert abs(float(torch.corrcoef(torch.stack([added, drawn]))[0, 1])) < 0.05

    def test_a_bundled_denoiser_helps_where_half_of_a_noisy_photograph_is_missing(self) -> None:
        found = bundled_denoisers(0.5)["supervised"]
        prior = prior_of(found)
        assert isinstance(prior, OneSigmaPrior)
        assert prior.sigmas(0.1, 2) == (0.5, 0.5)
        square = to_signed(astronaut()[:256, 100:356])
        problem = pose(square, DegradationConfig())
        *_, last = restore_both(problem, prior, PriorConfig(steps=8))
        assert last.learnt.psnr is not None
        assert last.control.psnr is not None
        assert min(last.learnt.psnr, last.control.psnr) > seen_psnr(problem) + 4

    @pytest.mark.parametrize("task", TASKS)
    def test_end_within_a_step_once_somebody_has_asked(self, clean: Tensor, task: str) -> None:
        asked: list[bool] = []

        def cancelled() -> bool:
            asked.append(True)
            return len(asked) > 20

        problem = pose(clean, DegradationConfig(task=task, length=7, noise=0.1))
        with pytest.raises(Cancelled):
            list(restore_both(problem, LEAVES, PriorConfig(steps=500), Watch(unwanted=cancelled)))
        assert len(asked) == 21
