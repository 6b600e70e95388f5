"""What a finished model is judged by, beside its PSNR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.base.watch import Watch
from jnn_studio.data.errors import DataError
from jnn_studio.sweeps.measuring import SKILL, measure
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

IMAGES = 60


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grey images of another brightness each, and a table of it beside a number that nothing shows."""
    folder = tmp_path_factory.mktemp("photographs")
    draw = np.random.default_rng(0)
    rows = ["file,brightness,ticket"]
    for number in range(IMAGES):
        brightness = draw.uniform(0.2, 0.8)
        pixels = np.clip(brightness + 0.05 * draw.standard_normal((16, 16)), 0, 1)
        name = f"{number:02d}.png"
        Image.fromarray((255 * pixels).astype(np.uint8)).save(folder / name)
        rows.append(f"{name},{brightness:.4f},{draw.uniform():.4f}")
    (folder / "seen.csv").write_text("\n".join(row.rpartition(",")[0] for row in rows), encoding="utf-8")
    (folder / "unseen.csv").write_text(
        "\n".join(",".join(row.split(",")[::2]) for row in rows), encoding="utf-8"
    )
    (folder / "other.csv").write_text("file,brightness\nelsewhere.png,1\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunConfig]:
    """A run that has taken two steps."""
    table = {
        "schema_version": 1,
        "kind": "autoencoder-pair",
        "data": {"kind": "folder", "path": str(photographs)},
        "model": {"size": 16, "dct": 8, "hidden": 16, "latent": 8},
        "schedule": {"steps": 2, "batch_size": 8, "held_out": 8, "device": "cpu"},
    }
    path = tmp_path_factory.mktemp("run") / "run"
    config = validate_config(table, "here")
    for _ in start_run(config, path, Commands()):
        pass
    return path, config


def test_a_model_is_judged_by_how_well_its_latent_tells_a_tables_attributes(
    photographs: Path, run: tuple[Path, RunConfig]
) -> None:
    seen = measure(*run, Watch(), str(photographs / "seen.csv"))
    assert set(seen) == {"unregularised", "regularised"}
    assert all(found[SKILL] > 0.8 for found in seen.values())
    unseen = measure(*run, Watch(), str(photographs / "unseen.csv"))
    assert all(found[SKILL] < 0.3 for found in unseen.values())


def test_a_table_of_other_images_is_refused(photographs: Path, run: tuple[Path, RunConfig]) -> None:
    with pytest.raises(DataError, match=r"other\.csv"):
        measure(*run, Watch(), str(photographs / "other.csv"))


def test_without_a_table_and_folders_there_is_nothing_to_judge_by(run: tuple[Path, RunConfig]) -> None:
    assert measure(*run, Watch()) == {}
