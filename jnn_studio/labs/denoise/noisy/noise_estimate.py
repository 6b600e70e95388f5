"""σ of the noise in an image, from the image alone, also where noise was cut off at black and white."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from jnn_studio.labs.denoise.noisy.clipping import was_cut
from jnn_studio.labs.denoise.noisy.white_noise import white_noise

_MAD_OF_GAUSSIAN = 0.6744897501960817
"""Median of |ε| for ε of standard deviation 1."""
_LEVELS, _FINE_LEVELS = 255, 65535
_GREY_OVER, _TEXTURE_OVER = 5, 11
"""Side, in squares of 2 × 2 pixels, of what a local mean and local texture are taken over."""
_SMOOTHEST, _FEWEST, _MOST = 0.1, 5_000, 200_000
"""Which share of the squares is looked at where texture matters; how many at least, and at most."""
_STRONG = 0.3
"""σ from which on texture is drowned, and all squares count."""
_MIDDLE = 0.5
"""Which share of the squares, those nearest to grey, is looked at where hardly any has uncut noise."""
_DEVIATIONS = 3.0
"""So many σ away from black and white noise counts as uncut."""
_LEAST, _LARGEST, _ROUNDS, _HALVINGS = 1e-3, 8.0, 6, 14
_GREYS = 61
_GAUSSIAN, _HEAVY = 4.5, 6.0
"""Kurtosis of details up to which they are taken for noise (Gaussian: 3), and from which on for texture."""


@dataclass(frozen=True)
class NoiseEstimate:
    """σ before anything was cut off, for images in [-1, 1], and whether something was."""

    sigma: float
    cut: bool


@dataclass(frozen=True)
class _Squares:
    """What is known of squares of 2 × 2 pixels of one channel, in levels: |a − b − c + d|, the local mean's
    distance from grey (from 0 to 1), and the local energy of edges and texture."""

    detail: np.ndarray
    grey: np.ndarray
    texture: np.ndarray
    levels: int

    def where(self, which: np.ndarray) -> _Squares:
        return _Squares(self.detail[which], self.grey[which], self.texture[which], self.levels)


def estimate_noise(noisy: Tensor) -> NoiseEstimate:
    """σ of the noise in an image (channels, height, width), from the image alone; 0 below 2×2 pixels.

    From the median absolute value of the finest diagonal Haar coefficients (Donoho & Johnstone, Biometrika
    1994), the median over the channels; of weak noise only those of the smoothest places, as the other two
    kinds of coefficients tell them. Squares in the midst of one even colour say nothing and are left out.

    Where noise was cut off, only places are looked at that are far enough from black and white; where there
    are too few, those nearest to grey, and σ is the one whose noise, added to their mean, cut off and rounded
    to 8 bits, has this median (`_table`).

    Where fine texture fills a picture, this takes it for noise. So weak noise is held against what patches
    say (`white_noise.white_noise`): where these hold white noise, σ is theirs. Where they hold next to none
    it is either texture, or noise that neighbouring pixels or channels share, as in most JPEGs. Details of
    noise are Gaussian and those of texture have heavier tails (kurtosis tells noise from natural images:
    Zoran & Weiss, ICCV 2009): the heavier they are, the more of what only the details say is left out.

    Within a few per cent for white Gaussian noise from σ ≈ 0.01 to 1.5 on photographs. Too high for clean
    photographs whose texture looks like noise, in grey ones also beside noise; too low where neighbouring
    pixels share the noise, as in most JPEGs, scaled pictures and what a camera's raw converter makes; and by
    up to a tenth where strong noise was cut off of a picture that is all black and white edges.
    """
    if min(noisy.shape[-2:]) < 2:
        return NoiseEstimate(0.0, False)
    cut = was_cut(noisy)
    found = np.array([_of_channel(_squares(channel, cut), cut) for channel in noisy])
    sigma, tails = (float(middle) for middle in np.median(found, axis=0))
    white = white_noise(noisy, 1 - _DEVIATIONS * sigma if cut else np.inf) if 0 < sigma < _STRONG else None
    if white is not None and white.sigma < sigma:
        texture = (tails - _GAUSSIAN) / (_HEAVY - _GAUSSIAN)
        sigma += (white.sigma - sigma) * max(white.certain, min(max(texture, 0.0), 1.0))
    return NoiseEstimate(sigma, cut)


def _squares(channel: Tensor, cut: bool) -> _Squares:
    scaled = channel.detach().to("cpu", torch.float32).add(1).mul_(_LEVELS / 2)
    levels = _LEVELS
    if not cut and float((scaled - scaled.round()).abs().max()) > 1e-3:  # not of 8 bits
        scaled, levels = scaled.mul_(_FINE_LEVELS / _LEVELS), _FINE_LEVELS
    rows, columns = (length // 2 * 2 for length in scaled.shape)
    four = scaled.round_()[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2)
    a, b, c, d = four[:, 0, :, 0], four[:, 0, :, 1], four[:, 1, :, 0], four[:, 1, :, 1]
    edges = (a + b - c - d).square_() + (a - b + c - d).square_()
    detail, grey = (a - b - c + d).abs_(), (a + b + c + d) / 4
    even = _local(((edges == 0) & (detail == 0)).float(), 3) == 1  # wholly so
    usable = (
        functional.max_pool2d(
            even.float()[None], _TEXTURE_OVER, stride=1, padding=_TEXTURE_OVER // 2
        ).flatten()
        == 0
    )
    texture = _local(edges, _TEXTURE_OVER)
    found = _Squares(
        detail.flatten().numpy().astype(np.float64),
        (_local(grey, _GREY_OVER) / (levels / 2) - 1).abs_().flatten().numpy(),
        texture.flatten().numpy(),
        levels,
    )
    found = found.where(usable.numpy() if bool(usable.any()) else found.texture > 0)
    count = len(found.detail)
    return found if count <= _MOST else found.where(np.linspace(0, count - 1, _MOST).astype(int))


def _local(values: Tensor, side: int) -> Tensor:
    """Means over the neighbours of each, (height, width); over fewer at the border."""
    return functional.avg_pool2d(
        values[None, None], side, stride=1, padding=side // 2, count_include_pad=False
    )[0, 0]


def _of_channel(squares: _Squares, cut: bool) -> tuple[float, float]:
    """σ, and the kurtosis of the details that it is of."""
    if not len(squares.detail):
        return 0.0, 0.0
    sigma, seen = _plain(squares), squares
    for _ in range(_ROUNDS):
        before = sigma
        inside = not cut
        seen = squares
        if cut:
            limit = 1 - _DEVIATIONS * sigma
            middle = float(np.quantile(squares.grey, _MIDDLE))
            inside = limit >= middle
            seen = squares.where(squares.grey <= max(limit, middle))
        if sigma < _STRONG:
            seen = _smoothest(seen, None if inside else sigma)
        sigma = _plain(seen) if inside else _of_cut(seen)
        if abs(sigma - before) <= 2e-3 * before:
            break
    return sigma, _kurtosis(seen.detail)


def _smoothest(squares: _Squares, sigma: float | None) -> _Squares:
    """Those with the least texture around them; ``sigma``: beside noise of that σ that was cut off."""
    texture = squares.texture
    if sigma is not None:
        means, medians = _table(max(sigma, _LEAST))
        texture = texture / np.interp(squares.grey, means, medians) ** 2
    share = max(_SMOOTHEST, min(1.0, _FEWEST / len(texture)))
    return squares.where(texture <= np.quantile(texture, share))


def _plain(squares: _Squares) -> float:
    """σ of noise that was not cut off; what rounding to levels adds is taken off."""
    deviation = _median(squares.detail) / _MAD_OF_GAUSSIAN / 2
    return float(np.sqrt(max(deviation**2 - 1 / 12, 0.0))) * 2 / squares.levels


def _of_cut(squares: _Squares) -> float:
    """The σ for which half of the details lie below the median that is expected at their mean."""
    low, high = np.log(_LEAST), np.log(_LARGEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        expected = np.interp(squares.grey, *_table(float(np.exp(middle))))
        if _share_below(squares.detail, expected).mean() < 0.5:
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2))


@lru_cache(64)
def _table(sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """(means, medians): of values from grey to beyond white with noise of σ, cut off and rounded to 8 bits,
    the mean, ascending from 0, and the median of |a − b − c + d| of four of them, in levels."""
    greys = torch.linspace(max(0.0, 1 - 4 * sigma), 1 + 2 * sigma, _GREYS, dtype=torch.float64)
    greys = torch.cat([torch.zeros(1, dtype=torch.float64), greys]) if greys[0] > 0 else greys
    values = torch.linspace(-1, 1, _LEVELS + 1, dtype=torch.float64)
    below = torch.special.ndtr(((values[1:] + values[:-1]) / 2 - greys[:, None]) / sigma)
    chances = functional.pad(functional.pad(below, (1, 0)), (0, 1), value=1.0).diff(dim=1)
    # The difference of two pairs: its characteristic function is |φ|⁴.
    spectrum = torch.fft.rfft(chances, 4 * (_LEVELS + 1), dim=1).abs().pow(4)
    differences = torch.fft.irfft(spectrum, dim=1)[:, : 2 * _LEVELS + 1].clamp_min(0)
    differences[:, 1:] *= 2
    medians = [_median_of(row) for row in differences.numpy()]
    return (chances @ values).numpy(), np.array(medians)


def _kurtosis(details: np.ndarray) -> float:
    squares = np.square(details)
    return float(np.square(squares).mean() / max(squares.mean() ** 2, 1e-9))


def _median_of(chances: np.ndarray) -> float:
    """The median of whole numbers from 0 on, each of which stands for all that is rounded to it."""
    reached = chances.cumsum()
    whole = int(np.searchsorted(reached, reached[-1] / 2))
    share = (reached[-1] / 2 - (reached[whole] - chances[whole])) / chances[whole]
    return float(share / 2 if whole == 0 else whole - 0.5 + share)


def _median(details: np.ndarray) -> float:
    """The same of whole numbers that were found."""
    found, counts = np.unique(details, return_counts=True)
    reached = counts.cumsum()
    place = int(np.searchsorted(reached, len(details) / 2))
    share = (len(details) / 2 - (reached[place] - counts[place])) / counts[place]
    return float(share / 2 if found[place] == 0 else found[place] - 0.5 + share)


def _share_below(details: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """How much of all that is rounded to each of ``details`` lies below its limit."""
    return np.where(details == 0, limits * 2, limits - details + 0.5).clip(0, 1)
