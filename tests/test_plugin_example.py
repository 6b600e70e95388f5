"""The package of docs/plugin, installed by pip and used through the command line and the form."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from jnn_studio.cli.program import build
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.models.model_kind import find_model_kind, model_kind_names
from jnn_studio.models.weights import load_model, save_model
from jnn_studio.training.configuration.presets import load_preset
from jnn_studio.training.folder.run_folder import RunFolder

SOURCE = Path(__file__).parents[1] / "docs" / "plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that pip has installed it into; on the path as long as the tests last.

    The wheel is put together by hand: what builds wheels is no dependency of the tests.
    """
    build(lambda files: 0, list)  # commands name the presets when they are imported: none of this package's
    folder = tmp_path_factory.mktemp("plugin")
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    groups = [
        "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())])
        for group, entries in project["entry-points"].items()
    ]
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in sorted((SOURCE / "jnn_studio_patches").rglob("*")):
            if path.suffix in (".py", ".toml"):
                archive.write(path, path.relative_to(SOURCE).as_posix())
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "\n\n".join(groups))
        archive.writestr(f"{info}/RECORD", "")
    target = folder / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*command, str(target), str(wheel)], check=True, capture_output=True)
    sys.path.insert(0, str(target))
    yield target
    sys.path.remove(str(target))
    for module in [module for module in sys.modules if module.startswith("jnn_studio_patches")]:
        del sys.modules[module]


def test_its_model_is_trained_by_its_name_and_walked(installed: Path, tmp_path: Path) -> None:
    program = build(lambda files: 0, list)
    config = load_preset("patches").model_dump(mode="json")
    config["data"]["count"] = 64
    config["model"] |= {"size": 16, "width": 16, "latent": 6}
    config["schedule"] |= {"steps": 12, "batch_size": 8, "held_out": 8, "device": "cpu"}
    config["logging"] |= {"spectrum_every": 6, "preview_every": 6}
    small = type(load_preset("patches")).model_validate(config)
    (tmp_path / "small.toml").write_text(small.to_toml(), encoding="utf-8")

    run = tmp_path / "run"
    program(["train", "--config", str(tmp_path / "small.toml"), "--out", str(run)], standalone_mode=False)

    folder = RunFolder.open(run)
    assert folder.state().state == "finished"
    assert folder.metrics()[0][-1].terms["held_out_psnr"] > 5
    Image.new("RGB", (16, 16), (200, 120, 40)).save(tmp_path / "image.png")
    strip = tmp_path / "strip.png"
    asked = [
        "traverse",
        str(run),
        "--image",
        str(tmp_path / "image.png"),
        "--steps",
        "3",
        "--out",
        str(strip),
    ]
    program(asked, standalone_mode=False)
    with Image.open(strip) as picture:
        assert picture.width > 3 * 16
    (loaded,) = open_models(run / "models" / "patches.safetensors")
    assert loaded.info["eta"] == "0.3"
    place = Walker(loaded).place(torch.rand(3, 16, 16), k=3)
    assert place.sigma.shape == (6,)


def test_the_adapter_for_diffusers_is_there_and_says_what_is_missing(installed: Path, tmp_path: Path) -> None:
    assert {"patches", "autoencoder-kl"} <= set(model_kind_names())
    kind = find_model_kind("autoencoder-kl")
    config = kind.config(size=16, widths=(8, 16), groups=4)
    assert config.latent == 4 * 8 * 8
    try:
        import diffusers  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="diffusers"):
            kind.build(config, 0)
        return
    model = kind.build(config, 0)
    save_model(tmp_path / "kl.safetensors", model, "KL")
    loaded = load_model(tmp_path / "kl.safetensors")
    assert Walker(loaded).place(torch.rand(3, 16, 16), k=3).sigma[0] > 0
