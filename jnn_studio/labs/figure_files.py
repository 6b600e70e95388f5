"""A lab's figure as files."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure


def write_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``figure`` as NAME.png and NAME.svg into ``folder``, without a date; the files.

    Raises:
        OSError: a file cannot be written.
    """
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    FigureCanvasAgg(figure)
    figure.savefig(png, dpi=160, metadata={"Software": "JNN Studio"})
    FigureCanvasSVG(figure)
    figure.savefig(svg, metadata={"Creator": "JNN Studio", "Date": None})
    return [png, svg]
