"""``jnn-studio sweep``; that it trains and bears with kills, `tests/sweeps` shows with real processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jnn_studio.cli import program as cli
from jnn_studio.cli.output import STOPPED
from jnn_studio.sweeps.config import SweepConfig
from jnn_studio.sweeps.folder import SweepFolder
from jnn_studio.sweeps.training import SweepEnded


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli.build(lambda _: 0, list), ["sweep", *map(str, arguments)])


@pytest.fixture
def written(tiny_sweep: Callable[..., SweepConfig], tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(tiny_sweep().to_toml(), encoding="utf-8")
    return path


def test_a_sweep_that_is_done_is_only_told_again(swept: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in swept.rglob("*") if path.name != "owner"}
    result = invoke(swept)
    assert result.exit_code == 0
    assert "finished: 4 of 4 runs finished" in result.stdout
    told = json.loads(invoke(swept, "--json").stdout)
    assert told["state"] == "finished"
    assert [model.get("penalty.eta") for model in told["models"]] == [None, "0.1", "0.5", "2"]
    assert all(model["psnr"] > 0 and model["rank"] > 1 for model in told["models"])
    assert any(model["front"] for model in told["models"])
    assert before == {path: path.stat().st_mtime_ns for path in swept.rglob("*") if path.name != "owner"}


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ((), "give --out, a new folder for the sweep"),
        (("--out", "new", "--set", "penalty.sgima=1"), "penalty.sgima: there is no such setting"),
        (("--out", "new", "--set", "schedule.steps"), "give a name and a value"),
        (("--out", "new", "--set", "schedule.steps=none"), "schedule.steps: Input should be a valid integer"),
    ],
)
def test_what_cannot_be_trained_leaves_nothing_behind(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], wrong: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(written, *arguments)
    assert result.exit_code == 1
    assert wrong in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.toml"]


def test_runs_that_are_not_what_the_file_says_are_not_mixed(
    written: Path, swept: Path, tmp_path: Path
) -> None:
    path = tmp_path / "sweep"
    folder = SweepFolder.create(path, SweepFolder(swept).config)
    head = (swept / "sweep.toml").read_text().split("\n")[0]
    text = (path / "sweep.toml").read_text().replace(f'id = "{folder.id}"', head)
    (path / "sweep.toml").write_text(text.replace("batch_size = 8", "batch_size = 4"), encoding="utf-8")
    (path / "eta-2").symlink_to(swept / "eta-2")
    (path / "twin").symlink_to(swept / "twin")
    result = invoke(path)
    assert result.exit_code == 1
    assert "has other settings than sweep.toml says (schedule.batch_size)" in result.stderr
    assert "nothing but --workers" in invoke(swept, "--out", tmp_path / "other").stderr
    assert "holds no sweep" in invoke(tmp_path).stderr
    assert "there is no sweep 'faces'" in invoke("faces").stderr


def test_one_that_is_stopped_says_so_by_its_exit_code(swept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jnn_studio.cli.commands.sweep.train_sweep", lambda *_: iter([SweepEnded("stopped")]))
    result = invoke(swept)
    assert result.exit_code == STOPPED
    assert "stopped: 4 of 4 runs finished" in result.stdout
