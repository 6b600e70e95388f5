"""The picture that is open when no photograph is."""

from __future__ import annotations

import torch

from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.data.photo import Photo
from jnn_studio.data.pixels import to_uint8

HEIGHT, WIDTH, SEED = 320, 480, 6


def sample_photo() -> Photo:
    """Dead leaves, drawn here and now; always the same."""
    drawn = draw_dead_leaves(HEIGHT, WIDTH, 3, SEED)
    return Photo("Dead leaves", to_uint8(torch.from_numpy(drawn)))
