"""Figures are drawn with the program's own settings, whatever lies about on the machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

import jnn_studio
from jnn_studio.base.drawing import Figure, FigureCanvasAgg, drawing

SETTINGS = "figure.facecolor: red\ntext.usetex: True\nfont.size: 40\nsvg.fonttype: none\nno setting\n"
DRAW = """
import hashlib, sys
from pathlib import Path
from jnn_studio.base.drawing import Figure, drawing
from jnn_studio.labs.figure_files import write_figure
with drawing({"font.size": 9}):
    figure = Figure(figsize=(2, 2))
    figure.add_subplot().set(title="x", xlabel="η")
    for path in write_figure(figure, Path(sys.argv[1]), "f"):
        print(hashlib.sha256(path.read_bytes()).hexdigest())
"""


def drawn(folder: Path, out: Path, **environment: str) -> list[str]:
    out.mkdir(exist_ok=True)
    paths = os.pathsep.join([str(Path(jnn_studio.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRAW, str(out)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_settings_in_the_working_directory_and_the_persons_own_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    expected = drawn(tmp_path / "clean", tmp_path / "out")
    here, home = tmp_path / "here", tmp_path / "home"
    for folder in (here, home):
        folder.mkdir()
        (folder / "matplotlibrc").write_bytes(SETTINGS.encode() + b"\xff\xfe\n")

    assert len(expected) == 2
    assert drawn(here, tmp_path / "out") == expected
    assert drawn(tmp_path / "clean", tmp_path / "out", MATPLOTLIBRC=str(here / "matplotlibrc")) == expected
    assert drawn(tmp_path / "clean", tmp_path / "out", MPLCONFIGDIR=str(home)) == expected
    (here / "matplotlibrc").unlink()
    os.mkfifo(here / "matplotlibrc")
    assert drawn(here, tmp_path / "out") == expected


def test_settings_somebody_changed_in_this_process_change_nothing_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pixels() -> bytes:
        with drawing({}):
            figure = Figure(figsize=(1, 1))
            canvas = FigureCanvasAgg(figure)
            figure.add_subplot()
            canvas.draw()
            return bytes(canvas.buffer_rgba())

    expected = pixels()
    monkeypatch.setitem(matplotlib.rcParams, "figure.facecolor", "red")
    monkeypatch.setitem(matplotlib.rcParams, "axes.linewidth", 9.0)

    assert pixels() == expected
    assert matplotlib.rcParams["figure.facecolor"] == "red"


def test_matplotlib_is_imported_in_one_place() -> None:
    package = Path(jnn_studio.__file__).parent
    places = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"^\s*(import|from) matplotlib", path.read_text("utf-8"), re.MULTILINE)
    ]

    assert places == ["base/drawing.py"]
