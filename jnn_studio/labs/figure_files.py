"""A lab's figure as files."""

from __future__ import annotations

from pathlib import Path

from jnn_studio.base.atomic import replacing
from jnn_studio.base.drawing import Figure, FigureCanvasAgg, FigureCanvasSVG


def write_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``figure`` as NAME.png and NAME.svg into ``folder``, without a date; the files. To be called
    while `drawing`.

    Raises:
        OSError: a file cannot be written.
    """
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    FigureCanvasAgg(figure)
    with replacing(png) as temporary:
        figure.savefig(temporary, format="png", dpi=160, metadata={"Software": "JNN Studio"})
    FigureCanvasSVG(figure)
    with replacing(svg) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Creator": "JNN Studio", "Date": None})
    return [png, svg]
