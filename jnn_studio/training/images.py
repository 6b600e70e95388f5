"""Opening the images of a run."""

from __future__ import annotations

from jnn_studio.data.folder import FolderSource
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource
from jnn_studio.training.image_config import ImageRunConfig
from jnn_studio.training.kind import Preparation


def open_images(config: ImageRunConfig, preparation: Preparation) -> tuple[ImageSource, tuple[str, ...]]:
    """The images of a run in its model's size, and what a person should know of them.

    Raises:
        DataError: they cannot be read.
        LoadCancelled: somebody asked the run to end.
    """
    size, channels = config.model.size, config.model.channels
    source = open_source(config.data, size, channels, preparation.report, preparation.cancelled)
    if isinstance(source, FolderSource) and source.skipped_count:
        first = source.skipped[0]
        note = (
            f"{source.skipped_count} of {source.skipped_count + len(source)} files gave no image; "
            f"the first is {first.name}: {first.reason}"
        )
        return source, (note,)
    return source, ()
