"""From the description of a collection of images to the collection."""

from __future__ import annotations

from pathlib import Path

from jnn_studio.base.watch import Watch
from jnn_studio.data.config import (
    NOT_CHOSEN,
    CropsConfig,
    DeadLeavesConfig,
    FacesConfig,
    FolderConfig,
    GivenConfig,
)
from jnn_studio.data.dead_leaves import DeadLeavesSource
from jnn_studio.data.errors import DataError
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import open_folder
from jnn_studio.data.given import open_given
from jnn_studio.data.middle_of_faces import MiddleOfFaces
from jnn_studio.data.source import ImageSource, Size, height_and_width


def open_source(
    config: FacesConfig | FolderConfig | DeadLeavesConfig | CropsConfig | GivenConfig,
    size: Size,
    channels: int = 3,
    watch: Watch | None = None,
    cache_dir: Path | None = None,
) -> ImageSource:
    """The images ``config`` describes, as large as ``size`` says, with ``channels`` colours.

    Of what has other proportions there is the middle.

    Raises:
        DataError: a folder cannot be opened or holds no image.
        Cancelled: ``watch`` said so.
    """
    height, width = height_and_width(size)
    if isinstance(config, FacesConfig):
        faces = FaceSource(config.count, max(height, width), config.seed)
        return faces if height == width else MiddleOfFaces(faces, height, width)
    if isinstance(config, DeadLeavesConfig):
        if height != width:
            raise DataError(f"Dead leaves are square, not {height} × {width}. Open a folder.")
        return DeadLeavesSource(config.count, height, channels, config.seed)
    if isinstance(config, GivenConfig):
        return open_given(config, size, channels)
    if config.path == NOT_CHOSEN:
        raise DataError("No images were chosen. Give the folder or .zip to train on as data.path.")
    return open_folder(
        config.path,
        size,
        channels,
        watch,
        cache_dir=cache_dir,
        crops=config.per_photo if isinstance(config, CropsConfig) else 0,
    )
