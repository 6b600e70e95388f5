"""Everything but the window works where Qt cannot be imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from jnn_studio.training.config import RunConfig
from jnn_studio.training.run_folder import RunFolder

PROGRAM = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, NoQt())
import jnn_studio

found = pkgutil.walk_packages(jnn_studio.__path__, "jnn_studio.", onerror=lambda name: None)
core = [module.name for module in found if not f"{module.name}.".startswith("jnn_studio.app.")]
for name in core:
    importlib.import_module(name)

try:
    import PySide6
except ImportError as error:
    print(error)

from jnn_studio.cli.program import build

config, run, strip = sys.argv[1:]
program = build(lambda: 0, lambda: [])
program(["train", "--config", config, "--out", run], standalone_mode=False)
image = f"{run}/previews/step-0000000.png"
program(["traverse", run, "--image", image, "--steps", "3", "--out", strip], standalone_mode=False)
print(*core, sep="\\n")
"""


def test_every_module_is_imported_a_pair_trained_and_walked(
    tiny: Callable[..., RunConfig], tmp_path: Path
) -> None:
    config, run, strip = tmp_path / "tiny.toml", tmp_path / "run", tmp_path / "strip.png"
    config.write_text(tiny().to_toml(), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, config, run, strip],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "PySide6 must not be imported" in lines
    assert {"jnn_studio.jacobian.svd", "jnn_studio.explore.walker", "jnn_studio.doctor"} <= set(lines)
    assert RunFolder.open(run).state().state == "finished"
    with Image.open(strip) as picture:
        assert picture.width > 3 * 16
