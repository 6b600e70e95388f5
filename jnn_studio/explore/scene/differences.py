"""What each walk has changed in the picture, all models on one scale."""

from __future__ import annotations

import numpy as np

from jnn_studio.explore.scene.difference import Ground, difference
from jnn_studio.explore.scene.renderer import ColumnView, Scene


def differences(scene: Scene, dark: bool) -> list[tuple[np.ndarray, float]]:
    """For each model the signed difference from its base, and the change at full colour."""
    ground: Ground = "dark" if dark else "light"
    pairs = [(_base(view), view.moved.image) for view in scene.columns]
    scale = max(difference(base, moved, ground).scale for base, moved in pairs)
    return [(difference(base, moved, ground, scale).image, scale) for base, moved in pairs]


def _base(view: ColumnView) -> np.ndarray:
    """The base as fine as the moved image, which is coarser while a slow model is dragged."""
    base, moved = view.place.reconstruction, view.moved.image
    step = base.shape[0] // moved.shape[0]
    if step <= 1:
        return base
    blocks = base.reshape(moved.shape[0], step, moved.shape[1], step, -1)
    return blocks.mean((1, 3)).round().astype(np.uint8)
