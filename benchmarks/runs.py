"""Opening and refreshing a list of thousands of runs: processor time until all are described, and afterwards.

    python -m benchmarks.runs [--runs 3000] [--steps 2000] [--made FOLDER]

``--made``: runs that `benchmarks.many_runs` has made. Prints JSON. "anew" reads every run, "remembered" is
the first look of a program that has been run before; "unchanged" the look that the window takes again and
again, "one_changed" the same with a run under way. The table's figures are of the window's list: filling,
sorting and filtering it, and scrolling through it.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch  # noqa: F401  (before PySide6)
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from benchmarks.many_runs import make_runs
from jnn_studio.app.workspaces.runs.table.model import RunTableModel
from jnn_studio.app.workspaces.runs.table.view import RunTable
from jnn_studio.base.watch import Watch
from jnn_studio.runs.choosing import RunFilter
from jnn_studio.runs.index import RunIndex, Runs
from jnn_studio.training.folder.run_folder import RunFolder

PAGES = 60


def seconds(do: Callable[[], object]) -> float:
    """Of this process's processor time, which other programs disturb least."""
    started = time.process_time()
    do()
    return time.process_time() - started


def measure_index(folder: Path, paths: list[Path]) -> tuple[dict[str, float], Runs]:
    """Looking for runs on a worker."""
    memory, kept = folder / "runs.json", folder / "kept"
    index = RunIndex(kept, memory)
    places = [paths[0].parent]
    found: dict[str, float] = {"anew_s": seconds(lambda: index.refresh(places, Watch()))}
    again = RunIndex(kept, memory)
    found["remembered_s"] = seconds(lambda: again.refresh(places, Watch()))
    found["unchanged_s"] = min(seconds(lambda: again.refresh(places, Watch())) for _ in range(5))
    RunFolder(paths[0]).set_state("stopped", 10)
    found["one_changed_s"] = seconds(lambda: again.refresh(places, Watch()))
    found["memory_file_mb"] = memory.stat().st_size / 2**20
    return found, again.refresh(places, Watch())


def measure_table(runs: Runs) -> dict[str, float]:
    """What happens on the interface's thread."""
    app = QApplication.instance() or QApplication([])
    model = RunTableModel()
    table = RunTable(model)
    table.resize(1200, 700)
    table.show()
    found = {"fill_ms": seconds(lambda: model.set_runs(runs))}
    app.processEvents()
    found["again_ms"] = seconds(lambda: model.set_runs(runs))
    eta = model.column_of("eta")
    found["sort_ms"] = seconds(lambda: table.sortByColumn(eta, Qt.SortOrder.AscendingOrder))
    found["filter_ms"] = seconds(lambda: table.show_only(RunFilter(text="faces")))
    table.show_only(RunFilter())
    bar = table.verticalScrollBar()
    frames = []
    for page in range(PAGES):
        bar.setValue(bar.maximum() * page // PAGES)
        frames.append(seconds(table.viewport().repaint))
    found["scrolled_page_ms_p95"] = sorted(frames)[int(0.95 * PAGES)]
    table.close()
    table.deleteLater()
    app.processEvents()
    return {name: 1000 * value for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3_000)
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--made", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = given.made and sorted(given.made.iterdir())
        index, runs = measure_index(folder, made or make_runs(folder / "runs", given.runs, given.steps))
    figures = {"runs": len(runs), "steps": given.steps, **index, **measure_table(runs)}
    print(json.dumps({key: round(value, 3) for key, value in figures.items()}, indent=2))


if __name__ == "__main__":
    main()
