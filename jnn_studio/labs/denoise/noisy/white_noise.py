"""How much white noise an image can hold at most, from small patches: noise fills them, texture does not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_SIDE, _OFFSETS = 4, (1, 3)
"""Patches are squares of so many pixels; of two grids, neither of which is that of JPEG's squares."""
_SMOOTHEST, _FEWEST = 0.25, 400
"""Which share of the patches is looked at, and how many at least."""
_PIXELS, _TILE = 2**19, 64
"""Of an image with more pixels about so many are looked at, in squares of this side at even distances."""
_QUIETEST = 4
"""One in so many directions is taken for noise alone."""
_NOTHING = 0.01
"""Smaller variances, in levels², say nothing about each other."""
_UNEVEN, _ALIKE = 0.6, 0.75
"""Deviation in the quietest direction beside that in the middle one: up to which it is texture, and from
which on noise that is alike in all directions. Photographs with white noise have 0.8 and more, from σ = 0.01
on; clean ones, JPEGs with noise, and those with noise that a raw converter interpolated less than 0.6."""


@dataclass(frozen=True)
class WhiteNoise:
    """σ of the white noise there is at most, for images in [-1, 1], and from 0 to 1 whether that is there."""

    sigma: float
    certain: float


def white_noise(noisy: Tensor, limit: float = math.inf) -> WhiteNoise | None:
    """What the patches of an image (channels, height, width) tell; None where there are too few.

    White noise is as strong in all directions of the space of patches, and texture leaves some of them nearly
    empty: the smallest eigenvalues of the covariance are those of the noise (Pyatykh, Hesser & Zheng, IEEE
    TIP 2013; Chen, Zhu & Heng, ICCV 2015). A patch has all channels here, as noise differs between them and
    texture hardly does, and of its frequencies the high ones; those patches are looked at that have the
    least of the low ones, which white noise does not link with these. What is least in some patches is not
    the least in others: the quietest quarter of the directions is found in every second one, and measured in
    the rest, and the other way round.

    Channels that are mostly even, or that are another one again, are left out, as are patches beside one
    that is wholly even. ``limit``: only patches whose means are nearer to 0 than this, where no noise was cut
    off.
    """
    tiles = _tiles(noisy)
    of_bytes = float((tiles - tiles.round()).abs().max()) < 1e-3
    patches = _patches(tiles.round_() if of_bytes else tiles, limit * 127.5)
    if patches is None:
        return None
    energy, high = _frequencies(patches)
    share = max(_SMOOTHEST, min(1.0, _FEWEST / len(energy)))
    high = high[energy <= np.quantile(energy, share)]
    if len(high) < _FEWEST:
        return None
    variances = (_by_quietness(high[::2], high[1::2]) + _by_quietness(high[1::2], high[::2])) / 2
    variances = (variances - (1 / 12 if of_bytes else 0.0)).clip(0)
    middle = variances[len(variances) // 2 - 1]
    alike = math.sqrt(variances[0] / middle) if middle > _NOTHING else 0.0
    sigma = math.sqrt(variances[: len(variances) // _QUIETEST].mean()) / 127.5
    return WhiteNoise(sigma, min(max((alike - _UNEVEN) / (_ALIKE - _UNEVEN), 0.0), 1.0))


def _tiles(noisy: Tensor) -> Tensor:
    """Evenly spread parts of an image, all of a small one, in levels of 8 bits: (n, channels, …, …).

    Of channels that are alike one is left.
    """
    image = noisy.detach()
    height, width = image.shape[-2:]
    step = math.ceil(math.sqrt(height * width / _PIXELS) * _TILE / 8) * 8
    if step > _TILE and min(height, width) >= _TILE:
        image = image.unfold(1, _TILE, step).unfold(2, _TILE, step).flatten(1, 2)
    else:
        image = image[:, None]
    known: list[Tensor] = []
    for channel in image.to("cpu", torch.float32):
        if not any(torch.equal(channel, other) for other in known):
            known.append(channel)
    return torch.stack(known, dim=1).add_(1).mul_(127.5)


def _patches(tiles: Tensor, limit: float) -> np.ndarray | None:
    """(n, channels, side, side) of those that say something; ``limit``: in levels from the middle one."""
    parts = [_whole(tiles[..., offset:, offset:]) for offset in _OFFSETS]
    if min(min(part.shape[-2:]) for part in parts) < _SIDE:
        return None
    telling = _telling(_even(parts[0]))
    if not bool(telling.any()):
        return None
    found = []
    for part in parts:
        part = part[:, telling]
        beside = functional.max_pool2d(_even(part).any(1).float(), 3, stride=1, padding=1) > 0
        means = functional.avg_pool2d(part, _SIDE) - 127.5
        places = ~beside & (means.abs() < limit).all(1)
        squares = part.unfold(2, _SIDE, _SIDE).unfold(3, _SIDE, _SIDE)
        found.append(squares.movedim(1, 3)[places])
    patches = torch.cat(found)
    return patches.double().numpy() if len(patches) >= _FEWEST else None


def _whole(tiles: Tensor) -> Tensor:
    rows, columns = (length // _SIDE * _SIDE for length in tiles.shape[-2:])
    return tiles[..., :rows, :columns]


def _even(tiles: Tensor) -> Tensor:
    """Which patches have but one value, (n, channels, rows, columns)."""
    return functional.max_pool2d(tiles, _SIDE) == -functional.max_pool2d(-tiles, _SIDE)


def _telling(even: Tensor) -> Tensor:
    """Which channels are not even for the most part of where any is not."""
    by_channel = even.movedim(1, 0).flatten(1)
    some = ~by_channel.all(0)
    return (~by_channel[:, some]).sum(1) * 2 > some.sum()


def _frequencies(patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The energy of the low frequencies but the mean, (n,), and the high ones, (n, how many)."""
    place = np.arange(_SIDE)
    cosines = np.cos(np.pi * np.outer(place, 2 * place + 1) / (2 * _SIDE)) * math.sqrt(2 / _SIDE)
    cosines[0] /= math.sqrt(2)
    down, across = np.meshgrid(place, place, indexing="ij")
    high = (down + across >= _SIDE - 1) & (down > 0) & (across > 0)
    low = ~high & (down + across > 0)
    found = cosines @ patches @ cosines.T
    return np.square(found[..., low]).sum((1, 2)), found[..., high].reshape(len(found), -1)


def _by_quietness(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The variances of ``others`` along the directions of ``some``, the quietest of these first."""
    directions = np.linalg.eigh(some.T @ some)[1]
    return np.square(others @ directions).mean(0)
