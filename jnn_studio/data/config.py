"""What a person writes to name a collection of images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class FacesConfig(BaseModel):
    """Procedural faces with known factors, drawn by the program."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["faces"] = "faces"
    count: int = Field(8192, ge=16, le=1_000_000, description="How many different faces.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the faces' factors.")


class FolderConfig(BaseModel):
    """A folder or zip of image files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["folder"] = "folder"
    path: Path = Field(description="Folder or .zip of images; nested folders are searched.")

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        """A configuration is read again later, from another working folder."""
        return path.expanduser().absolute()


DataConfig = Annotated[FacesConfig | FolderConfig, Field(discriminator="kind")]
