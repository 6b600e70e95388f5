"""Inverse problems on a photograph: pixels missing or a blur, and noise; with a learnt prior and without.

What a learnt denoiser adds is only to be seen beside what does without. So both go side by side: one asks the
denoiser at every step, the other has colour total variation, which has been the thing to beat since 1992.
How the denoiser is asked is its own affair: see `labs.denoise.restoring.priors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from jnn_studio.base.settings import Frozen
from jnn_studio.base.watch import Watch
from jnn_studio.data.pixels import psnr
from jnn_studio.labs.denoise.noisy.noise import add_noise
from jnn_studio.labs.denoise.restoring.degradations import (
    Blur,
    Degradation,
    Inpainting,
    Shrinking,
    box,
    disc_kernel,
    enlarged,
    fill_in,
    gaussian_kernel,
    missing_pixels,
    motion_kernel,
    scratches,
)
from jnn_studio.labs.denoise.restoring.kernel_file import KernelError, read_kernel
from jnn_studio.labs.denoise.restoring.plug_and_play import Iterate
from jnn_studio.labs.denoise.restoring.priors import Data, DenoiserPrior
from jnn_studio.labs.denoise.restoring.total_variation import restore_tv

DegradationTask = Literal["missing", "scratches", "box", "gaussian", "motion", "disc", "kernel", "shrunk"]


class DegradationConfig(Frozen):
    """What happens to the photograph."""

    task: DegradationTask = Field("missing", description="What is to be undone.")
    share: float = Field(
        0.5, gt=0, le=0.95, allow_inf_nan=False, description="How much of the picture is gone, 0.5 for half."
    )
    width: float = Field(
        2.0,
        ge=0.3,
        le=8,
        allow_inf_nan=False,
        description="Standard deviation of the Gaussian blur, or radius of the disc, in pixels.",
    )
    factor: Literal[2, 3, 4] = Field(
        2, description="How many pixels a side become one, their mean, where the picture is shrunk."
    )
    kernel: str = Field(
        "",
        max_length=4096,
        description="File of a blur's kernel: a picture, black where it is 0, or a .npy of numbers.",
    )
    length: float = Field(
        15.0, ge=1, le=60, allow_inf_nan=False, description="How far the camera moved, in pixels."
    )
    angle: float = Field(
        20.0,
        ge=-180,
        le=180,
        allow_inf_nan=False,
        description="In which direction it moved: degrees above the horizontal.",
    )
    noise: float = Field(
        0.5,
        ge=0,
        le=4,
        allow_inf_nan=False,
        description="σ of the noise on what is seen, for images in [-1, 1]; 0: as exact as 8 bits are.",
    )
    seed: int = Field(0, ge=0, le=999_999, description="Which pixels are lost, and which noise is drawn.")


class PriorConfig(Frozen):
    """How it is undone."""

    strength: float = Field(
        1.0,
        gt=0,
        le=1000,
        allow_inf_nan=False,
        description="How much the denoiser's answer counts against what is seen; 1 fits photographs.",
    )
    steps: int = Field(12, ge=1, le=500, description="How often the denoiser is asked.")
    lipschitz: Literal["no", "yes"] = Field(
        "no",
        description="Whether the largest singular value of the denoiser's Jacobian is found at every step, "
        "at the middle 64 × 64 pixels.",
    )


class RestorationConfig(Frozen):
    """A problem and how it is undone."""

    problem: DegradationConfig = Field(default_factory=DegradationConfig)
    prior: PriorConfig = Field(default_factory=PriorConfig)


@dataclass(frozen=True, eq=False)
class DegradedPhoto:
    """A photograph (3 or 1, h, w) in [-1, 1] and what is seen of it.

    Attributes:
        clean: the photograph, to measure against.
        seen: A x + noise; 0 where a pixel is missing; smaller where the picture was shrunk.
        start: a first guess.
        degradation: A.
        config: what it was made from.
    """

    clean: Tensor
    seen: Tensor
    start: Tensor
    degradation: Degradation
    config: DegradationConfig

    @property
    def shown(self) -> Tensor:
        """What is seen, in the photograph's size: shrunk pixels are repeated."""
        if self.config.task != "shrunk":
            return self.seen
        wide = enlarged(self.seen, self.config.factor)
        height, width = self.clean.shape[-2:]
        missing = (0, width - wide.shape[-1], 0, height - wide.shape[-2])
        return torch.nn.functional.pad(wide[None], missing, mode="replicate")[0]


@dataclass(frozen=True)
class Pair:
    """One step of both: with the learnt prior, and with colour total variation."""

    learnt: Iterate
    control: Iterate

    @property
    def without_images(self) -> Pair:
        """Its numbers alone."""
        nothing = self.learnt.image.new_empty(0)
        return Pair(*(replace(one, image=nothing, asked=None) for one in (self.learnt, self.control)))

    @property
    def psnr(self) -> tuple[float, float]:
        """Of both, plain PSNR in dB: of a `DegradedPhoto` the photograph is known."""
        learnt, control = self.learnt.psnr, self.control.psnr
        assert learnt is not None
        assert control is not None
        return learnt, control


