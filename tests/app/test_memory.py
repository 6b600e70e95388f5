"""What opening the window does not load: each was a tenth of the program's memory."""

from __future__ import annotations

import json
import subprocess
import sys

PAGES = """
import importlib, json, linecache, sys
import torch
from jnn_studio.app import application, workspaces
from jnn_studio.app.window import MainWindow
for spec in workspaces.find_workspaces():
    importlib.import_module(f"{workspaces.__name__}.{spec.title.lower()}.workspace")
drawing = [name for name in sys.modules if name.partition(".")[0] in ("matplotlib", "scipy", "skimage")]
read = [name for name in linecache.cache if "jnn_studio" in name or "pyqtgraph" in name or "pydantic" in name]
spared = sys.modules["shibokensupport.feature"]._mod_uses_pyside(sys.modules["jnn_studio.app.window"])
print(json.dumps([drawing, read, spared, len([name for name in sys.modules if "jnn_studio" in name])]))
"""


def test_the_pages_load_nothing_that_draws_files_and_keep_no_modules_source() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PAGES], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    drawing, read, spared, there = json.loads(done.stdout)
    assert there > 400, "all pages were loaded"
    assert drawing == []
    # PySide reads every module that is imported after it, and Python keeps the lines.
    assert len(read) < 10, read
    assert spared, "what it would have found in them"
