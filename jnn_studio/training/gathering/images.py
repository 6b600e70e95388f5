"""Opening the images of a run."""

from __future__ import annotations

from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import CropConfig, CropsConfig, DataConfig
from jnn_studio.data.folder import FolderSource
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource


def open_images(
    data: DataConfig | CropConfig, size: int, channels: int, watch: Watch
) -> tuple[ImageSource, tuple[str, ...]]:
    """The images of a run, (channels, size, size), and what a person should know of them.

    Raises:
        DataError: they cannot be read.
        Cancelled: somebody asked the run to end.
    """
    source = open_source(data, size, channels, watch)
    if isinstance(source, FolderSource) and source.skipped_count:
        first = source.skipped[0]
        used = len(source) // (data.per_photo if isinstance(data, CropsConfig) else 1)
        note = (
            f"{source.skipped_count:,} of {counted(source.skipped_count + used, 'file')} gave no image; "
            f"the first is {first.name}: {first.reason}"
        )
        return source, (note,)
    return source, ()
