"""A denoiser on a photograph of any size in bounded memory, without seams."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.models.denoiser import STRIDE, pad_to_stride
from jnn_studio.models.denoising_model import DenoisingModel

OVERHEAD = 1.75
"""How many times the pixels that are kept are evaluated, at most, in the middle of a photograph."""
SIDES = (256, 1024)
"""Of tiles, in pixels: memory goes with their square."""


def denoise_photo(
    denoiser: DenoisingModel,
    noisy: Tensor,
    *,
    tile: int | None = None,
    watch: Watch | None = None,
) -> Tensor:
    """What ``denoiser`` makes of ``noisy`` (channels, height, width), of any size: float32 on the CPU.

    A photograph is extended once as `models.denoiser.denoise` does it and then taken in squares of side
    ``tile``; by default what `side_for` says. Each is evaluated with as much around it as can change it (its
    ``reach``), on the grid of `STRIDE`, so that the result is the whole image's to float rounding, wherever
    the tiles meet. Memory beside the image and the result is that of one tile; a photograph no larger than
    one is done whole.

    A denoiser of one channel is applied to every channel on its own. To a denoiser of colours a grey image is
    one whose channels are alike, and the mean of what it makes of them is grey again.

    Raises:
        Cancelled: ``watch``, which hears of tiles and is asked before every one, said so.
        ValueError: ``noisy`` is empty, or of other channels than the denoiser's.
    """
    watch = watch or Watch()
    channels = denoiser.config.channels
    if noisy.ndim != 3 or not noisy.numel():
        raise ValueError(f"expected an image (channels, height, width), got {tuple(noisy.shape)}")
    if channels not in (1, noisy.shape[0]) and noisy.shape[0] != 1:
        raise ValueError(f"the denoiser takes {channels} channels, the image has {noisy.shape[0]}")
    weight = next(denoiser.parameters())
    images = noisy[:, None] if channels == 1 else noisy.expand(channels, -1, -1)[None]
    images = pad_to_stride(images.to("cpu", weight.dtype))
    height, width = images.shape[-2:]
    margin = _up(denoiser.reach)
    side = side_for(margin) if tile is None else max(STRIDE, _up(tile))
    if height * width <= (side + 2 * margin) ** 2:
        side = max(height, width)
    corners = [(top, left) for top in range(0, height, side) for left in range(0, width, side)]
    result = torch.empty_like(images)
    for done, (top, left) in enumerate(corners):
        watch.step(done, len(corners))
        first_row, first_column = max(0, top - margin), max(0, left - margin)
        window = images[..., first_row : top + side + margin, first_column : left + side + margin]
        with torch.inference_mode():
            output = denoiser(window.to(weight.device).contiguous(memory_format=torch.channels_last))
        rows, columns = min(side, height - top), min(side, width - left)
        inside = output[..., top - first_row :, left - first_column :][..., :rows, :columns]
        result[..., top : top + rows, left : left + columns] = inside.to("cpu")
    watch.step(len(corners), len(corners))
    cut = result[..., : noisy.shape[1], : noisy.shape[2]]
    found = (cut[:, 0] if channels == 1 else cut[0]).to(torch.float32)
    return (found if len(found) == len(noisy) else found.mean(0, keepdim=True)).contiguous()


def side_for(margin: int) -> int:
    """The side of tiles for a network that needs ``margin`` pixels around each.

    Such that what is evaluated is at most `OVERHEAD` times what is kept, within `SIDES`.

    >>> side_for(0), side_for(104), side_for(480)
    (256, 648, 1024)
    """
    least, most = SIDES
    return min(max(least, _up(math.ceil(2 * margin / (math.sqrt(OVERHEAD) - 1)))), most)


def _up(length: int) -> int:
    """The next multiple of `STRIDE`."""
    return -(-length // STRIDE) * STRIDE
