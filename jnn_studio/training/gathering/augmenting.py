"""Images mirrored, moved a little, and mixed: more to learn from than there is."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from jnn_studio.training.gathering.share import WHOLE, Share
from jnn_studio.training.image_config import ImagesConfig


def augmented(
    images: Tensor, settings: ImagesConfig, random: np.random.Generator, share: Share = WHOLE
) -> Tensor:
    """A batch (batch, channels, side, side), or a share of one, each image mirrored and moved on its own.

    ``random`` draws for every image of the batch what the settings leave to chance, and for none what they
    do not.
    """
    whole = len(images) * share.of
    rows = share.rows(whole)
    if settings.mirror:
        mirrored = torch.from_numpy((random.random(whole) < 0.5)[rows]).to(images.device)
        images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(3), images)
    if settings.shift:
        moves = random.integers(-settings.shift, settings.shift + 1, (whole, 2))[rows]
        images = _moved(images, torch.from_numpy(moves).to(images.device))
    return images


def mixed(
    images: Tensor, others: Tensor, most: float, random: np.random.Generator, share: Share = WHOLE
) -> Tensor:
    """Each image of a batch, or of a share of one, with a part of the other one in its place.

    The part is drawn evenly from 0 to ``most``, for every image of the batch on its own (Zhang et al., mixup,
    ICLR 2018; an autoencoder has no labels to mix, and is to draw what it was shown).
    """
    whole = len(images) * share.of
    parts = (most * random.random(whole, np.float32))[share.rows(whole)]
    return images.lerp(others, torch.from_numpy(parts).to(images.device).view(-1, 1, 1, 1))


def variance_of_mixed(most: float) -> float:
    """How much of the images' variance `mixed` ones have: E[(1 - a)² + a²] for a even in [0, ``most``]."""
    return 1 - most + 2 * most**2 / 3


def _moved(images: Tensor, moves: Tensor) -> Tensor:
    """Each image moved by (rows, columns); what enters repeats the edge."""
    _, _, height, width = images.shape
    rows = _places(height, moves[:, 0])
    columns = _places(width, moves[:, 1])
    which = torch.arange(len(images), device=images.device).view(-1, 1, 1)
    # Indices apart from each other put the channels last.
    return images[which, :, rows.unsqueeze(2), columns.unsqueeze(1)].movedim(3, 1)


def _places(size: int, moves: Tensor) -> Tensor:
    """Where in an axis of ``size`` each pixel of it comes from, (batch, size)."""
    return (torch.arange(size, device=moves.device) - moves.unsqueeze(1)).clamp(0, size - 1)
