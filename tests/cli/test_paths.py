"""Paths as commands take them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from jnn_studio.cli.program import build


def test_the_home_folder_is_known_where_the_shell_does_not_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    program = build(lambda: 0, list)
    done = CliRunner().invoke(program, ["shrinkage", "--out=~/figures", "--steps", "2"])

    assert done.exit_code == 0, done.output
    assert (tmp_path / "figures" / "numbers.json").is_file()
    assert not (tmp_path / "~").exists()
