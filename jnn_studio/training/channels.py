"""Colour or grey: what a run may leave to its images, and what that means for its models."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from contextlib import closing
from typing import TypeVar

from torch import Tensor, nn

from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FolderConfig
from jnn_studio.data.decode import decode_middle
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.folder import FolderSource
from jnn_studio.data.listing import list_images
from jnn_studio.data.pixels import is_grey
from jnn_studio.data.source import ImageSource
from jnn_studio.models.config import LatentModelConfig
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.training.gathering.images import open_images
from jnn_studio.training.image_config import ImageRunConfig

C = TypeVar("C", bound=LatentModelConfig)
M = TypeVar("M", bound=nn.Module)

_LOOKS, _LOOK_SIDE = 24, 64
"""Images of a folder looked at for a colour before all of it is read, and at which size."""


def left_to_images(config: ImageRunConfig) -> bool:
    """Whether a run's models have one channel only if its images turn out to be grey."""
    return config.images.grey == "auto" and config.model.channels > 1


def open_run_images(config: ImageRunConfig, watch: Watch) -> tuple[ImageSource, tuple[str, ...]]:
    """The images that a run of models with a latent learns from, as `open_images`.

    They have one channel where the run leaves that to them and none of them has a colour.
    """
    source, notes = open_images(config.data, config.model.size, config.model.channels, watch)
    if left_to_images(config) and isinstance(source, FolderSource) and source.is_grey(watch):
        return source.grey(), (*notes, f"{counted(len(source), 'image')}, all grey: trained as one channel.")
    return source, notes


def grey_at_a_look(config: ImageRunConfig, watch: Watch) -> str:
    """That the folder of a run which leaves it to the images seems to be grey, after a few of them; else "".

    Raises:
        Cancelled: ``watch`` said so.
    """
    if not left_to_images(config) or not isinstance(config.data, FolderConfig) or config.asks_for_images:
        return ""
    seen = 0
    try:
        with closing(list_images(config.data.path, watch)) as listing:
            count = len(listing.names)
            for index in sorted({place * count // _LOOKS for place in range(min(_LOOKS, count))}):
                watch.check()
                with contextlib.suppress(UnreadableImageError, OSError), listing.open(index) as file:
                    pixels = decode_middle(file, _LOOK_SIDE, 3)
                    seen += 1
                    if not is_grey(pixels.transpose(1, 2, 0)):
                        return ""
    except (DataError, OSError):
        return ""  # the path's own field says so
    return f"{counted(seen, 'image')} looked at, all grey: one channel, if all others are." if seen else ""


def with_channels(model: C, channels: int) -> C:
    """The same model for images of so many channels.

    Raises:
        ValueError: such images are too small for it.
    """
    return type(model).model_validate({**model.model_dump(), "channels": channels})


def run_network(kind: ModelKind[C, M], config: ImageRunConfig, model: C, tensors: Mapping[str, Tensor]) -> M:
    """A model of a run, described by ``model``, with these tensors, as `ModelKind.from_tensors`.

    Whether the images of the run were grey the tensors tell.
    """
    try:
        return kind.from_tensors(model, tensors)
    except RuntimeError:
        if not left_to_images(config):
            raise
        return kind.from_tensors(with_channels(model, 1), tensors)
