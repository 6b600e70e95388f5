"""What a person writes to name a collection of images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator

from jnn_studio.base.settings import AbsolutePath, Frozen
from jnn_studio.base.text import counted, printable


class FacesConfig(Frozen):
    """Procedural faces with known factors, drawn by the program."""

    kind: Literal["faces"] = "faces"
    count: int = Field(8192, ge=16, le=1_000_000, description="How many different faces.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the faces' factors.")


NOT_CHOSEN = Path()
"""A preset that leaves the images to be chosen says this, written as ""; other paths are absolute."""


def _or_not_chosen(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return NOT_CHOSEN if value in ("", NOT_CHOSEN) and value != "." else handler(value)


def _as_written(path: Path) -> str:
    return "" if path == NOT_CHOSEN else str(path)


ChosenPath = Annotated[
    AbsolutePath, WrapValidator(_or_not_chosen), PlainSerializer(_as_written, when_used="json")
]


class _OnDisk(Frozen):
    path: ChosenPath = Field(description="Folder or .zip of images; nested folders are searched.")


class FolderConfig(_OnDisk):
    """A folder or zip of image files."""

    kind: Literal["folder"] = "folder"


class DeadLeavesConfig(Frozen):
    """Occluding discs of all sizes, drawn by the program: they have the statistics of photographs."""

    kind: Literal["dead-leaves"] = "dead-leaves"
    count: int = Field(8192, ge=16, le=1_000_000, description="How many different images.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the images.")


class CropsConfig(_OnDisk):
    """A folder or zip of photographs, of which random squares are cut out."""

    kind: Literal["crops"] = "crops"
    per_photo: int = Field(48, ge=1, le=4096, description="Random squares cut out of each photograph.")


class GivenConfig(Frozen):
    """Images that a program has handed over, to be looked at for as long as it lives."""

    kind: Literal["given"] = "given"
    name: str = Field(max_length=80, description="By what they are found.")


DataConfig = Annotated[FacesConfig | FolderConfig, Field(discriminator="kind")]

ShownConfig = Annotated[FacesConfig | FolderConfig | GivenConfig, Field(discriminator="kind")]
"""What can be looked at: also what nothing can be trained on from a file."""

CropConfig = Annotated[DeadLeavesConfig | CropsConfig, Field(discriminator="kind")]
"""Images whose scale matters: nothing in them is a whole object, and none is resized to fit."""


def in_words(data: FacesConfig | FolderConfig | DeadLeavesConfig | CropsConfig) -> str:
    """What images these are, in a few words: ``"8,192 faces"``, ``"squares of holiday"``."""
    match data:
        case FacesConfig():
            return counted(data.count, "face")
        case DeadLeavesConfig():
            return f"{data.count:,} dead leaves"
        case CropsConfig():
            return f"squares of {printable(data.path.name)}"
        case FolderConfig():
            return printable(data.path.name)
