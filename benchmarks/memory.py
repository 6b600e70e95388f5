"""How soon there is a window, and what it takes: ``python -m benchmarks.memory`` prints JSON (Linux only).

In a fresh process each, with a warm file cache:

- first_frame_ms: from the process's beginning to the first painted pair of images;
- private_mb: memory of this process alone, once torch and Qt are imported, when every page has been made
  (opened), after walking, and after training with Train's plots in front;
- where: the same by what it belongs to. Most is heap and anonymous memory: what torch and Python make while
  they are imported (imports tells how much each adds), models, pictures, widgets (made tells how much
  each page, the window around them and the first pictures add; some of it is given back at the end);
- shared_mb: files that are mapped and unchanged, which all processes share: by library. Resident is both.

ffmpeg, BM3D and a sweep's workers are processes of their own, started when they are needed.

Budget: private_mb opened ≤ 350.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.window_settings import settings_in
from benchmarks.window_waits import settle, wait

_HERE = "--in-this-process"
_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+\s*(.*)")
_LIBRARIES = {
    "torch": r"/torch/|functorch",
    "Qt": r"/PySide6/|/shiboken6/|libQt6",
    "numpy": r"/numpy",
    "Python and its packages": r"site-packages|dist-packages|libpython|/python3",
    "the system's libraries": r"\.so",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--starts", type=int, default=5, help="fresh processes started for the first frame")
    parser.add_argument("--walking", type=float, default=30, help="seconds of moving sliders")
    parser.add_argument("--training", type=float, default=60, help="seconds of training")
    parser.add_argument(_HERE, nargs=2, metavar=("BEGAN", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.in_this_process:
        began, folder = arguments.in_this_process
        print(json.dumps(measure(float(began), Path(folder), arguments.walking, arguments.training)))
        return
    frames = []
    for _ in range(arguments.starts + 1):  # the first warms the file cache
        frames.append(_in_a_process(0, 0)["first_frame_ms"])
    found = _in_a_process(arguments.walking, arguments.training)
    found["first_frame_ms"] = {"median": sorted(frames[1:])[len(frames[1:]) // 2], "all": frames[1:]}
    print(json.dumps(found, indent=2))


def _in_a_process(walking: float, training: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        lasting = ["--walking", str(walking), "--training", str(training)]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.memory", *lasting, _HERE, repr(time.monotonic()), scratch],
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(began: float, scratch: Path, walking: float, training: float) -> dict[str, Any]:
    """One window: opened, walked, trained; without either it ends at the first frame."""
    imports = {"python": _private()}
    from jnn_studio.training.device import leave_a_core_free

    imports["torch"] = _private() - sum(imports.values())
    import gc

    gc.disable()  # as the program itself does
    leave_a_core_free()

    from jnn_studio.app.application import the_application

    application = the_application()
    imports["Qt"] = _private() - sum(imports.values())
    from jnn_studio.app.window import MainWindow

    imports["pyqtgraph and the window's modules"] = _private() - sum(imports.values())
    made = _watch_pages(MainWindow)
    before = _private()
    window = MainWindow(settings_in(scratch))
    made["the window around them"] = _private() - before - sum(made.values())
    explore: Any = window.workspace("Explore")
    frames: list[float] = []
    explore.panes.painted.connect(lambda _: frames.append(1000 * (time.monotonic() - began)))
    window.show()
    wait(lambda: bool(frames), 120)
    made["the first pictures"] = _private() - before - sum(made.values())
    found: dict[str, Any] = {"first_frame_ms": round(frames[0])}
    if walking or training:
        wait(lambda: window.stack.count() == len(window._specs), 120)
        settle(5.0)
        found["imports_mb"] = {name: round(value, 1) for name, value in imports.items()}
        found["made_mb"] = {name: round(value, 1) for name, value in made.items()}
        found["opened"] = _now()
        _walk(explore, walking)
        found["after walking"] = _now()
        _train(window, scratch, training)
        found["after training"] = _now()
    window.close()
    window.shutdown()
    application.processEvents()
    return found


def _watch_pages(kind: Any) -> dict[str, float]:
    """What each page adds that a window makes from now on, by its title."""
    make, made = kind._make, dict[str, float]()

    def watched(window: Any, spec: Any) -> Any:
        before = _private()
        page = make(window, spec)
        made.setdefault(spec.title, _private() - before)
        return page

    kind._make = watched
    return made


def _walk(explore: Any, seconds: float) -> None:
    end, step = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        slider = explore.directions.sliders[step % 4].slider
        slider.setValue(slider.maximum() if step % 8 < 4 else slider.minimum())
        if step % 50 == 49:
            explore.choosing.step(1)
        step += 1
        settle(0.03)


def _train(window: Any, scratch: Path, seconds: float) -> None:
    from jnn_studio.training.configuration.presets import load_preset
    from jnn_studio.training.step.commands import Command

    window.show_workspace("Train")
    ended: list[bool] = []
    window.context.run_ended.connect(lambda *_: ended.append(True))
    window.context.start_run(load_preset("faces-quick"), scratch / "run")
    settle(seconds)
    window.context.training.send(Command.DISCARD)
    wait(lambda: bool(ended), 120)
    settle(2.0)


def _now() -> dict[str, Any]:
    """Private and shared memory in MB, by what it belongs to."""
    private, shared = _mappings()
    return {
        "private_mb": round(sum(private.values()), 1),
        "resident_mb": round(sum(private.values()) + sum(shared.values()), 1),
        "where": _rounded(private),
        "shared_mb": _rounded(shared),
    }


def _private() -> float:
    return sum(_mappings()[0].values())


def _mappings() -> tuple[dict[str, float], dict[str, float]]:
    """MB of this process alone, and of files that are mapped and unchanged, whoever else maps them."""
    private: defaultdict[str, float] = defaultdict(float)
    shared: defaultdict[str, float] = defaultdict(float)
    kind, is_file = "", False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        mapping = _MAPPING.match(line)
        if mapping is not None:
            is_file = mapping.group(1).startswith("/")
            kind = _kind(mapping.group(1))
        elif line.startswith(("Private_", "Shared_")):
            own = line.startswith("Private_Dirty") or (line.startswith("Private_") and not is_file)
            (private if own else shared)[kind] += float(line.split()[1]) / 1024
    return private, shared


def _kind(name: str) -> str:
    if not name or name.startswith("["):
        return "heap and anonymous"
    return next((kind for kind, words in _LIBRARIES.items() if re.search(words, name)), "other files")


def _rounded(found: dict[str, float]) -> dict[str, float]:
    largest = sorted(found.items(), key=lambda entry: -entry[1])
    return {name: round(value, 1) for name, value in largest if value >= 0.05}


if __name__ == "__main__":
    main()
