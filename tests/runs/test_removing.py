"""A run is taken away, unless somebody is training it."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from jnn_studio.runs.removing import remove_run
from jnn_studio.training.folder.ownership import RunInUseError
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError


def test_a_run_that_is_being_trained_stays(long_run: tuple[Path, Any], tmp_path: Path) -> None:
    path, process = long_run
    with pytest.raises(RunInUseError, match=str(process.pid)):
        remove_run(path, "abcdef", tmp_path / "kept", shutil.rmtree)
    assert path.exists()

    process.signal(signal.SIGKILL)
    process.wait()
    remove_run(path, "abcdef", tmp_path / "kept", shutil.rmtree)
    assert not path.exists()


def test_what_was_noted_beside_it_goes_too(tiny: Any, tmp_path: Path) -> None:
    path = RunFolder.create(tmp_path / "run", tiny()).path
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "abcdef.json").write_text("{}")
    remove_run(path, "abcdef", tmp_path / "kept", shutil.rmtree)
    assert not (tmp_path / "kept" / "abcdef.json").exists()


def test_a_bin_that_does_not_take_it_is_said(tiny: Any, tmp_path: Path) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    path = RunFolder.create(tmp_path / "run", tiny()).path
    with pytest.raises(RunFolderError, match="Free some space"):
        remove_run(path, "abcdef", tmp_path / "kept", full)
    assert path.exists()
