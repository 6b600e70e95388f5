"""Figure sheets on a page: PNG with exact pixels, SVG and PDF with embedded images.

Lengths are pixels of the PNG; drawings are the same page at 100 pixels an inch.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import ImageFont

from jnn_studio.base.drawing import (
    Axes,
    Figure,
    FigureCanvasAgg,
    FigureCanvasPdf,
    FigureCanvasSVG,
    FontProperties,
    drawing,
)
from jnn_studio.base.endings import ending_of
from jnn_studio.base.resource_files import resource
from jnn_studio.explore.figures.exporting import SOFTWARE, ExportError, state_json, writing
from jnn_studio.explore.figures.sheet import Sheet, SheetBlock, SheetRow

Layout = Literal["side by side", "stacked"]

SUFFIXES = (".png", ".svg", ".pdf")
DPI = 100
MARGIN = 16
GAP = 2
"""Between cells."""
LINE = 16
INK, MUTED = "#18181c", "#696973"
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 14, 12, 10

_SETTINGS = {
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "image.composite_image": False,
}


@dataclass(frozen=True)
class _Text:
    x: float
    y: float
    words: str
    size: int = TEXT_SIZE
    color: str = INK
    align: str = "left"


@dataclass(frozen=True)
class _Cell:
    x: int
    y: int
    side: tuple[int, int]
    image: np.ndarray


@dataclass(frozen=True)
class SheetPage:
    """Where everything is, in pixels from the upper left corner."""

    width: int
    height: int
    texts: tuple[_Text, ...]
    cells: tuple[_Cell, ...]


def save_sheet(sheet: Sheet, path: Path, scale: int = 1, layout: Layout = "side by side") -> None:
    """Draw ``sheet`` to ``path``: .png, .svg or .pdf, every image enlarged ``scale`` times.

    The same sheet gives the same bytes. The file carries title, caption, program and the state as JSON.

    Raises:
        ExportError: the name has another ending, or the file cannot be written; ``path`` is then as it was.
    """
    suffix = check_suffix(path)
    page = lay_out(sheet, scale, layout)
    with writing(path) as temporary, temporary.open("wb") as file, drawing(_SETTINGS):
        _PRINTERS[suffix](_figure(page), file, sheet)


def sheet_picture(sheet: Sheet, scale: int = 1, layout: Layout = "side by side") -> bytes:
    """The PNG that `save_sheet` would write."""
    buffer = io.BytesIO()
    with drawing(_SETTINGS):
        _print_png(_figure(lay_out(sheet, scale, layout)), buffer, sheet)
    return buffer.getvalue()


def check_suffix(path: Path) -> str:
    """The ending of a figure's name, in lower case; ExportError if it is none of a picture's."""
    suffix = ending_of(path)
    if suffix not in SUFFIXES:
        raise ExportError(
            f"{path}: figures are written as PNG, SVG or PDF; give a name ending in .png, .svg or .pdf"
        )
    return suffix


def lay_out(sheet: Sheet, scale: int = 1, layout: Layout = "side by side") -> SheetPage:
    """Where everything goes. Images of smaller models are enlarged further, by whole factors."""
    texts: list[_Text] = []
    cells: list[_Cell] = []
    target = scale * max((block.cells.shape[3] for block in sheet.blocks), default=1)
    top = MARGIN + 2 * LINE
    left, right, bottom = MARGIN, MARGIN, top
    gutter = 8 + int(max((_label_width(block) for block in sheet.blocks), default=0))
    for block in sheet.blocks:
        width, height = _place_block(block, sheet.amounts, left, top, gutter, target, texts, cells)
        right, bottom = max(right, left + width), max(bottom, top + height)
        if layout == "stacked":
            top += height + MARGIN
        else:
            left += width + 2 * MARGIN
    widest = int(max(_width(sheet.title, TITLE_SIZE), 24 * MARGIN))
    width = max(right, widest + MARGIN) + MARGIN
    texts.insert(0, _Text(MARGIN, MARGIN, sheet.title, TITLE_SIZE))
    for line in _wrapped(sheet.caption, width - 2 * MARGIN):
        texts.append(_Text(MARGIN, bottom + MARGIN, line, SMALL_SIZE, MUTED))
        bottom += LINE
    return SheetPage(width, bottom + 2 * MARGIN, tuple(texts), tuple(cells))


def _place_block(
    block: SheetBlock,
    amounts: tuple[float, ...],
    left: int,
    top: int,
    gutter: int,
    target: int,
    texts: list[_Text],
    cells: list[_Cell],
) -> tuple[int, int]:
    """Add one model's grid; its width and height."""
    steps, height, width = block.cells.shape[1:4]
    factor = max(1, target // width)
    high, wide = height * factor, width * factor
    labels = [_label(row) for row in block.rows]
    texts.append(_Text(left, top, block.title))
    y = top + LINE + 8
    for lines, row in zip(labels, block.cells, strict=True):
        step = 13
        first = y + max(0, (high - step * len(lines)) // 2)
        for n, (line, size) in enumerate(lines):
            texts.append(_Text(left, first + n * step, line, size, INK if n == 0 else MUTED))
        for s, image in enumerate(row):
            cells.append(_Cell(left + gutter + s * (wide + GAP), y, (high, wide), image))
        y += max(high, step * len(lines)) + GAP
    every = -(-int(_width("+0.000", SMALL_SIZE) + 6) // (wide + GAP))
    for s, amount in enumerate(amounts):
        if s % every == 0:
            x = left + gutter + s * (wide + GAP) + wide / 2
            texts.append(_Text(x, y + 2, f"{amount:+.3f}".replace("-", "−"), SMALL_SIZE, MUTED, "center"))
    across = gutter + steps * (wide + GAP) - GAP
    return max(across, int(_width(block.title, TEXT_SIZE))), y + LINE - top


def _label(row: SheetRow) -> list[tuple[str, int]]:
    lines = [(row.name, TEXT_SIZE), (row.strength, SMALL_SIZE)]
    if row.cosine is not None:
        lines.append((f"|cos| {row.cosine:.2f}", SMALL_SIZE))
    if row.meaning:
        lines.append((row.meaning, SMALL_SIZE))
    return lines


def _label_width(block: SheetBlock) -> float:
    return max((_width(line, size) for row in block.rows for line, size in _label(row)), default=0)


def _figure(page: SheetPage) -> Figure:
    figure = Figure(figsize=(page.width / DPI, page.height / DPI), dpi=DPI, facecolor="white")
    axes: Axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for cell in page.cells:
        high, wide = cell.side
        axes.imshow(
            cell.image,
            extent=(cell.x, cell.x + wide, cell.y + high, cell.y),
            interpolation="none",
            aspect="auto",
            resample=False,
        )
    axes.set_xlim(0, page.width)
    axes.set_ylim(page.height, 0)
    for text in page.texts:
        # Its own file, so that neither the user's settings nor Matplotlib's version choose another.
        font = FontProperties(fname=str(_font()), size=text.size * 72 / DPI)
        axes.text(
            text.x,
            text.y,
            text.words,
            fontproperties=font,
            color=text.color,
            ha=text.align,
            va="top",
            parse_math=False,
        )
    return figure


def _print_png(figure: Figure, file: Any, sheet: Sheet) -> None:
    words = {
        "Title": sheet.title,
        "Description": sheet.caption,
        "Software": SOFTWARE,
        "Session": state_json(sheet.state),
    }
    FigureCanvasAgg(figure).print_png(file, metadata=words)


def _print_svg(figure: Figure, file: Any, sheet: Sheet) -> None:
    words = {
        "Title": sheet.title,
        "Description": f"{sheet.caption}\n{state_json(sheet.state)}",
        "Creator": SOFTWARE,
        "Date": None,
    }
    FigureCanvasSVG(figure).print_svg(file, metadata=words)


def _print_pdf(figure: Figure, file: Any, sheet: Sheet) -> None:
    words = {
        "Title": sheet.title,
        "Subject": sheet.caption,
        "Keywords": state_json(sheet.state),
        "Creator": SOFTWARE,
        "Producer": SOFTWARE,
        "CreationDate": None,
    }
    FigureCanvasPdf(figure).print_pdf(file, metadata=words)


_PRINTERS: dict[str, Callable[[Figure, Any, Sheet], None]] = {
    ".png": _print_png,
    ".svg": _print_svg,
    ".pdf": _print_pdf,
}


def _font() -> Path:
    return Path(resource("fonts", "DejaVuSans.ttf"))


def _width(words: str, size: int) -> float:
    return float(ImageFont.truetype(str(_font()), size).getlength(words))


def _wrapped(words: str, width: float) -> list[str]:
    lines: list[str] = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _width(longer, SMALL_SIZE) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
