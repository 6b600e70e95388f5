"""Does everything fit, at every size and scale? ``python -m benchmarks.fitting`` prints JSON; fails if not.

A whole window with all its pages at sizes from its smallest on, light and dark, each scale (QT_SCALE_FACTOR)
in a process of its own: no visible control lies over another, and none is cut or cannot be scrolled to.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.window_settings import settings_in
from benchmarks.window_waits import settle, wait

if TYPE_CHECKING:
    from PySide6.QtCore import QRect
    from PySide6.QtWidgets import QWidget

    from jnn_studio.app.window import MainWindow

SIZES = ((640, 440), (800, 600), (960, 640), (1024, 740), (1280, 800), (1920, 1080), (2560, 1440))
SCALES = (1.0, 1.25, 1.5, 2.0)
MODES = ("light", "dark")


def main() -> int:
    """Check in a process for each scale, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scales", type=float, nargs="+", default=SCALES)
    parser.add_argument("--sizes", nargs="+", default=[f"{w}x{h}" for w, h in SIZES], help="such as 800x600")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--here", action="store_true", help="in this process, at the scale it has")
    arguments = parser.parse_args()
    sizes = [(int(w), int(h)) for w, _, h in (text.partition("x") for text in arguments.sizes)]
    if arguments.here:
        print(json.dumps(check_all(sizes, arguments.modes)))
        return 0
    found: dict[str, Any] = {}
    for scale in arguments.scales:
        command = [sys.executable, "-m", "benchmarks.fitting", "--here", "--sizes", *arguments.sizes]
        ended = subprocess.run(
            [*command, "--modes", *arguments.modes],
            env=os.environ | {"QT_SCALE_FACTOR": str(scale), "QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found[f"scale {scale:g}"] = json.loads(ended.stdout.splitlines()[-1])
    print(json.dumps(found, indent=2))
    return 1 if any(result["wrong"] for result in found.values()) else 0


def check_all(sizes: Sequence[tuple[int, int]], modes: Sequence[str]) -> dict[str, Any]:
    """Make a window and check it."""
    import torch  # noqa: F401  (before PySide6)
    from PySide6.QtWidgets import QApplication

    from jnn_studio.app.bundled_font import use_bundled_font
    from jnn_studio.app.window import MainWindow

    application = QApplication([])  # noqa: F841  (lives as long as this function)
    use_bundled_font()
    with tempfile.TemporaryDirectory() as scratch:
        window = MainWindow(settings_in(Path(scratch)))
        window.show()
        explore: Any = window.workspace("Explore")
        wait(lambda: explore.desk.scene is not None, 120)
        wrong = wrong_at(window, sizes, modes)
        ratio = window.devicePixelRatioF()
        window.close()
        window.shutdown()
    return {"device_pixel_ratio": ratio, "sizes": len(sizes), "wrong": wrong}


def wrong_at(window: MainWindow, sizes: Sequence[tuple[int, int]], modes: Sequence[str]) -> list[str]:
    """What is wrong with any page of a window, in words."""
    from jnn_studio.app.theme import theme

    found = []
    for spec in window._specs:
        window.workspace(spec.title)
    for mode in modes:
        theme().mode = mode  # type: ignore[assignment]
        for size in sizes:
            window.resize(*size)
            window.layout().activate()  # type: ignore[union-attr]
            _settle()
            if window.size().toTuple() != size:
                found.append(f"the window cannot be {size}")
            for spec in window._specs:
                window.show_workspace(spec.title)
                _settle()
                page = window.workspace(spec.title)
                where = f"{spec.title} at {size[0]}×{size[1]}, {mode}"
                found += [f"{where}: {words}" for words in (*overlapping(page), *outside(page))]
                room = window.room.viewport().size()
                bars = window.room.horizontalScrollBar(), window.room.verticalScrollBar()
                if page.width() > room.width() + bars[0].maximum():
                    found.append(f"{where}: wider than can be scrolled")
                if page.height() > room.height() + bars[1].maximum():
                    found.append(f"{where}: higher than can be scrolled")
    return found


def _settle() -> None:
    for _ in range(3):
        settle(0.015)


def controls(page: QWidget) -> list[QWidget]:
    """Controls that are to be seen, or to be scrolled to; those of panels behind others are not."""
    from PySide6.QtWidgets import (
        QAbstractButton,
        QAbstractSpinBox,
        QComboBox,
        QDockWidget,
        QLineEdit,
        QSlider,
    )

    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
    found: list[QWidget] = [
        w for kind in kinds for w in page.findChildren(kind) if w.isVisible() and w.width() > 1
    ]
    behind = {dock for dock in page.findChildren(QDockWidget) if dock.x() < 0 or dock.y() < 0}
    return [
        w
        for w in found
        if not any(dock.isAncestorOf(w) for dock in behind)
        and not isinstance(w.parentWidget(), (QAbstractSpinBox, QComboBox, QLineEdit, QDockWidget))
        and not w.objectName().startswith(("qt_", "Scroll"))
    ]


def place(control: QWidget, page: QWidget) -> QRect:
    """Where it is seen within the page: what it stands in may scroll."""
    from PySide6.QtCore import QPoint, QRect
    from PySide6.QtWidgets import QScrollArea

    area, rect = control, QRect(control.mapTo(page, QPoint(0, 0)), control.size())
    while area is not page:
        parent = area.parentWidget()
        assert parent is not None
        area = parent
        if isinstance(area, QScrollArea):
            rect &= QRect(area.viewport().mapTo(page, QPoint(0, 0)), area.viewport().size())
    return rect


def overlapping(page: QWidget) -> list[str]:
    """Pairs of controls that lie over each other."""
    seen = [(w, place(w, page)) for w in controls(page)]
    seen = [(w, rect) for w, rect in seen if not rect.isEmpty()]
    return [
        f"{a.objectName() or type(a).__name__} over {b.objectName() or type(b).__name__}"
        for number, (a, first) in enumerate(seen)
        for b, second in seen[number + 1 :]
        if not a.isAncestorOf(b)
        and not b.isAncestorOf(a)
        # A pixel of a frame is shared by segments of one control.
        and not first.adjusted(1, 1, -1, -1).intersected(second.adjusted(1, 1, -1, -1)).isEmpty()
    ]


def outside(page: QWidget) -> list[str]:
    """Controls that nobody can reach, even by scrolling."""
    room = page.rect()
    return [
        f"{w.objectName() or type(w).__name__} outside"
        for w in controls(page)
        if not place(w, page).isEmpty() and not room.contains(place(w, page))
    ]


if __name__ == "__main__":
    sys.exit(main())
