"""Screenshots of the program doing its work, for the README and for looking at: ``make screenshots``.

Trains a short pair, solves a short ROF problem, denoises and restores for real, and photographs every
workspace in both themes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import torch  # noqa: F401  (before PySide6: the other order fails on Windows)
from PIL import Image
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDockWidget

from benchmarks.window_settings import settings_in
from benchmarks.window_waits import settle, wait
from jnn_studio.app.theme import theme
from jnn_studio.app.window import MainWindow
from jnn_studio.data.config import FacesConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.training.configuration.presets import load_preset
from jnn_studio.training.device import leave_a_core_free

SIZES = ((1280, 800), (1920, 1080))
STEPS, TUTORIAL_STEPS = 600, 1500
PERSONS, PRINTS = 40, 12


def main() -> None:
    """Photograph and leave."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the PNG files go")
    parser.add_argument("--tutorial", action="store_true", help="the tutorial's pictures alone")
    asked = parser.parse_args()
    folder: Path = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    leave_a_core_free()
    application = QApplication([])  # noqa: F841  (lives as long as this function)
    with tempfile.TemporaryDirectory() as scratch:
        window = MainWindow(settings_in(Path(scratch)))
        window.show()
        explore = window.workspace("Explore")
        wait(lambda: explore.desk.scene is not None)
        _tutorial(window, folder, Path(scratch))
        if asked.tutorial:
            window.close()
            window.shutdown()
            return
        explore.desk.open_bundled()
        explore.desk.open_source(FacesConfig())
        wait(lambda: len(explore.desk.source) == FacesConfig().count)
        explore.desk.set_amount(2, 0.06)
        window.show_workspace("Train")
        _photograph(window, folder, "train-empty", SIZES[:1])
        ended: list[object] = []
        window.context.run_ended.connect(lambda *_: ended.append(True))
        config = load_preset("faces-quick").with_changes(steps=STEPS)
        window.context.start_run(config, Path(scratch) / "runs" / "faces-quick")
        wait(lambda: window.context.training.feed is None and bool(ended), 600)
        settle(1.0)
        _photograph(window, folder, "train", SIZES)
        window.show_workspace("Explore")
        _photograph(window, folder, "explore", SIZES)
        explore.desk.add_models("beta-vae")
        wait(lambda: len(explore.desk.scene.columns) == 3)
        explore.desk.set_directions("c3", "axes")
        explore.findChild(QDockWidget, "explore.dock.meaning").raise_()
        wait(lambda: explore.desk.scene.state == explore.desk.state)
        settle(2.0)
        _photograph(window, folder, "explore-three-models", SIZES)
        explore.desk.open_bundled()
        explore.desk.open_source(FacesConfig(count=1000))
        wait(lambda: len(explore.desk.source) == 1000)
        explore.findChild(QAction, "explore.map.show").trigger()
        wait(lambda: explore.map.standing.words.text() == "1,000 images.", 300)
        colour = explore.map.controls.colour
        colour.setCurrentIndex(colour.findData("head yaw"))
        colour.activated.emit(colour.currentIndex())
        explore.map.controls.pictures.trigger()
        explore.desk.set_amount(2, 0.1)
        settle(3.0)
        _photograph(window, folder, "explore-map", SIZES)
        window.show_workspace("Validate")
        ended.clear()
        config = load_preset("rof-2d-quick").with_changes(steps=STEPS)
        window.context.start_run(config, Path(scratch) / "runs" / "rof-2d-quick")
        wait(lambda: window.context.training.feed is None and bool(ended), 600)
        settle(1.0)
        _photograph(window, folder, "validate", SIZES)
        ended.clear()
        config = load_preset("faces-quick").with_changes(steps=STEPS, eta="0.03")
        window.context.start_run(config, Path(scratch) / "runs" / "faces-less")
        wait(lambda: window.context.training.feed is None and bool(ended), 600)
        window.show_workspace("Runs")
        runs = window.workspace("Runs")
        wait(lambda: runs.table.shown == 4)  # with the tutorial's
        runs.bar.text.setText("faces")
        wait(lambda: runs.table.shown == 2)
        runs.table.selectAll()
        wait(lambda: len(runs.comparison.shown) == 2)
        settle(1.0)
        _photograph(window, folder, "runs", SIZES)
        window.show_workspace("Denoise")
        denoise = window.workspace("Denoise")
        wait(lambda: "bm3d" in denoise.desk.levels, 120)  # the slowest, and the last
        _photograph(window, folder, "denoise", SIZES[:1])
        denoise.switch.current = "why"
        wait(lambda: denoise.why.spectra.answers and not denoise.why.spectra.waiting)
        _photograph(window, folder, "denoise-why", SIZES[:1])
        denoise.switch.current = "restore"
        wait(lambda: denoise.restore.start.isEnabled())
        denoise.restore.start.click()
        wait(lambda: not denoise.restore.restoring.running)
        _photograph(window, folder, "denoise-restore", SIZES[:1])
        window.close()
        window.shutdown()


def _tutorial(window: MainWindow, folder: Path, scratch: Path) -> None:
    """From a folder to walks, as docs/tutorial.md has it. Drawn faces in sepia stand for photographs."""
    photos = scratch / "photos"
    faces = FaceSource(PERSONS * PRINTS, 64, seed=7)
    for number, face in enumerate(faces.thumbnails(range(len(faces)), 64)):
        person = photos / f"person-{number // PRINTS + 1:02}"
        person.mkdir(parents=True, exist_ok=True)
        grey = face.astype(np.float32) @ np.array((0.30, 0.59, 0.11), np.float32) / 255
        tones = 235 * grey[..., None] ** np.array((0.9, 1.1, 1.5), np.float32)
        Image.fromarray(tones.astype(np.uint8)).save(person / f"{number % PRINTS + 1}.png")
    explore, size = window.workspace("Explore"), SIZES[:1]
    window.open_files([photos])
    wait(lambda: len(explore.desk.source) == PERSONS * PRINTS, 120)
    settle(4.0)
    _photograph(window, folder, "tutorial-folder", size, ("light",))
    ended: list[object] = []
    over = window.context.run_ended.connect(lambda *_: ended.append(True))
    config = load_preset("photos").with_changes(steps=TUTORIAL_STEPS, data=photos, target_rank=14)
    window.show_workspace("Train")
    feed = window.context.start_run(config, scratch / "runs" / "photos")
    wait(lambda: window.context.training.feed is None and bool(ended), 1500)
    settle(1.0)
    _photograph(window, folder, "tutorial-train", size, ("light",))
    window.context.explore_requested.emit(feed.path)
    wait(lambda: "photos" in str(explore.desk.scene.state.columns[0].where))
    explore.desk.set_amount(0, 0.08)
    settle(4.0)
    _photograph(window, folder, "tutorial-walk", size, ("light",))
    window.context.run_ended.disconnect(over)


def _photograph(
    window: MainWindow,
    folder: Path,
    name: str,
    sizes: tuple[tuple[int, int], ...],
    modes: tuple[str, ...] = ("light", "dark"),
) -> None:
    for mode in modes:
        theme().mode = mode  # type: ignore[assignment]
        for width, height in sizes:
            window.resize(width, height)
            settle(0.6)
            window.grab().save(str(folder / f"{name}-{mode}-{width}x{height}.png"))


if __name__ == "__main__":
    main()
