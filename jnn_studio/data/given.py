"""Images that a program hands over, kept as they are for as long as it lives."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from jnn_studio.data.config import GivenConfig
from jnn_studio.data.errors import DataError
from jnn_studio.data.pixels import fitted, thumbnail, to_grey, to_uint8
from jnn_studio.data.source import Size, height_and_width

MOST = 2000
"""Images that are taken of a collection, unless more are asked for."""
ACCEPTED = (
    "images (images, channels, height, width) with 1 or 3 channels, as a tensor or an array, of whole "
    "numbers 0 … 255 or of floating-point numbers in [0, 1]; a data set of such; or a folder"
)

SMALLEST = 4
"""Pixels a side: what has fewer is no picture, such as a series of numbers."""
OTHERS = (
    "Of more channels choose three; of what is no picture, such as a series, jnn_studio.jacobian_svd gives "
    "the directions as arrays"
)


class GivenImages:
    """Images in memory, pixel for pixel as they were given; at another size where a model wants one.

    Args:
        pixels: (images, channels, height, width), uint8, or float32 in [0, 1].
    """

    def __init__(self, name: str, pixels: Tensor, size: Size, channels: int) -> None:
        self._name, self._pixels = name, pixels
        self._shape = channels, *height_and_width(size)
        digest = hashlib.sha256(repr((tuple(pixels.shape), self._shape)).encode())
        digest.update(np.ascontiguousarray(pixels.numpy()).data)
        self._key = f"given, {digest.hexdigest()}"

    @property
    def name(self) -> str:
        return self._name

    @property
    def key(self) -> str:
        return self._key

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self._shape

    def __len__(self) -> int:
        return len(self._pixels)

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        """float32 (batch, channels, height, width) in [0, 1]; IndexError for an image that is not there."""
        wanted = list(indices)
        for index in wanted:
            self._check(index)
        images = self._pixels[wanted].to(device)
        images = images.float().div(255) if images.dtype == torch.uint8 else images
        channels, height, width = self._shape
        if images.shape[1] != channels:
            images = to_grey(images) if channels == 1 else images.expand(-1, channels, -1, -1)
        return fitted(images, height, width)

    def thumbnails(self, indices: Sequence[int], size: int) -> np.ndarray:
        """uint8 (batch, size, size, 3); IndexError for an image that is not there."""
        small = [thumbnail(image, size) for image in to_uint8(self.images(indices))]
        return np.stack(small) if small else np.empty((0, size, size, 3), np.uint8)

    def label(self, index: int) -> str:
        self._check(index)
        return f"image {index}"

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has no image {index}, only 0 to {len(self) - 1}")


_GIVEN: dict[str, Tensor] = {}
_numbers = itertools.count(1)
_changing = threading.Lock()


def hand_over(pixels: Tensor) -> GivenConfig:
    """Keep images, as `as_pixels` gives them, until they are taken back; by what to find them."""
    with _changing:
        name = f"images {next(_numbers)}"
        _GIVEN[name] = pixels
    return GivenConfig(name=name)


def take_back(config: GivenConfig) -> None:
    """Nobody looks at these images any more."""
    _GIVEN.pop(config.name, None)


def open_given(config: GivenConfig, size: Size, channels: int) -> GivenImages:
    """Images that were handed over.

    Raises:
        DataError: they were by another program, or are no longer there.
    """
    pixels = _GIVEN.get(config.name)
    if pixels is None:
        raise DataError(
            "These images were handed over by a program that has ended, or has closed its window. Run it "
            "again, or open a folder."
        )
    return GivenImages("Images handed over", pixels, size, channels)


def as_pixels(images: Any, most: int = MOST) -> Tensor:
    """The first ``most`` of somebody's images (images, channels, height, width), uint8 or float32 in [0, 1].

    Args:
        images: a tensor or array, channels first or last or grey without any; or a data set: what has a
            length and gives an image by its number, alone or as the first of a tuple.

    Raises:
        DataError: they are none that can be shown; the message says what is accepted.
    """
    if isinstance(images, Tensor | np.ndarray):
        return _checked(_arranged(_own(images[:most]), batched=True))
    if not hasattr(images, "__len__") or not hasattr(images, "__getitem__"):
        raise DataError(f"a {type(images).__name__} is no collection of images; give {ACCEPTED}")
    found = [_item(images[index]) for index in range(min(len(images), most))]
    if not found:
        raise DataError(f"there are no images in it; give {ACCEPTED}")
    if len({(one.shape, one.dtype) for one in found}) > 1:
        sizes = sorted({tuple(one.shape) for one in found})[:3]
        raise DataError(
            f"the images of the data set differ in shape or kind, such as {sizes}; make them alike"
        )
    return _checked(torch.stack(found))


def _item(item: Any) -> Tensor:
    """An image of a data set: alone, the first of a tuple, or by a name that data sets use."""
    if isinstance(item, dict):
        named = [item[key] for key in ("image", "pixel_values", "img", "x") if key in item]
        if not named:
            raise DataError(f"no entry of {sorted(map(str, item))[:6]} is called image or pixel_values")
        item = named[0]
    elif isinstance(item, tuple | list):
        item = item[0]
    if isinstance(item, Image.Image):
        item = np.asarray(item if item.mode in ("L", "RGB") else item.convert("RGB"))
    if not isinstance(item, Tensor | np.ndarray):
        raise DataError(f"an item of the data set is a {type(item).__name__}, no image; give {ACCEPTED}")
    return _arranged(_own(item), batched=False)


def _own(pixels: Tensor | np.ndarray) -> Tensor:
    """A copy: whoever gave them goes on with theirs."""
    if isinstance(pixels, Tensor):
        return pixels.detach().to("cpu", copy=True)
    return torch.from_numpy(np.array(pixels))


def _arranged(pixels: Tensor, batched: bool) -> Tensor:
    """Channels before rows and columns."""
    if pixels.ndim == (3 if batched else 2):
        return pixels.unsqueeze(-3)
    if pixels.ndim >= 3 and pixels.shape[-1] in (1, 3) and pixels.shape[-3] not in (1, 3):
        return pixels.movedim(-1, -3)
    return pixels


def _checked(pixels: Tensor) -> Tensor:
    shape = tuple(pixels.shape)
    if pixels.ndim != 4 or not len(pixels) or shape[1] not in (1, 3) or min(shape[2:]) < SMALLEST:
        raise DataError(f"these are {shape}; give {ACCEPTED}, of at least {SMALLEST} pixels a side. {OTHERS}")
    if pixels.dtype == torch.uint8:
        return pixels.contiguous()
    if not pixels.is_floating_point():
        raise DataError(f"these are {pixels.dtype}; give {ACCEPTED}")
    pixels = pixels.float()
    if not bool(((pixels >= 0) & (pixels <= 1)).all()):
        low, high = float(pixels.min()), float(pixels.max())
        raise DataError(
            f"pixels from {low:.3g} to {high:.3g}; give them in [0, 1], and say in preprocess= on which "
            "scale the encoder takes them"
        )
    return pixels.contiguous()
