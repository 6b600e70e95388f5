"""``jnn-studio shrinkage``: figures and numbers without a window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from jnn_studio.cli import program as cli

SMALL = ("-D", 12, "-N", 80, "--rank", 3)


def invoke(*arguments: object) -> Any:
    words = ["shrinkage", *(str(argument) for argument in arguments)]
    return CliRunner().invoke(cli.build(lambda: 0, list), words)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "figures"


def test_it_writes_each_figure_twice_and_the_numbers(out: Path) -> None:
    result = invoke(*SMALL, "--out", out)
    assert result.exit_code == 0, result.output
    names = ("convergence", "error", "shrinkage-curve", "singular-values")
    assert {path.name for path in out.iterdir()} == {
        "numbers.json", *(f"{name}.{kind}" for name in names for kind in ("png", "svg"))
    }  # fmt: skip
    for name in names:
        with Image.open(out / f"{name}.png") as picture:
            assert picture.size[0] > 500
        assert "<svg" in (out / f"{name}.svg").read_text()
    assert json.loads((out / "numbers.json").read_text())["settings"]["rows"] == 12


def test_its_folder_is_a_new_one(out: Path) -> None:
    out.mkdir()
    (out / "config.toml").write_text("somebody's run")
    refused = invoke(*SMALL, "--out", out)
    assert refused.exit_code == 1
    assert f"{out} is not empty; give --out a new folder" in refused.stderr.replace("\n", "")


def test_it_prints_how_close_gradient_descent_came(out: Path) -> None:
    result = invoke(*SMALL, "--out", out, "--json")
    found = json.loads(result.stdout)
    assert found == json.loads((out / "numbers.json").read_text())
    assert found["gradient"]["relative_distance_to_closed_form"] < 1e-3
    assert found["error"]["gradient"] == pytest.approx(found["error"]["closed"], rel=1e-3)
    assert found["error"]["closed"] < found["error"]["raw"]


def test_the_same_settings_give_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert invoke(*SMALL, "--out", tmp_path / name, "--steps", 40).exit_code == 0
    for path in (tmp_path / "a").glob("*.*g"):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(("--rank", 13), "rank: At most D = 12"), (("--spectrum", "round"), "spectrum: ")],
)
def test_bad_settings_are_refused_with_the_reason(out: Path, arguments: Any, reason: str) -> None:
    result = invoke(*SMALL, *arguments, "--out", out)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = invoke(*SMALL, "--steps", 5, "--out", tmp_path / "file")
    assert result.exit_code == 1
    assert "file" in result.stderr
