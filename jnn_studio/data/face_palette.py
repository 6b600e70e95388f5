"""The colours of a portrait as smooth functions of its factors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

_Rgb = tuple[float, float, float]

# Control points in sRGB, from factor -1 to factor 1; the curve only leans towards the inner ones.
_SKIN: tuple[_Rgb, ...] = (
    (0.42, 0.26, 0.19),
    (0.62, 0.39, 0.27),
    (0.86, 0.62, 0.45),
    (0.98, 0.80, 0.67),
    (1.00, 0.91, 0.85),
)
_HAIR: tuple[_Rgb, ...] = (
    (0.10, 0.09, 0.12),
    (0.20, 0.11, 0.09),
    (0.48, 0.16, 0.07),
    (0.98, 0.40, 0.10),
    (0.98, 0.80, 0.40),
    (0.97, 0.91, 0.78),
)
_IRIS: tuple[_Rgb, ...] = ((0.30, 0.17, 0.10), (0.35, 0.22, 0.08), (0.25, 0.50, 0.25), (0.22, 0.50, 0.72))


@dataclass(frozen=True)
class Palette:
    """Colours (batch, 3, 1, 1) in [0, 1]; ``_light`` and ``_dark`` are the same surface lit and in shade."""

    sky: Tensor
    ground: Tensor
    glow: Tensor
    cloth: Tensor
    cloth_light: Tensor
    cloth_dark: Tensor
    skin: Tensor
    skin_light: Tensor
    skin_dark: Tensor
    blush: Tensor
    lip: Tensor
    lip_light: Tensor
    lip_dark: Tensor
    mouth: Tensor
    tongue: Tensor
    teeth: Tensor
    hair: Tensor
    hair_light: Tensor
    hair_dark: Tensor
    brow: Tensor
    lash: Tensor
    eye_white: Tensor
    eye_shadow: Tensor
    iris: Tensor
    iris_light: Tensor
    iris_dark: Tensor
    pupil: Tensor
    glint: Tensor

    @classmethod
    def of(cls, factor: Mapping[str, Tensor]) -> Palette:
        """Colours of factors (batch, 1, 1, 1) by name."""
        hue = 0.80 * math.pi * factor["background hue"] + 0.9
        skin = _along(_SKIN, factor["skin tone"])
        hair = _along(_HAIR, factor["hair colour"])
        iris = _along(_IRIS, factor["hair colour"])

        def fixed(*rgb: float) -> Tensor:
            return torch.tensor(rgb, dtype=hue.dtype, device=hue.device).view(1, 3, 1, 1)

        lip = _mix(skin * fixed(0.95, 0.80, 0.80), fixed(0.86, 0.27, 0.30), 0.40)
        white = fixed(1.0, 0.99, 0.96)
        return cls(
            sky=_oklch(0.86, 0.060, hue),
            ground=_oklch(0.70, 0.085, hue + 0.5),
            glow=_oklch(0.94, 0.025, hue - 0.2),
            cloth=_oklch(0.56, 0.085, hue + 2.6),
            cloth_light=_oklch(0.80, 0.060, hue + 2.6),
            cloth_dark=_oklch(0.36, 0.052, hue + 2.4),
            skin=_mix(skin, white, 0.10),
            skin_light=_mix(skin, white, 0.75),
            skin_dark=skin * fixed(0.64, 0.49, 0.48),
            blush=_mix(skin, fixed(0.97, 0.36, 0.36), 0.60),
            lip=lip,
            lip_light=_mix(lip, white, 0.6),
            lip_dark=lip * fixed(0.80, 0.68, 0.70),
            mouth=fixed(0.30, 0.08, 0.10),
            tongue=fixed(0.84, 0.38, 0.40),
            teeth=white,
            hair=hair,
            hair_light=_mix(hair, fixed(1.0, 0.84, 0.62), 0.26),
            hair_dark=hair * fixed(0.52, 0.46, 0.48),
            brow=_mix(hair, fixed(0.16, 0.09, 0.08), 0.55),
            lash=_mix(hair, fixed(0.08, 0.05, 0.06), 0.85),
            eye_white=fixed(0.97, 0.96, 0.95),
            eye_shadow=fixed(0.74, 0.73, 0.80),
            iris=iris,
            iris_light=_mix(iris, white, 0.40),
            iris_dark=iris * 0.45,
            pupil=fixed(0.05, 0.04, 0.06),
            glint=white,
        )


def _mix(a: Tensor, b: Tensor, weight: float) -> Tensor:
    return a + weight * (b - a)


def _along(colours: tuple[_Rgb, ...], position: Tensor) -> Tensor:
    """Bézier curve through colour space: ``position`` (batch, 1, 1, 1) in [-1, 1] to (batch, 3, 1, 1)."""
    t = (position + 1) / 2
    n = len(colours) - 1
    weights = torch.cat([math.comb(n, k) * t**k * (1 - t) ** (n - k) for k in range(n + 1)], dim=1)
    table = torch.tensor(colours, dtype=t.dtype, device=t.device)
    return (weights.flatten(1) @ table)[:, :, None, None]


def _oklch(lightness: float, chroma: float, hue: Tensor) -> Tensor:
    """sRGB of an OKLCh colour (Ottosson 2020): equal lightness and colourfulness at every hue.

    The display curve is the plain power 1/2.2, which is smooth; callers keep to colours inside the gamut.
    """
    a, b = chroma * torch.cos(hue), chroma * torch.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = torch.cat(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        dim=1,
    )
    return linear ** (1 / 2.2)
