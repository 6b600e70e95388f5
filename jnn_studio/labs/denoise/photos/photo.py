"""What is done away from the main thread: noise, denoising, measuring, writing. Free of Qt."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.levels import Levels, levels_of
from jnn_studio.data.photo import Photo
from jnn_studio.labs.denoise.measuring.measures import Quality, quality
from jnn_studio.labs.denoise.noisy.noise import (
    blend,
    digest_of,
    seed_of,
    to_pixels,
    to_signed,
)
from jnn_studio.labs.denoise.noisy.noise_estimate import NoiseEstimate, estimate_noise
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel


@dataclass(frozen=True)
class OpenedPhoto:
    """A photograph, and its pictures."""

    photo: Photo
    levels: Levels


@dataclass(frozen=True)
class Noised:
    """What is to be denoised. ``estimate``: of its noise, where it was given and not made.

    Images are (3, h, w), or (1, h, w) of a grey photograph.
    """

    clean: Tensor | None
    noisy: Tensor
    levels: Levels
    estimate: NoiseEstimate | None


@dataclass(frozen=True, eq=False)
class Result:
    """What a method made of the noisy image, and how near it is to a known clean one.

    Attributes:
        pixels: what is shown, uint8 (h, w, 3), or (h, w, 1) of a grey photograph.
        quality: of that.
        seconds: that the method took.
        output: all that the method made of it, (3 or 1, h, w) in [-1, 1]; of 8-bit photographs in half
            precision, which is finer than 8 bits by far.
        strength: how much of it is in ``pixels``: from 0, the noisy image, to 1.
    """

    pixels: np.ndarray
    quality: Quality | None
    seconds: float
    output: Tensor
    strength: float = 1.0
    levels: Levels = ()

    def image(self, noisy: Tensor) -> Tensor:
        """What is shown, in [-1, 1] and with all its precision; ``noisy``: what it was made from."""
        return blend(noisy, self.output.float(), self.strength)


def make_noisy(photo: Photo, clean: Tensor | None, noise: NoiseModel, seed: int) -> Noised:
    """The photograph with ``noise``; ``clean``: its pixels in [-1, 1], if they are there already.

    The noise of a photograph and a seed is the same wherever it is drawn.
    """
    clean = to_signed(photo.channels) if clean is None else clean
    noisy = noise.draw(clean, seed_of(digest_of(photo.channels), seed))
    return Noised(clean, noisy, levels_of(to_pixels(noisy)), None)


def take_as_noisy(photo: Photo, levels: Levels) -> Noised:
    """The photograph as it is, with an estimate of its noise."""
    noisy = to_signed(photo.channels)
    return Noised(None, noisy, levels, estimate_noise(noisy))


def run_method(
    denoise: Callable[[Tensor, Watch], Tensor],
    noisy: Tensor,
    clean: Tensor | None,
    watch: Watch,
    *,
    strength: float = 1.0,
    exact: bool = False,
) -> Result:
    """What ``denoise`` makes of ``noisy``; ``exact``: keep it in single precision.

    Raises:
        Cancelled: ``watch`` said so.
    """
    began = time.perf_counter()
    output = denoise(noisy, watch)
    seconds = time.perf_counter() - began
    kept = output if exact else output.half()
    return _shown(output, kept, noisy, clean, strength, seconds, watch)


def with_strength(
    result: Result, noisy: Tensor, clean: Tensor | None, strength: float, watch: Watch
) -> Result:
    """The same result, blended with ``noisy`` anew; raises `Cancelled` if ``watch`` says so."""
    output = result.output
    return _shown(output.float(), output, noisy, clean, strength, result.seconds, watch)


def _shown(
    output: Tensor,
    kept: Tensor,
    noisy: Tensor,
    clean: Tensor | None,
    strength: float,
    seconds: float,
    watch: Watch,
) -> Result:
    watch.check()
    image = blend(noisy, output, strength)
    pixels = to_pixels(image)
    found = None if clean is None else quality(image, clean)
    return Result(pixels, found, seconds, kept, strength, levels_of(pixels))
