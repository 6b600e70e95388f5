"""What the page Folder asks for. Free of Qt."""

from __future__ import annotations

from functools import partial
from typing import Literal, Self

from pydantic import Field, model_validator

from jnn_studio.app.widgets.typed import defaults as defaults_of
from jnn_studio.app.workspaces.denoise.folder_settings import Peak, Place, checker
from jnn_studio.base.setting_words import Setting as AnySetting
from jnn_studio.base.setting_words import SettingGroup
from jnn_studio.base.settings import AbsolutePath, Frozen, NonNegative

PAGE = "denoise.folder"


class FolderJob(Frozen):
    """What is done with a folder."""

    source: Place = Field(description="Folder or zip of photographs, with all folders inside it.")
    out: AbsolutePath = Field(description="Folder for the results; what is there already is left as it is.")
    sigma: Literal["estimated"] | NonNegative = Field(
        "estimated",
        description="σ of the noise, for images in [-1, 1]; estimated: of each photograph by itself, from "
        "its finest detail. Beside photons it is that of reading them out.",
    )
    peak: Peak = Field(
        None,
        description="How many photons white counts, where the noise is that of counting; empty: it is not.",
    )
    strength: float = Field(
        1.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="How much of what the method makes is taken: 0 is the photograph as it is, 1 all of it.",
    )

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.out.exists() and self.source.samefile(self.out):
            raise ValueError("out is where the photographs are: choose another folder for the results")
        return self


Setting = partial(AnySetting, model=FolderJob)
SECTIONS = (
    SettingGroup(
        "places",
        "Photographs",
        (
            Setting("source", "&Folder or zip", holds="the photographs to denoise"),
            Setting("out", "&Results in", holds="a folder for the results"),
        ),
    ),
    SettingGroup(
        "how",
        "How",
        (
            Setting("sigma", "Noise σ", suggestions=("estimated", "0.1", "0.5", "1")),
            Setting("peak", "Photons at white"),
            Setting("strength", "Strength", suggestions=("0.5", "0.7", "1")),
        ),
    ),
)
check = checker(
    FolderJob,
    {"source": "Choose the photographs: a folder or a zip.", "out": "Choose a folder for the results."},
)


def defaults() -> dict[str, str]:
    """What stands in the fields at first."""
    return defaults_of(FolderJob)
