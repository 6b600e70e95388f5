"""The settings of a denoising run, as a person writes them in ``config.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from jnn_studio.base.settings import Frozen, NonNegative, Positive
from jnn_studio.data.config import CropConfig, DeadLeavesConfig
from jnn_studio.labs.denoise.denoisers.methods import DIFFERENCES, LEARNT, NEIGHBOURS, UNSURE
from jnn_studio.models.config import ConditionedDenoiserConfig, DenoiserConfig
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
    "unsure",
    "recorrupted",
    "neighbor2neighbor",
]


class NoiseConfig(Frozen):
    """What is added to the images, and what the penalty weighs against it."""

    sigma: Positive = Field(
        1.0,
        description="σ of the Gaussian noise, for images in [-1, 1]. Where the network is told σ: of the "
        "images it is looked at with while it trains; those that it learns from have all of model.sigmas.",
    )
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
    model: DenoiserConfig | ConditionedDenoiserConfig = Field(DenoiserConfig(), discriminator="kind")
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

    @model_validator(mode="before")
    @classmethod
    def _says_its_model(cls, data: Any) -> Any:
        """The first runs were all of one kind of model, and do not say it."""
        if isinstance(data, dict) and isinstance(data.get("model"), dict) and "kind" not in data["model"]:
            return {**data, "model": {"kind": DenoiserConfig.model_fields["kind"].default, **data["model"]}}
        return data

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
        if isinstance(self.model, ConditionedDenoiserConfig):
            self._can_be_told(self.model)
        if DIFFERENCES in self.methods and schedule.precision in HALVES:
            raise ValueError(
                "schedule.precision must be float32 where methods has penalised-differences: its small "
                f"differences drown in {schedule.precision}'s rounding"
            )
        return self

    def _can_be_told(self, model: ConditionedDenoiserConfig) -> None:
        """Raise where a network that is told σ cannot be trained so."""
        least, largest = model.sigmas
        if not least <= self.noise.sigma <= largest:
            raise ValueError(
                f"noise.sigma ({self.noise.sigma:g}) must lie within model.sigmas ({least:g} to {largest:g})"
            )
        if not isinstance(self.noise.eta, str):
            raise ValueError(
                "noise.eta must be sigma-squared where the network is told σ: every image has an η of its own"
            )
        if UNSURE in self.methods:
            raise ValueError(f"methods cannot have {UNSURE} where the network is told σ: it is to find one")

    def _change_data(self, changed: dict[str, Any], data: Path) -> None:
        changed["data"] = {"kind": "crops", "path": str(data)}

    def _change_eta(self, changed: dict[str, Any], eta: str) -> None:
        changed["noise"]["eta"] = eta_as_number(eta)
