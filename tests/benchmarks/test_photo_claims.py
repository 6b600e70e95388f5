"""What directions of models of photographs are said to do, on pictures of which it is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.photo_claims import called, claims, fitted, mean_latents
from benchmarks.photo_figures import tables, write_figures
from benchmarks.photo_measures import (
    Persons,
    area_under_curve,
    level_shares,
    mean_of,
    predicted,
    r_squared,
    share_of_readout,
    with_interval,
)
from benchmarks.photo_people import Photographs, opened
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.presets import load_preset
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

SIZE = 16
ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE] / SIZE
FACE = 0.25 * np.cos(2 * np.pi * ROWS)
MOUTH = np.cos(4 * np.pi * COLUMNS)
"""Neither has a mean, nor anything of the other."""


def test_a_change_of_levels_is_told_from_one_of_shape() -> None:
    picture = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    lighter = torch.ones_like(picture)
    redder = torch.tensor([2.0, -1.0, -1.0]).view(3, 1, 1).expand_as(picture)
    stronger = torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1) * (picture - picture.mean((1, 2), keepdim=True))
    shape = torch.from_numpy(MOUTH).float().expand_as(picture)
    half = lighter + shape * np.sqrt(2)
    still = torch.zeros_like(picture)
    changes = torch.stack([lighter, 5 * redder, stronger, half, still]).unsqueeze(0)

    found = level_shares(changes, picture.unsqueeze(0))

    assert found["brightness"][0].tolist() == pytest.approx([1, 0, 0, 0.5, 0], abs=1e-6)
    assert found["colour"][0].tolist() == pytest.approx([0, 1, 0, 0, 0], abs=1e-6)
    assert found["levels"][0].tolist() == pytest.approx([1, 1, 1, 0.5, 0], abs=0.02)
    moved = level_shares((picture.roll(1, 2) - picture).view(1, 1, 3, SIZE, SIZE), picture.unsqueeze(0))
    assert moved["brightness"] < 1e-6


def test_local_directions_carry_of_a_readout_what_is_correlated_with_it() -> None:
    correlated = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 4.0]])
    basis = np.eye(3)

    second = share_of_readout(np.array([0.0, 1.0, 0.0]), correlated, basis)
    both = share_of_readout(np.array([1.0, 0.0, 1.0]), np.diag([1.0, 1.0, 4.0]), basis[:, [2, 1, 0]])

    assert second.tolist() == pytest.approx([0.36, 1, 1], abs=1e-6)
    assert both.tolist() == pytest.approx([0.8, 0.8, 1], abs=1e-6)


def test_figures_are_of_weighted_images_and_intervals_over_persons() -> None:
    random = np.random.default_rng(1)
    values, guesses = random.normal(size=(2, 40))
    times = random.integers(0, 3, 40)
    again = np.repeat(np.arange(40), times)
    expected = 1 - np.mean((values - guesses)[again] ** 2) / np.var(values[again])
    assert r_squared(values, guesses)(times[None].astype(float)) == pytest.approx([expected])
    yes, coarse = values > 0, guesses.round()
    pairs = np.sign(coarse[again][yes[again]][:, None] - coarse[again][~yes[again]][None])
    area = area_under_curve(yes, coarse)(times[None].astype(float))
    assert area == pytest.approx([(1 + pairs.mean()) / 2])

    alike = np.repeat(random.normal(size=16), 25)
    together = with_interval(mean_of(alike)(Persons(np.repeat(np.arange(16), 25).astype(str)).draws()))
    apart = with_interval(mean_of(alike)(Persons([str(i) for i in range(400)]).draws()))
    assert together[0] == apart[0] == pytest.approx(alike.mean(), abs=1e-3)
    assert together[2] - together[1] > 3 * (apart[2] - apart[1])


def test_a_regression_of_a_linear_function_finds_it_on_others() -> None:
    rows = np.random.default_rng(2).normal(size=(90, 4)) + 3
    values = rows @ [1.0, -2.0, 0.0, 0.5] + 7
    assert predicted(rows[:60], values[:60], rows[60:]) == pytest.approx(values[60:], abs=1e-2)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Photographs, dict[str, object], Path]:
    """Fourteen people, grey, each in other light and with another mouth on each picture."""
    root = tmp_path_factory.mktemp("claims")
    random, lines = np.random.default_rng(0), ["filename,light,mouth"]
    for number in range(84):
        light, mouth = 0.16 * random.uniform(-1, 1), 0.06 * random.uniform(-1, 1)
        folder = root / "people" / f"p{number // 6:02}"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = 0.5 + FACE + light + mouth * MOUTH + 0.004 * random.normal(size=(SIZE, SIZE))
        Image.fromarray((255 * pixels).round().clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")
        lines.append(f"p{number // 6:02}/{number}.png,{light},{mouth}")
    (root / "table.csv").write_text("\n".join(lines) + "\n")
    values = load_preset("photos").with_changes(data=root / "people").model_dump(mode="json")
    values["model"] |= {"size": SIZE, "components": 8, "latent": 4, "hidden": 8}
    values["schedule"] |= {"steps": 4, "batch_size": 8, "held_out": 18, "device": "cpu"}
    values["penalty"]["target_rank"] = 2.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        list(start_run(validate_config(values, "photos"), root / "run", Commands()))
        photographs = opened(root / "people", root / "table.csv", [root / "run"])
        models = {"η = 0": open_models(root / "run")[0], "PCA": fitted(photographs, 4)}
        found = claims(photographs, models)
        write_figures(found, models, mean_latents(photographs, models), root, "people")
    return photographs, found, root


def test_models_are_called_by_their_run_and_how_they_came_to_their_eta(
    measured: tuple[Photographs, dict[str, dict[str, dict[str, dict]]], Path],
) -> None:
    loaded = open_models(measured[2] / "run")
    assert [called(model) for model in loaded] == ["photos, η = 0", "photos, η for rank 2"]
    assert called(open_models("beta-vae")[0]) == "β-VAE"


def test_the_first_direction_is_the_light_and_the_second_the_mouth(
    measured: tuple[Photographs, dict[str, dict[str, dict[str, dict]]], Path],
) -> None:
    photographs, found, root = measured
    held_out = {photographs.source.label(i).split("/")[0] for i in photographs.held_out}
    assert found["persons_held_out"] == len(held_out) == 2
    assert not held_out & {photographs.source.label(i).split("/")[0] for i in photographs.train}
    entry = found["models"]["PCA"]
    for kind in ("local", "averaged"):
        brightness = [value for value, _, _ in entry["levels"][kind]["brightness"]]
        assert brightness[:2] == pytest.approx([1, 0], abs=0.02), kind
    light, mouth = (entry["carried"][which] for which in ("light", "mouth"))
    assert light["1"]["value"][0] > 0.98
    assert mouth["1"]["value"][0] < 0.2
    assert mouth["2"]["value"][0] > 0.95
    assert entry["of_readout"]["light"]["1"][0] > 0.98
    assert entry["of_readout"]["mouth"]["1"][0] < 0.2
    assert entry["of_readout"]["mouth"]["2"][0] > 0.98
    # Begun as PCA and hardly trained: the same in all, though not in its first directions.
    for carried in found["models"]["η = 0"]["carried"].values():
        assert carried["4"]["value"][0] > 0.95
        assert carried["4"]["over_pca"][0] == pytest.approx(0, abs=0.02)
    assert sum("| PCA |" in table for table in tables(found)) == 11
    assert {path.name for path in root.glob("*.png")} == {
        f"people-{what}.png" for what in ("levels", "attributes", "directions")
    }
