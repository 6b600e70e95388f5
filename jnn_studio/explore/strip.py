"""Film strips: one row of images for each direction, as in the paper's Figures 6 to 8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from jnn_studio.explore.walker import Walker
from jnn_studio.models.weights import LoadedModel
from jnn_studio.resource_files import resource

MARGIN = 8
INK, MUTED, PAPER = (24, 24, 28), (105, 105, 115), (255, 255, 255)


@dataclass(frozen=True)
class Strip:
    """Traversals of one model.

    Attributes:
        title: the model's name.
        amounts: RMS image change of each column.
        rows: uint8 images (directions, steps, height, width, 3).
        sigma: the directions' singular values.
    """

    title: str
    amounts: np.ndarray
    rows: np.ndarray
    sigma: np.ndarray


def make_strip(loaded: LoadedModel, image: Tensor, directions: int, steps: int, limit: float) -> Strip:
    """Walk ``loaded`` from ``image`` (channels, size, size) along its first singular directions.

    Args:
        directions: how many, one row each.
        steps: images in a row, from −limit to +limit.
        limit: RMS image change at both ends, images being in [0, 1].
    """
    walker = Walker(loaded, limit=limit)
    place = walker.place(image, directions)
    amounts = np.linspace(-limit, limit, steps)
    rows = [
        np.stack([moved.image for moved in walker.strip(place, d, amounts.tolist())])
        for d in range(place.directions.shape[1])
    ]
    return Strip(_title(loaded), amounts, np.stack(rows), place.sigma[: len(rows)])


def draw_strips(strips: Sequence[Strip], scale: int = 1) -> Image.Image:
    """All strips beneath each other, with the model's name, σ of each row and the RMS of each column."""
    face = resource("fonts", "DejaVuSans.ttf")  # Pillow's own font has no Greek letters
    font = ImageFont.truetype(str(face), 13)
    small = ImageFont.truetype(str(face), 11)
    side = strips[0].rows.shape[2] * scale
    gutter = 88
    width = gutter + max(s.rows.shape[1] for s in strips) * (side + 2) + MARGIN
    heights = [28 + len(s.rows) * (side + 2) + 24 for s in strips]
    page = Image.new("RGB", (width, sum(heights) + MARGIN), PAPER)
    draw = ImageDraw.Draw(page)
    top = MARGIN
    for strip, height in zip(strips, heights, strict=True):
        draw.text((MARGIN, top), strip.title, INK, font)
        for d, row in enumerate(strip.rows):
            y = top + 24 + d * (side + 2)
            draw.text((MARGIN, y + side // 2 - 14), f"u{d + 1}", INK, font)
            draw.text((MARGIN, y + side // 2 + 2), f"σ {strip.sigma[d]:.3g}", MUTED, small)
            for s, picture in enumerate(row):
                tile = Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC)
                page.paste(tile, (gutter + s * (side + 2), y))
        y = top + 24 + len(strip.rows) * (side + 2) + 2
        draw.text((MARGIN, y), "RMS change", MUTED, small)
        for s, amount in enumerate(strip.amounts):
            draw.text((gutter + s * (side + 2) + side / 2, y), f"{amount:+.3f}", MUTED, small, anchor="ma")
        top += height
    return page


def _title(loaded: LoadedModel) -> str:
    eta = loaded.info.get("eta")
    return loaded.name if eta is None else f"{loaded.name}, η = {float(eta):g}"
