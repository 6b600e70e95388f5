"""Matplotlib as every figure uses it: with its own defaults, whatever settings lie about on the machine.

Nothing else imports it. Canvases are used directly: there is no global figure, so any thread can draw.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def _without_settings() -> Iterator[None]:
    """While it is imported, Matplotlib finds only the settings it ships with.

    It would read those of the working directory, where one broken line, or a pipe of that name, ends or stops
    the import; and there is no way to ask it not to.
    """
    exists = os.path.exists

    def its_own(path: Any) -> bool:
        asking = sys._getframe(1).f_code.co_name
        return exists(path) and (asking != "matplotlib_fname" or "mpl-data" in str(path))

    os.path.exists = its_own
    try:
        yield
    finally:
        os.path.exists = exists


with _without_settings():
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path as Outline

__all__ = [
    "Axes",
    "Figure",
    "FigureCanvasAgg",
    "FigureCanvasPdf",
    "FigureCanvasSVG",
    "FontProperties",
    "Outline",
    "drawing",
]

# Matplotlib's settings are one table for the process.
_SETTINGS = threading.Lock()
_DEFAULTS: dict[Any, Any] = {
    name: value for name, value in dict.items(matplotlib.rcParamsDefault) if name != "backend"
}


@contextmanager
def drawing(settings: Mapping[str, Any]) -> Iterator[None]:
    """Draw and write figures with Matplotlib's defaults and these ``settings``, one thread at a time."""
    # A fixed salt: the same numbers give the same file.
    with _SETTINGS, matplotlib.rc_context(_DEFAULTS | {"svg.hashsalt": "jnn-studio"} | dict(settings)):
        yield
