"""Where Qt cannot be imported everything but the window works, and what the window says is free of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

import jnn_studio
from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.run_folder import RunFolder

NO_QT = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, NoQt())
"""
PROGRAM = """
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


def run_without_qt(program: str, *args: object) -> list[str]:
    """The lines it prints."""
    done = subprocess.run(
        [sys.executable, "-c", NO_QT + program, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_module_is_imported_a_pair_trained_and_walked(
    tiny: Callable[..., RunConfig], tmp_path: Path
) -> None:
    config, run, strip = tmp_path / "tiny.toml", tmp_path / "run", tmp_path / "strip.png"
    config.write_text(tiny().to_toml(), encoding="utf-8")

    lines = run_without_qt(PROGRAM, config, run, strip)

    assert "PySide6 must not be imported" in lines
    assert {"jnn_studio.jacobian.svd", "jnn_studio.explore.walking.walker", "jnn_studio.doctor"} <= set(lines)
    assert RunFolder.open(run).state().state == "finished"
    with Image.open(strip) as picture:
        assert picture.width > 3 * 16


IMPORT_EACH = """
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(name, error)
"""


def test_modules_of_the_window_that_say_so_are_free_of_qt() -> None:
    package = Path(jnn_studio.__file__).parent
    said, packages = [], []
    for path in sorted((package / "app").rglob("*.py")):
        name = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        if path.name == "__init__.py":
            packages.append(name.removesuffix(".__init__"))
        elif "Free of Qt" in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""):
            said.append(name)
    assert {"jnn_studio.app.workspace_spec", "jnn_studio.app.workspaces.denoise.entries"} <= set(said)
    assert "jnn_studio.app.workspaces.explore" in packages, "a page is found before its Qt is loaded"

    assert run_without_qt(IMPORT_EACH, *packages, *said) == []
