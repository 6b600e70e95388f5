"""The settings of a denoising run, as a person writes them in ``config.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from jnn_studio.base.settings import Frozen, NonNegative, Positive
from jnn_studio.data.config import CropConfig, DeadLeavesConfig
from jnn_studio.labs.denoise.methods import DIFFERENCES, LEARNT, NEIGHBOURS
from jnn_studio.models.config import DenoiserConfig
from jnn_studio.models.denoiser import STRIDE
from jnn_studio.training.config import HALVES, OptimiserConfig, RunConfig, eta_as_number
from jnn_studio.training.image_config import ImageLoggingConfig, ImageScheduleConfig

MethodKey = Literal[
    "supervised",
    "noise2noise",
    "penalised",
    "penalised-differences",
    "unpenalised",
    "sure",
    "recorrupted",
    "neighbor2neighbor",
]


class NoiseConfig(Frozen):
    """What is added to the images, and what the penalty weighs against it."""

    sigma: Positive = Field(1.0, description="σ of the Gaussian noise, for images in [-1, 1].")
    eta: NonNegative | Literal["sigma-squared"] = Field(
        "sigma-squared",
        description="η, weight of the penalty; sigma-squared: σ², as the paper's text and code have it.",
    )
    warmup_steps: int = Field(
        0,
        ge=0,
        description="Steps over which η rises linearly from 0. With all of a large η from the first step on, "
        "a network stays flat for long before it finds what is worth passing on.",
    )
    difference: Positive = Field(
        1e-2,
        description="σ of the paper's finite differences, in the method that uses them; the paper's: 1e-3.",
    )

    @property
    def weight(self) -> float:
        """η."""
        return self.sigma**2 if isinstance(self.eta, str) else self.eta


class DenoiseScheduleConfig(ImageScheduleConfig):
    """How long, in what portions, and on what."""

    steps: int = Field(1000, ge=1, le=9_999_999, description="Optimiser steps of each method.")
    batch_size: int = Field(16, ge=1, le=1_000_000, description="Images per step.")
    held_out: int = Field(64, ge=1, description="Images kept out of training, to measure on.")
    crop: Annotated[int, Field(ge=2 * STRIDE, le=1024, multiple_of=STRIDE)] = Field(
        64, description=f"Side of the square images, in pixels, a multiple of {STRIDE}."
    )


class DenoiseConfig(RunConfig):
    """Several methods of denoising as one experiment: same weights to begin with, same images, same noise."""

    kind: Literal["denoise"] = "denoise"
    data: CropConfig = DeadLeavesConfig()
    model: DenoiserConfig = DenoiserConfig()
    noise: NoiseConfig = NoiseConfig()
    methods: tuple[MethodKey, ...] = Field(
        ("supervised", "noise2noise", "penalised", "penalised-differences", "unpenalised"),
        min_length=1,
        description="What is trained, one network each.",
    )
    optimiser: OptimiserConfig = OptimiserConfig()
    schedule: DenoiseScheduleConfig = DenoiseScheduleConfig()
    logging: ImageLoggingConfig = ImageLoggingConfig()

    remedy: ClassVar[str] = "Lower the learning rate or η."
    large_before: ClassVar[tuple[str, ...]] = ("schedule.crop", "model.widths")
    large: ClassVar[tuple[str, ...]] = ("schedule.batch_size", "model.widths")

    @field_validator("methods")
    @classmethod
    def _each_once(cls, methods: tuple[MethodKey, ...]) -> tuple[MethodKey, ...]:
        if len(set(methods)) < len(methods):
            raise ValueError(f"every method at most once, got {', '.join(methods)}")
        return tuple(sorted(methods, key=LEARNT.index))

    @model_validator(mode="after")
    def _possible(self) -> Self:
        schedule = self.schedule
        if isinstance(self.data, DeadLeavesConfig) and (
            schedule.held_out + schedule.batch_size > self.data.count
        ):
            raise ValueError(
                f"schedule.held_out ({schedule.held_out}) leaves fewer than one batch "
                f"({schedule.batch_size}) of data.count ({self.data.count}) images"
            )
        if NEIGHBOURS in self.methods and schedule.crop % (2 * STRIDE):
            raise ValueError(
                f"schedule.crop ({schedule.crop}) must be a multiple of {2 * STRIDE} where methods has "
                f"{NEIGHBOURS}, which halves images"
            )
        if DIFFERENCES in self.methods and schedule.precision in HALVES:
            raise ValueError(
                "schedule.precision must be float32 where methods has penalised-differences: its small "
                f"differences drown in {schedule.precision}'s rounding"
            )
        return self

    def _change_data(self, changed: dict[str, Any], data: Path) -> None:
        changed["data"] = {"kind": "crops", "path": str(data)}

    def _change_eta(self, changed: dict[str, Any], eta: str) -> None:
        changed["noise"]["eta"] = eta_as_number(eta)
