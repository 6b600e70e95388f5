"""The paper's Figure 4, drawn into a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
from jnn_studio.labs.denoise.measuring.figure4 import ENDINGS, Panel
from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS, decibels

_DPI = 100
_GAP, _TITLE, _WORDS = 8, 30, 38
_SETTINGS = {"font.size": 9, "svg.fonttype": "path", "pdf.fonttype": 42, "image.composite_image": False}


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
