"""What is done away from the main thread: noise, denoising, measuring, writing. Free of Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.levels import Levels, levels_of
from jnn_studio.data.photo import Photo
from jnn_studio.labs.denoise import bm3d
from jnn_studio.labs.denoise.measures import Quality, quality
from jnn_studio.labs.denoise.noise import (
    add_noise,
    digest_of,
    estimate_sigma,
    seed_of,
    to_pixels,
    to_signed,
)
from jnn_studio.labs.denoise.tiling import denoise_photo
from jnn_studio.models.denoising_model import DenoisingModel


@dataclass(frozen=True)
class OpenedPhoto:
    """A photograph, and its pictures."""

    photo: Photo
    levels: Levels


@dataclass(frozen=True)
class Noised:
    """What is to be denoised. ``estimate``: its σ as estimated, where it was given and not made.

    Images are (3, h, w), or (1, h, w) of a grey photograph.
    """

    clean: Tensor | None
    noisy: Tensor
    levels: Levels
    estimate: float | None


@dataclass(frozen=True)
class Result:
    """What a method made of the noisy image, and how near it is to a known clean one.

    ``pixels``: uint8 (h, w, 3), or (h, w, 1) of a grey photograph.
    """

    pixels: np.ndarray
    quality: Quality | None
    seconds: float
    levels: Levels = ()


def make_noisy(photo: Photo, clean: Tensor | None, sigma: float, seed: int) -> Noised:
    """The photograph with noise of ``sigma``; ``clean``: its pixels in [-1, 1], if they are there already.

    The noise of a photograph and a seed is the same wherever it is drawn.
    """
    clean = to_signed(photo.channels) if clean is None else clean
    noisy = add_noise(clean, sigma, seed_of(digest_of(photo.channels), seed))
    return Noised(clean, noisy, levels_of(to_pixels(noisy)), None)


def take_as_noisy(photo: Photo, levels: Levels) -> Noised:
    """The photograph as it is, with an estimate of its σ."""
    noisy = to_signed(photo.channels)
    return Noised(None, noisy, levels, estimate_sigma(noisy))


def run_network(denoiser: DenoisingModel, noisy: Tensor, clean: Tensor | None, watch: Watch) -> Result:
    """A learnt denoiser's result; raises `Cancelled` if ``watch`` says so."""
    began = time.perf_counter()
    return _result(denoise_photo(denoiser, noisy, watch=watch), clean, began, watch)


def run_bm3d(noisy: Tensor, sigma: float, clean: Tensor | None, watch: Watch) -> Result:
    """BM3D's result; raises `Cancelled` if ``watch`` says so."""
    began = time.perf_counter()
    return _result(bm3d.denoise_bm3d(noisy, sigma, watch=watch), clean, began, watch)


def _result(output: Tensor, clean: Tensor | None, began: float, watch: Watch) -> Result:
    seconds = time.perf_counter() - began
    watch.check()
    pixels = to_pixels(output)
    return Result(pixels, None if clean is None else quality(output, clean), seconds, levels_of(pixels))
