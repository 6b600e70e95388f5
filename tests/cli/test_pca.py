"""``jnn-studio pca``: a folder becomes a model, judged on people it was not fitted to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from jnn_studio.cli import program as cli
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import open_folder
from jnn_studio.data.pixels import psnr
from jnn_studio.models.weights import load_model

Invoke = Callable[..., Any]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs ``jnn-studio`` with arguments."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*arguments: object) -> Any:
        program = cli.build(lambda: 0, list)
        return CliRunner().invoke(program, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Ten folders of four pictures each."""
    folder = tmp_path / "people"
    for i, pixels in enumerate(FaceSource(40, 16, seed=3).thumbnails(range(40), 16)):
        (folder / f"p{i // 4}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"p{i // 4}" / f"{i}.png")
    return folder


def test_it_is_judged_on_folders_that_were_left_out(invoke: Invoke, people: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "pca.safetensors"
    arguments = ("pca", people, "--size", 16, "--components", 4, "--components", 9, "--out", out)
    result = invoke(*arguments, "--json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["fitted"], found["held_out"], found["held_out_folders"], found["folders"]) == (36, 4, 1, 10)
    assert [row["components"] for row in found["results"]] == [4, 9]
    assert found["results"][0]["psnr"] < found["results"][1]["psnr"]
    assert 0 < found["results"][0]["explained"] < found["results"][1]["explained"] < 1
    assert found["deviations"] == sorted(found["deviations"], reverse=True)

    model = load_model(out).model
    source = open_folder(people, 16, cache_dir=tmp_path / "cache")
    each = [psnr(model.decode(model.encode(image[None])), image[None]) for image in source.images(range(40))]
    persons = torch.tensor(each).view(10, 4).mean(1)
    assert (persons - found["results"][1]["psnr"]).abs().min() < 1e-3, "one person's, who was left out"

    words = invoke(*arguments).output
    assert "people: fitted to 36 images; held out: 4 images, all of 1 of 10 folders" in words
    assert f"{found['results'][1]['psnr']:.2f} dB" in words


def test_nothing_held_out_has_no_figure(invoke: Invoke, people: Path, tmp_path: Path) -> None:
    out = tmp_path / "pca.safetensors"
    arguments = ("pca", people, "--size", 16, "--components", 3, "--held-out", 0, "--out", out)

    assert json.loads(invoke(*arguments, "--json").stdout)["results"][0]["psnr"] is None
    assert "—" in invoke(*arguments).output


def test_the_file_can_be_walked(invoke: Invoke, people: Path, tmp_path: Path) -> None:
    weights, figure = tmp_path / "pca.safetensors", tmp_path / "figure.png"
    assert invoke("pca", people, "--size", 16, "--components", 6, "--out", weights).exit_code == 0

    result = invoke(
        "traverse", weights, "--image", people / "p0" / "0.png", "--directions", 3, "--out", figure
    )
    assert result.exit_code == 0, result.output
    with Image.open(figure) as opened:
        assert opened.width > 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--components", 90), "too few for 90 principal components"),
        (("--out", "pca.txt"), "ends in .safetensors"),
    ],
)
def test_what_cannot_be_done_is_said(
    invoke: Invoke, people: Path, tmp_path: Path, arguments: tuple[object, ...], message: str
) -> None:
    result = invoke("pca", people, "--size", 16, "--out", tmp_path / "x.safetensors", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "x.safetensors").exists()


def test_there_have_to_be_images(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("pca", tmp_path / "nowhere", "--out", tmp_path / "x.safetensors")
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
