"""The paper's Figure 4 for any photograph: clean, noisy, and what every method makes of it, side by side.

Scarvelis & Solomon, NeurIPS 2024: BM3D, theirs, Noise2Noise and the supervised denoiser, in this order here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from jnn_studio.base.atomic import replacing
from jnn_studio.base.drawing import (
    Figure,
    FigureCanvasAgg,
    FigureCanvasPdf,
    FigureCanvasSVG,
    drawing,
)
from jnn_studio.base.endings import ending_of
from jnn_studio.data.errors import DataError
from jnn_studio.labs.denoise.measures import CONVENTIONS, Quality, decibels, quality
from jnn_studio.labs.denoise.methods import BM3D, METHODS, NOISE2NOISE, PENALISED, SUPERVISED
from jnn_studio.labs.denoise.noise import to_pixels

RESULTS = (BM3D, PENALISED, NOISE2NOISE, SUPERVISED)
"""The methods it shows, in the paper's order."""
SIDE = 256
"""Of the square that the paper shows, in pixels."""
ENDINGS = (".png", ".svg", ".pdf")
LARGEST = 1024
"""Pixels of a picture's longer side, at most."""
_DPI = 100
_GAP, _TITLE, _WORDS = 8, 30, 38
_SETTINGS = {"font.size": 9, "svg.fonttype": "path", "pdf.fonttype": 42, "image.composite_image": False}


@dataclass(frozen=True)
class Panel:
    """A picture, uint8 (h, w, 1 or 3), what stands above it, and how near it is to the clean one."""

    title: str
    pixels: np.ndarray
    quality: Quality | None = None


@dataclass(frozen=True)
class Part:
    """A rectangle of a photograph, in its pixels."""

    top: int
    left: int
    height: int
    width: int

    def of(self, image: Tensor) -> Tensor:
        """What of ``image`` (channels, height, width) lies in it."""
        return image[:, self.top : self.top + self.height, self.left : self.left + self.width]


def centre_part(size: tuple[int, int], side: int = SIDE) -> Part:
    """The centre square of a photograph of this height and width, or as much of it as there is."""
    height, width = (min(side, length) for length in size)
    return Part((size[0] - height) // 2, (size[1] - width) // 2, height, width)


def panels_of(
    noisy: Tensor, clean: Tensor | None, results: Mapping[str, Tensor], part: Part
) -> tuple[Panel, ...]:
    """What to write: images (1 or 3, h, w) in [-1, 1], by method; PSNR is that of the part."""
    shown: list[tuple[str, Tensor]] = [] if clean is None else [("Clean", clean)]
    shown.append(("Noisy", noisy))
    shown += [(METHODS[key].label, results[key]) for key in RESULTS if key in results]
    target = None if clean is None else part.of(clean)
    found = []
    for title, image in shown:
        own = part.of(image)
        near = None if target is None or image is clean else quality(own, target)
        found.append(Panel(title, _reduced(to_pixels(own)), near))
    return tuple(found)


def _reduced(pixels: np.ndarray) -> np.ndarray:
    """``pixels`` by averages over squares, where they are more than is drawn."""
    factor = math.ceil(max(pixels.shape[:2]) / LARGEST)
    if factor == 1:
        return pixels
    image = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0]).reduce(factor)
    return np.asarray(image).reshape(image.height, image.width, -1)


def write_figure4(panels: Sequence[Panel], caption: str, path: Path) -> None:
    """Write pictures of one size beside each other, pixel for pixel in a PNG, with their PSNR below them.

    Raises:
        DataError: ``path`` ends in none of `ENDINGS`.
        OSError: it cannot be written.
    """
    ending = ending_of(path)
    if ending not in ENDINGS:
        raise DataError(f"{path}: figures are written as PNG, SVG or PDF; end the name in one of them")
    height, width = panels[0].pixels.shape[:2]
    drawn = max(width, 160)  # room for words
    size = (len(panels) * (drawn + _GAP) + _GAP, _GAP + _TITLE + height + _WORDS + _TITLE)
    with drawing(_SETTINGS):
        figure = Figure((size[0] / _DPI, size[1] / _DPI), dpi=_DPI)
        for place, panel in enumerate(panels):
            left = _GAP + place * (drawn + _GAP)
            at = (left + (drawn - width) // 2, size[1] - _GAP - _TITLE - height)
            axes = figure.add_axes(
                (at[0] / size[0], at[1] / size[1], width / size[0], height / size[1]), frameon=False
            )
            axes.set_axis_off()
            shown = panel.pixels.repeat(3, axis=2) if panel.pixels.shape[2] == 1 else panel.pixels
            axes.imshow(shown, interpolation="nearest", aspect="auto")
            middle = (left + drawn / 2) / size[0]
            figure.text(middle, 1 - (_GAP + 18) / size[1], panel.title, ha="center", weight="bold")
            figure.text(
                middle,
                (at[1] - _GAP) / size[1],
                _words(panel),
                ha="center",
                va="top",
                linespacing=1.4,
                size=8,
            )
        figure.text(_GAP / size[0], _GAP / size[1], caption, size=8, color="#696973")
        with replacing(path, make_folder=False) as temporary:
            if ending == ".png":
                FigureCanvasAgg(figure)
                figure.savefig(temporary, format="png", dpi=_DPI, metadata={"Software": "JNN Studio"})
            elif ending == ".svg":
                FigureCanvasSVG(figure)
                figure.savefig(temporary, format="svg", metadata={"Creator": "JNN Studio", "Date": None})
            else:
                FigureCanvasPdf(figure)
                figure.savefig(
                    temporary, format="pdf", metadata={"Creator": "JNN Studio", "CreationDate": None}
                )


def _words(panel: Panel) -> str:
    if panel.quality is None:
        return ""
    paper, plain = (CONVENTIONS[name].label for name in ("psnr_paper", "psnr_plain"))
    return f"{paper} {decibels(panel.quality.psnr_paper)}\n{plain} {decibels(panel.quality.psnr_plain)}"
