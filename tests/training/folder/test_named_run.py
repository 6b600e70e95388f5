"""Which run is meant by a file that somebody clicked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.named_run import run_named_by
from jnn_studio.training.folder.run_folder import RunFolder


@pytest.fixture
def run(tiny: Callable[..., RunConfig], tmp_path: Path) -> Path:
    return RunFolder.create(tmp_path / "run", tiny()).path


def test_a_run_is_named_by_the_sign_in_its_folder_whatever_that_is_called(run: Path) -> None:
    sign = run / "run.jnnrun"
    assert run_named_by(sign) == run
    assert "jnn-studio" in sign.read_text(), "who opens it in an editor learns what it is"
    assert run_named_by(sign.rename(run / "Mine.JNNRUN")) == run
    assert run_named_by(run / "gone.jnnrun") is None


def test_a_run_from_before_is_named_by_its_configuration_and_gets_its_sign_when_it_goes_on(run: Path) -> None:
    (run / "run.jnnrun").unlink()
    assert run_named_by(run / "config.toml") == run
    RunFolder.open(run).truncate(-1)
    assert run_named_by(run / "run.jnnrun") == run


def test_a_configuration_of_another_program_names_no_run(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("title = 'of another program'\n")
    for path in (tmp_path / "config.toml", tmp_path, tmp_path / "pyproject.toml"):
        assert run_named_by(path) is None
