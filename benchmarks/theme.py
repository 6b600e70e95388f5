"""How long a switch between light and dark keeps the window: ``python -m benchmarks.theme`` prints JSON.

A whole window with every page made; each page in turn is in front, and the theme goes to and fro.

- switch: until the colours are set;
- painted: until the window has been painted in them, everything that followed included;
- busy: what of that the interface's thread was at work, which other programs' load does not lengthen;
- shown: until a page that was hidden meanwhile is painted when it comes to the front.

Budget (milliseconds): painted ≤ 500.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.window_settings import settings_in
from benchmarks.window_waits import settle, wait

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--switches", type=int, default=6, help="switches timed on each page")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(arguments.switches, Path(scratch)), indent=2))


def measure(switches: int, scratch: Path) -> dict[str, Any]:
    """Medians and maxima for each page."""
    from PySide6.QtWidgets import QApplication

    from jnn_studio.app.theme import theme
    from jnn_studio.app.window import MainWindow

    application = QApplication([])
    settings = settings_in(scratch)
    settings.setValue("theme", "light")
    window = MainWindow(settings)
    window.show()
    titles = [spec.title for spec in window._specs]
    explore: Any = window.workspace("Explore")
    wait(lambda: explore.desk.scene is not None and window.stack.count() == len(titles), 60)
    result: dict[str, Any] = {"widgets": len(application.allWidgets())}
    for title in titles:
        window.show_workspace(title)
        settle(5.0)  # what a page works out when it is first seen has been worked out
        switch, painted, busy = [], [], []
        for _ in range(switches):
            begin, before = time.perf_counter(), time.thread_time()
            theme().mode = "light" if theme().is_dark else "dark"
            switch.append(1000 * (time.perf_counter() - begin))
            _finish()
            painted.append(1000 * (time.perf_counter() - begin))
            busy.append(1000 * (time.thread_time() - before))
            settle(0.3)
        result[title] = {
            "switch_ms": _summary(switch),
            "painted_ms": _summary(painted),
            "busy_ms": _summary(busy),
        }
    shown = []
    for title in titles * 2:
        theme().mode = "light" if theme().is_dark else "dark"
        _finish()
        begin = time.perf_counter()
        window.show_workspace(title)
        _finish()
        shown.append(1000 * (time.perf_counter() - begin))
        settle(0.3)
    result["shown_ms"] = _summary(shown)
    window.close()
    window.shutdown()
    return result


def _finish() -> None:
    """Everything that is to be done at once, layouts and painting included."""
    from PySide6.QtWidgets import QApplication

    for _ in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def _summary(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"median": round(ordered[len(ordered) // 2], 1), "max": round(ordered[-1], 1)}


if __name__ == "__main__":
    main()
