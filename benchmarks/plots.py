"""Redraws per second and memory of a plot with four curves of a million samples each, while they grow.

    python -m benchmarks.plots

Prints JSON. Each redraw appends to every curve, decimates, and paints the whole plot before the next begins.
"""

from __future__ import annotations

import gc
import json
import os
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from jnn_studio.app.plots.plot import StudioPlot

SAMPLES = 1_000_000
CURVES = ("unregularised", "regularised", "model-1", "model-2")
REDRAWS = 1_000
APPEND = 10


def resident_mib() -> float:
    """Memory of this process, in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def noisy_decay(steps: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (1 + 30 * np.exp(-steps / 200_000)) * np.exp(0.2 * rng.standard_normal(len(steps)))


def measure(log: bool) -> dict[str, float]:
    """Redraw a growing plot on a linear or a logarithmic axis."""
    app = QApplication.instance() or QApplication([])
    rng = np.random.default_rng(0)
    plot = StudioPlot("benchmark", "Loss")
    plot.set_labels(x="Training step", y="Loss")
    started = time.perf_counter()
    for color in CURVES:
        plot.add_curve(color, color, color)
        plot.extend(color, np.arange(SAMPLES), noisy_decay(np.arange(SAMPLES), rng))
    load = time.perf_counter() - started
    plot.log = log
    plot.resize(1280, 800)
    plot.show()
    app.processEvents()

    durations = np.empty(REDRAWS)
    busy = 0.0
    memory = []
    for redraw in range(REDRAWS):
        if redraw % 100 == 0:
            gc.collect()
            memory.append(resident_mib())
        steps = SAMPLES + redraw * APPEND + np.arange(APPEND)
        new = noisy_decay(steps, rng)
        started, busy_before = time.perf_counter(), time.process_time()
        for color in CURVES:
            plot.extend(color, steps, new)
        plot.refresh()
        plot.canvas.viewport().repaint()
        durations[redraw] = time.perf_counter() - started
        busy += time.process_time() - busy_before
        app.processEvents()
    gc.collect()
    memory.append(resident_mib())
    plot.close()
    plot.deleteLater()
    app.processEvents()
    return {
        "redraws_per_second": round(1 / float(durations.mean()), 1),
        "redraw_ms_mean": round(1e3 * float(durations.mean()), 2),
        "redraw_ms_p95": round(1e3 * float(np.quantile(durations, 0.95)), 2),
        "redraw_cpu_ms_mean": round(1e3 * busy / REDRAWS, 2),
        "load_s": round(load, 2),
        # The first hundred redraws fill caches.
        "memory_growth_mib": round(memory[-1] - memory[1], 2),
        "memory_mib": round(memory[-1], 1),
    }


def main() -> None:
    result = {
        "samples_per_curve": SAMPLES,
        "curves": len(CURVES),
        "redraws": REDRAWS,
        "linear": measure(log=False),
        "log": measure(log=True),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
