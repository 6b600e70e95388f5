"""Dead leaves: images of occluding discs of all sizes, the classical stand-in for photographs.

Discs whose radii follow a power law of exponent 3 look alike at every scale, as natural scenes do, and have
their edges, occlusions and spectrum (Lee, Mumford & Huang, IJCV 2001). Each disc has a colour and a texture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from jnn_studio.data.pixels import to_uint8

SMALLEST, LARGEST = 4.0, 256.0
"""Radii, in pixels: whatever an image's size, it is a piece of one endless scene."""
COVER = 7.0
"""Discs laid on a point on average; what 1 in 1,000 points is missed by is the ground."""
FINER = 2
"""Drawn this many times finer, then averaged, so that edges are smooth."""


class DeadLeavesSource:
    """``count`` images of ``size`` × ``size`` pixels, drawn when asked for; an `ImageSource`.

    Image ``i`` of a seed, size and number of channels is always the same.

    Raises:
        ValueError: an argument out of range.
    """

    def __init__(self, count: int = 8192, size: int = 64, channels: int = 3, seed: int = 0) -> None:
        if count < 1 or size < 1 or channels not in (1, 3):
            raise ValueError(
                f"count and size must be at least 1 and channels 1 or 3, got {count}, {size} and {channels}"
            )
        self._count, self._size, self._channels, self._seed = count, size, channels, seed

    @property
    def name(self) -> str:
        return "dead leaves"

    @property
    def key(self) -> str:
        channels, size, _ = self.image_shape
        return f"{len(self)} dead leaves of {channels} × {size} pixels, seed {self._seed}"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self._channels, self._size, self._size

    def __len__(self) -> int:
        return self._count

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        """float32 (batch, channels, size, size) in [0, 1]; IndexError for an image that is not there."""
        for index in indices:
            self._check(index)
        drawn = [
            draw_dead_leaves(self._size, self._size, self._channels, (self._seed, index)) for index in indices
        ]
        return torch.from_numpy(np.stack(drawn)).to(device)

    def thumbnails(self, indices: Sequence[int], size: int) -> np.ndarray:
        """uint8 (batch, size, size, 3); IndexError for an image that is not there."""
        images = to_uint8(self.images(indices))
        if size == self._size:
            return images
        resized = [Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR) for image in images]
        return np.stack([np.asarray(image) for image in resized])

    def label(self, index: int) -> str:
        """``"leaves 12"``; IndexError for an image that is not there."""
        self._check(index)
        return f"leaves {index}"

    def _check(self, index: int) -> None:
        if not 0 <= index < self._count:
            raise IndexError(f"index {index}: this source has images 0 to {self._count - 1}")


def draw_dead_leaves(height: int, width: int, channels: int, seed: int | tuple[int, ...]) -> np.ndarray:
    """One image, float32 (channels, height, width) in [0, 1]."""
    random = np.random.default_rng(seed)
    rows, columns = FINER * height, FINER * width
    radii = _radii(random, rows, columns)
    centres = random.uniform([-radii, -radii], [rows + radii, columns + radii])
    top = _topmost(rows, columns, centres, radii)
    colours, textures = _look(random, len(radii) + 1, channels)
    amplitude, row_wave, column_wave, phase = (textures[part][top] for part in range(4))
    row, column = np.indices((rows, columns), np.float32)
    texture = amplitude * np.sin(row_wave * row + column_wave * column + phase)
    image = np.clip(colours[:, top] + texture, 0, 1)
    return image.reshape(channels, height, FINER, width, FINER).mean((2, 4), dtype=np.float32)


def _radii(random: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Radii of the discs of the scene that touch the image, in the order they are laid.

    In the scene their density is ∝ r⁻³; those that touch the image have it times the area in which their
    centres may lie, (rows + 2r)(columns + 2r): a mixture of three power laws.
    """
    low, high = FINER * SMALLEST, FINER * LARGEST
    shares = np.array(
        [
            rows * columns * (low**-2 - high**-2) / 2,
            2 * (rows + columns) * (1 / low - 1 / high),
            4 * np.log(high / low),
        ]
    )
    # Discs a point is covered by: the density times ∫ πr² r⁻³ dr.
    density = COVER / (np.pi * np.log(high / low))
    count = int(np.ceil(density * shares.sum()))
    law = random.choice(3, count, p=shares / shares.sum())
    u = random.uniform(size=count)
    laws = (
        (low**-2 - u * (low**-2 - high**-2)) ** -0.5,
        1 / (1 / low - u * (1 / low - 1 / high)),
        low * (high / low) ** u,
    )
    radii: np.ndarray = np.choose(law, laws)
    return radii


def _topmost(rows: int, columns: int, centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Which disc is seen at each pixel, (rows, columns): the last one laid there, counted from 1; or 0."""
    row_of, column_of = centres
    first = np.clip(np.ceil(row_of - radii), 0, rows).astype(np.int64)
    last = np.clip(np.floor(row_of + radii), -1, rows - 1).astype(np.int64)
    disc, row = _ranges(first, last)
    half = np.sqrt(np.maximum(radii[disc] ** 2 - (row - row_of[disc]) ** 2, 0))
    left = np.clip(np.ceil(column_of[disc] - half), 0, columns).astype(np.int64)
    right = np.clip(np.floor(column_of[disc] + half), -1, columns - 1).astype(np.int64)
    line, column = _ranges(left, right)
    top = np.zeros(rows * columns, np.int64)
    # Discs come in the order they are laid, and a maximum does not depend on the order of assignments.
    np.maximum.at(top, row[line] * columns + column, disc[line] + 1)
    return top.reshape(rows, columns)


def _ranges(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The whole numbers from each first to each last: which range, and the number; ranges may be empty."""
    lengths = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(first)), lengths)
    starts = np.cumsum(lengths) - lengths
    return which, np.arange(lengths.sum()) - starts[which] + first[which]


def _look(random: np.random.Generator, count: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Colours (channels, count), and textures (4, count): amplitude, waves along rows and columns, phase."""
    light = random.uniform(0.05, 0.95, count)
    tint = random.normal(0, 0.07, (channels, count)) if channels > 1 else np.zeros((1, count))
    colours = np.clip(light + tint, 0, 1).astype(np.float32)
    length = FINER * np.exp(random.uniform(np.log(3), np.log(24), count))
    angle = random.uniform(0, 2 * np.pi, count)
    wave = 2 * np.pi / length
    # Most leaves are nearly plain, some strongly striped.
    amplitude = 0.25 * random.uniform(size=count) ** 3
    phase = random.uniform(0, 2 * np.pi, count)
    textures = np.stack([amplitude, wave * np.sin(angle), wave * np.cos(angle), phase])
    return colours, textures.astype(np.float32)
