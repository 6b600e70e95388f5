"""What the page Evaluate asks for. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal

from pydantic import Field, model_validator

from jnn_studio.app.widgets.typed import defaults as defaults_of
from jnn_studio.app.workspaces.denoise.folder_settings import Peak, Place, checker
from jnn_studio.base.setting_words import Setting as AnySetting
from jnn_studio.base.setting_words import SettingGroup
from jnn_studio.base.settings import Frozen, NonNegative
from jnn_studio.labs.denoise.measuring.evaluation import EvaluationSettings

PAGE = "denoise.evaluate"


class EvaluationJob(Frozen):
    """What is measured, and on what."""

    source: Place = Field(description="Folder or zip of clean photographs, with all folders inside it.")
    sigma: NonNegative = Field(1.0, description="σ of the noise that is added.")
    peak: Peak = Field(
        None, description="How many photons white counts, for noise of counting beside σ; empty: none are."
    )
    stabilised: Literal["yes", "no"] = Field(
        "yes", description="Whether the variance of counts is made alike everywhere before methods see them."
    )
    range: Literal["-1..1", "0..1"] = Field(
        "-1..1",
        description="What black and white are. 0 to 1, as the paper's CBSD68 script has it, doubles the "
        "noise relative to the image, and leaves out its last row and column.",
    )
    crop: int | None = Field(
        None, ge=16, description="Side of the centre square that is used; empty: all of it."
    )
    limit: int | None = Field(None, ge=1, description="Only the first so many photographs; empty: all.")
    seed: int = Field(
        0, ge=0, le=999_999, description="Of the noise; every photograph has a noise of its own."
    )
    classical: Literal["no", "yes"] = Field(
        "yes", description="Whether BM3D is measured too, in opponent colours and by the authors' call: slow."
    )

    @model_validator(mode="after")
    def _possible(self) -> EvaluationJob:
        if self.peak is not None and self.range != "-1..1":
            raise ValueError("peak: photons are counted for images in [-1, 1] alone")
        return self

    @property
    def settings(self) -> EvaluationSettings:
        """The same as the lab has it."""
        stabilised = self.stabilised == "yes"
        return EvaluationSettings(self.sigma, self.range, self.crop, self.seed, self.peak, stabilised)


Setting = partial(AnySetting, model=EvaluationJob)
SECTIONS = (
    SettingGroup(
        "images",
        "Clean photographs",
        (
            Setting("source", "&Folder or zip", holds="clean photographs to measure on"),
            Setting("limit", "Only the first", "images"),
            Setting("crop", "Centre square", "px"),
        ),
    ),
    SettingGroup(
        "noise",
        "Noise",
        (
            Setting("sigma", "&σ", suggestions=("0.5", "1", "2")),
            Setting("peak", "Photons at white"),
            Setting("stabilised", "Stabilise", choices=(("yes", "Yes"), ("no", "No: as they are"))),
            Setting("range", "Black to white", choices=(("-1..1", "−1 to 1"), ("0..1", "0 to 1, as CBSD68"))),
            Setting("seed", "Seed"),
        ),
    ),
    SettingGroup(
        "methods",
        "Methods",
        (Setting("classical", "BM3D", choices=(("yes", "Yes, both calls"), ("no", "No: it is slow"))),),
    ),
)
check = checker(EvaluationJob, {"source": "Choose clean photographs: a folder or a zip."})


def relevant(typed: Mapping[str, str]) -> set[str]:
    """All but whether counts are stabilised where none are."""
    return set(typed) - (set() if typed["peak"].strip() else {"stabilised"})


def defaults() -> dict[str, str]:
    """What stands in the fields at first."""
    return defaults_of(EvaluationJob)
