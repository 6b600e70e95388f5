"""What a scene shows, as arrays for a program's own use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jnn_studio.explore.scene.renderer import ColumnView


@dataclass(frozen=True)
class SeenModel:
    """One model in view.

    Attributes:
        name: as it stands at its picture.
        latent: (latent,) of the base, where the walk starts.
        moved: (latent,) where the walk has led.
        directions: unit columns (latent, k), in the order of the sliders.
        sigma: singular values, of these directions first.
        effective_rank: of all singular values there.
        reconstruction: the base decoded, uint8 (height, width, 3).
        picture: where the walk has led, decoded, the same.
        rms: how far that is from ``reconstruction``, for images in [0, 1].
        psnr: of the reconstruction, in dB; None where an earlier walk led to the base.
    """

    name: str
    latent: np.ndarray
    moved: np.ndarray
    directions: np.ndarray
    sigma: np.ndarray
    effective_rank: float
    reconstruction: np.ndarray
    picture: np.ndarray
    rms: float
    psnr: float | None


def seen(view: ColumnView) -> SeenModel:
    """Arrays of one's own, that nothing changes any more."""
    place, moved = view.place, view.moved
    return SeenModel(
        name=view.caption,
        latent=place.latent.numpy().copy(),
        moved=moved.latent.numpy().copy(),
        directions=place.directions.numpy().copy(),
        sigma=np.array(place.sigma),
        effective_rank=place.effective_rank,
        reconstruction=place.reconstruction.copy(),
        picture=moved.image.copy(),
        rms=moved.rms,
        psnr=place.psnr,
    )