def pose(clean: Tensor, config: DegradationConfig) -> DegradedPhoto:
    """What is seen of ``clean`` (channels, height, width) in [-1, 1]; always the same for the same settings.

    Raises:
        ValueError: the blur is too wide for the image, or the image too small to be shrunk.
        KernelError: there is no kernel in the file.
    """
    size = (clean.shape[-2], clean.shape[-1])
    lost, drawn, _ = _seeds(config.seed)
    if config.task == "shrunk":
        if min(size) < 2 * config.factor:
            raise ValueError(f"A picture of {size[1]} × {size[0]} is too small to be shrunk.")
        smaller = Shrinking(config.factor, size)
        seen = add_noise(smaller.apply(clean), config.noise, drawn)
        start = torch.nn.functional.interpolate(seen[None], size, mode="bicubic", align_corners=False)[0]
        return DegradedPhoto(clean, seen, start, smaller, config)
    if config.task in ("missing", "scratches", "box"):
        if config.task == "box":
            known = box(size, config.share)
        else:
            lose = missing_pixels if config.task == "missing" else scratches
            known = lose(size, config.share, lost)
        holes = Inpainting(known)
        seen = holes.apply(add_noise(clean, config.noise, drawn))
        return DegradedPhoto(clean, seen, fill_in(seen, known), holes, config)
    kernel = _kernel(config)
    if len(kernel) > min(size):
        raise ValueError(
            f"A blur over {len(kernel)} pixels is too wide for a picture of {size[1]} × {size[0]}."
        )
    blur = Blur(kernel, size)
    seen = add_noise(blur.apply(clean), config.noise, drawn)
    return DegradedPhoto(clean, seen, seen, blur, config)


def seen_psnr(problem: DegradedPhoto) -> float:
    """How near what is seen is to the photograph, by the plain PSNR in dB."""
    return psnr(((problem.shown + 1) / 2)[None], ((problem.clean + 1) / 2)[None])


def _kernel(config: DegradationConfig) -> Tensor:
    match config.task:
        case "gaussian":
            return gaussian_kernel(config.width)
        case "disc":
            return disc_kernel(config.width)
        case "kernel" if not config.kernel:
            raise KernelError("Choose the file of a kernel: a picture of it, or a .npy of numbers.")
        case "kernel":
            return read_kernel(Path(config.kernel))
    return motion_kernel(config.length, config.angle)


def restore_both(
    problem: DegradedPhoto, prior: DenoiserPrior, config: PriorConfig, watch: Watch | None = None
) -> Iterator[Pair]:
    """The first guess, and every step from it, with ``prior``, and without.

    The control has a solution of its own, whatever ``config`` says, and is there with the last step.

    Raises:
        Cancelled: ``watch``, which hears of steps and is asked many times in every one, said so.
    """
    watch = watch or Watch()
    alone = control_of(problem, watch)
    control = next(alone)
    for learnt in restore_learnt(problem, prior, config, watch):
        if learnt.step:
            control = next(alone, control)
        if learnt.step == config.steps:
            *_, control = (control, *alone)
        watch.step(learnt.step, config.steps)
        yield Pair(learnt, control)


def restore_learnt(
    problem: DegradedPhoto, prior: DenoiserPrior, config: PriorConfig, watch: Watch
) -> Iterator[Iterate]:
    """The first guess, and every step from it, with ``prior``.

    Raises:
        Cancelled: ``watch``, which is asked many times in every step, said so.
    """
    data = Data(
        _Interruptible(problem.degradation, watch),
        problem.seen,
        problem.start,
        problem.config.noise,
        _seeds(problem.config.seed)[2],
        problem.clean,
    )
    return prior.restore(data, config.strength, config.steps)


def control_of(problem: DegradedPhoto, watch: Watch) -> Iterator[Iterate]:
    """The way of colour total variation; as `restore_learnt` otherwise."""
    degradation = _Interruptible(problem.degradation, watch)
    return restore_tv(degradation, problem.seen, problem.start, problem.config.noise, clean=problem.clean)


def _seeds(seed: int) -> tuple[int, int, int]:
    """Of lost pixels, of noise, and of what is added at every step: from one seed they would be alike."""
    return 3 * seed, 3 * seed + 1, 3 * seed + 2


@dataclass(frozen=True)
class _Interruptible:
    """A degradation whose use ends once somebody has asked for it: one step may take seconds."""

    inner: Degradation
    watch: Watch

    def apply(self, image: Tensor) -> Tensor:
        self.watch.check()
        return self.inner.apply(image)

    def adjoint(self, image: Tensor) -> Tensor:
        return self.inner.adjoint(image)

    def diagonal(self) -> Tensor:
        return self.inner.diagonal()
