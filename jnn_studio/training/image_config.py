"""What runs that train on images have in common, as a person writes it in ``config.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from jnn_studio.base.settings import Frozen
from jnn_studio.data.config import NOT_CHOSEN, DataConfig, FacesConfig, FolderConfig
from jnn_studio.data.faces import MIN_SIZE
from jnn_studio.models.config import LatentModelConfig
from jnn_studio.training.config import LoggingConfig, RunConfig, ScheduleConfig


class ImageScheduleConfig(ScheduleConfig):
    """How long, in what portions, and on what."""

    held_out: int = Field(256, ge=1, description="Images kept out of training, to measure on.")


class ImageLoggingConfig(LoggingConfig):
    """How often to look, in steps."""

    spectrum_every: int = Field(50, ge=1, description="Steps between spectra.")
    preview_every: int = Field(50, ge=1, description="Steps between previews and held-out PSNR.")

    def due(self, step: int) -> bool:
        """Whether a spectrum or a preview is due at ``step``."""
        return step % self.spectrum_every == 0 or step % self.preview_every == 0


class ImagesConfig(Frozen):
    """What is made of the images before a model sees them, and which are kept from it."""

    mirror: bool = Field(
        False, description="Whether images of a batch are mirrored, each with a chance of ½."
    )
    shift: int = Field(
        0,
        ge=0,
        le=64,
        description="By how many pixels at most each image of a batch is moved, up or down and sideways; "
        "what enters repeats the edge.",
    )
    mix: float = Field(
        0.0,
        ge=0,
        le=1,
        description="How much of another image is mixed into each image of a batch, at most: how much, and "
        "which, is drawn anew for each. It keeps a model of few people from learning them by heart. 0: none.",
    )
    grey: Literal["auto", "as-set"] = Field(
        "as-set",
        description="auto: a folder whose images have no colour at all is trained as one channel, whatever "
        "the channels are set to.",
    )
    apart: Literal["images", "folders"] = Field(
        "images",
        description="What is held out: single images; or whole folders, where at least four have images. A "
        "folder is often a person, and an image of a person who was trained on flatters.",
    )


AS_THEY_ARE = ImagesConfig()


class ImageRunConfig(RunConfig):
    """A run of models of images: where the images come from, and the model's sizes."""

    data: DataConfig = FacesConfig()
    images: ImagesConfig = AS_THEY_ARE
    model: LatentModelConfig
    schedule: ImageScheduleConfig = ImageScheduleConfig()
    logging: ImageLoggingConfig = ImageLoggingConfig()

    large_before: ClassVar[tuple[str, ...]] = ("model.size",)

    @property
    def asks_for_images(self) -> bool:
        """Whether the folder is still to be chosen."""
        return isinstance(self.data, FolderConfig) and self.data.path == NOT_CHOSEN

    @model_validator(mode="after")
    def _faces_fit(self) -> Self:
        if isinstance(self.data, FacesConfig):
            if self.model.channels != 3:
                raise ValueError(
                    f"the procedural faces are in colour: model.channels must be 3, not {self.model.channels}"
                )
            if self.model.size < MIN_SIZE:
                raise ValueError(
                    f"model.size ({self.model.size}) is too small for the procedural faces, which need "
                    f"{MIN_SIZE} pixels"
                )
            if self.schedule.held_out + self.schedule.batch_size > self.data.count:
                raise ValueError(
                    f"schedule.held_out ({self.schedule.held_out}) leaves fewer than one batch "
                    f"({self.schedule.batch_size}) of data.count ({self.data.count}) images"
                )
        return self

    def _change_data(self, changed: dict[str, Any], data: Path) -> None:
        changed["data"] = {"kind": "folder", "path": str(data)}
