"""Frames of an animation: all models side by side at one moment, with their names and how far they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from jnn_studio.base.resource_files import resource
from jnn_studio.base.watch import Watch
from jnn_studio.explore.figures.motion import Frame
from jnn_studio.explore.figures.sheet import Renderer
from jnn_studio.explore.scene.renderer import Scene

INK, MUTED, PAPER = (24, 24, 28), (105, 105, 115), (255, 255, 255)


@dataclass(frozen=True)
class FrameStyle:
    """How a frame looks.

    Attributes:
        cell: longer side of each image in pixels. A whole multiple of the model's size shows its pixels as
            they are; anything else is resampled (Lanczos).
        labels: whether names and amounts are written above and below.
        columns: the keys of the models shown; None: all.
    """

    cell: int = 256
    labels: bool = True
    columns: tuple[str, ...] | None = None


def render_frames(
    renderer: Renderer, frames: Sequence[Frame], style: FrameStyle, watch: Watch
) -> Iterator[np.ndarray]:
    """Each frame as uint8 (height, width, 3), both even, all of one size.

    Raises:
        Cancelled: ``watch`` said so.
    """
    for done, frame in enumerate(frames):
        watch.step(done, len(frames))
        yield compose(renderer.render(frame.state), frame.label, style)
    watch.step(len(frames), len(frames))


def compose(scene: Scene, label: str, style: FrameStyle) -> np.ndarray:
    """One frame of ``scene``."""
    views = [view for view in scene.columns if style.columns is None or view.column.key in style.columns]
    cell = style.cell
    pictures = [enlarged(view.moved.image, cell) for view in views]
    small = max(9, min(14, cell // 16))
    gap = max(2, cell // 32) if style.labels else 0
    band = small + 8 if style.labels else 0
    high = max((picture.shape[0] for picture in pictures), default=cell)
    width = sum(picture.shape[1] + gap for picture in pictures) + gap
    height = high + 2 * band
    # Films have chroma at half the resolution, and so even sides.
    page = Image.new("RGB", (width + width % 2, height + height % 2), PAPER)
    draw = ImageDraw.Draw(page)
    left = gap
    for view, picture in zip(views, pictures, strict=True):
        wide = picture.shape[1]
        page.paste(Image.fromarray(picture), (left, band + (high - picture.shape[0]) // 2))
        if style.labels:
            centre = left + wide / 2
            amount = f"{label} · RMS {view.moved.rms:.3f}"
            for words, top, ink in ((view.caption, 2, INK), (amount, band + high + 3, MUTED)):
                fitting = _fitting(words, small, wide)
                draw.text((centre, top), fitting, ink, _font(small), anchor="ma")
        left += wide + gap
    return np.asarray(page)


def enlarged(image: np.ndarray, side: int) -> np.ndarray:
    """uint8 (h, w, 3), its longer side ``side`` pixels: repeated if that goes evenly, else resampled."""
    height, width = image.shape[:2]
    if side % max(height, width) == 0:
        factor = side // max(height, width)
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    size = max(1, round(side * width / max(height, width))), max(1, round(side * height / max(height, width)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(resource("fonts", "DejaVuSans.ttf")), size)


def _fitting(words: str, size: int, width: int) -> str:
    font = _font(size)
    if font.getlength(words) <= width:
        return words
    while words and font.getlength(f"{words}…") > width:
        words = words[:-1]
    return f"{words.rstrip()}…"
