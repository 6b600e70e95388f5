"""Models to walk, wherever they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from jnn_studio.base.resource_files import resource
from jnn_studio.explore.columns.open_models import BUNDLED, ModelsError, open_bundled, open_models
from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.events import CheckpointSaved
from jnn_studio.training.folder.checkpoint import CheckpointError
from jnn_studio.training.folder.run_folder import RunFolderError
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Command, Commands

Tiny = Callable[..., RunConfig]


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, to be damaged."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def test_a_run_gives_both_its_models_with_the_newest_weights(trained: Path) -> None:
    unregularised, regularised = open_models(trained)

    assert (unregularised.name, regularised.name) == ("Unregularised", "Regularised")
    common = {"step": "60", "run": "tiny"}
    assert unregularised.info == common | {"member": "unregularised", "eta": "0.0", "eta_decoder": "0.0"}
    assert regularised.info == common | {"member": "regularised", "eta": "0.5", "eta_decoder": "0.1"}


def test_a_weights_file_gives_the_same_model_as_its_run(trained: Path) -> None:
    for from_run in open_models(str(trained)):
        (from_file,) = open_models(trained / "models" / f"{from_run.name.lower()}.safetensors")

        assert from_file.name == from_run.name
        assert from_file.info["eta"] == from_run.info["eta"]
        for p, q in zip(from_file.model.parameters(), from_run.model.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=0)


def test_a_run_that_is_being_trained_gives_its_last_checkpoint(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    events = start_run(tiny(), tmp_path / "run", commands)
    steps = []
    for event in events:
        if isinstance(event, CheckpointSaved):
            steps.append([int(loaded.info["step"]) for loaded in open_models(tmp_path / "run")])
            if len(steps) == 3:
                commands.send(Command.DISCARD)

    assert steps == [[0, 0], [6, 6], [12, 12]]


def test_models_of_a_run_do_not_hang_on_its_checkpoint(run: Path) -> None:
    """Which the training run deletes, or a copying program writes over, while they are walked."""
    models = [loaded.model for loaded in open_models(run)]
    image = torch.rand(1, 3, 16, 16)
    before = [model(image) for model in models]
    for checkpoint in (run / "checkpoints").glob("step-*"):
        with checkpoint.open("r+b") as file:
            file.write(bytes(checkpoint.stat().st_size))

    for model, expected in zip(models, before, strict=True):
        torch.testing.assert_close(model(image), expected, rtol=0, atol=0)


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_model_is_opened_by_its_name(name: str) -> None:
    (loaded,) = open_models(name)

    assert loaded.name.lower().replace("β", "beta") == name
    with torch.no_grad():
        assert torch.isfinite(loaded.model.decode(torch.zeros(1, loaded.model.config.latent))).all()


def test_the_bundled_models_are_small() -> None:
    assert sum(resource("models", f"{key}.safetensors").stat().st_size for key in BUNDLED) <= 14 * 2**20


def test_the_bundled_pair_differs_in_eta_alone() -> None:
    unregularised, regularised = open_bundled()

    assert unregularised.model.config == regularised.model.config
    assert float(unregularised.info["eta"]) == 0 < float(regularised.info["eta"])


@pytest.mark.parametrize("where", ["nonsense", "no/such/file.safetensors", "Regularised"])
def test_a_path_that_leads_nowhere_is_refused_with_what_could_be_given(where: str) -> None:
    with pytest.raises(ModelsError) as caught:
        open_models(where)

    assert where in str(caught.value)
    assert "unregularised, regularised" in str(caught.value)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="holds no run: there is no config.toml"):
        open_models(tmp_path)


def test_a_run_without_a_checkpoint_is_refused(run: Path) -> None:
    shutil.rmtree(run / "checkpoints")

    with pytest.raises(RunFolderError, match="has no checkpoint yet"):
        open_models(run)


def test_a_damaged_checkpoint_is_refused(run: Path) -> None:
    (checkpoint,) = (run / "checkpoints").glob("step-*60.safetensors")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-10])

    with pytest.raises(CheckpointError, match="cannot read the checkpoint"):
        open_models(run)


@pytest.mark.timeout(60)
def test_a_checkpoint_that_only_says_it_is_large_is_refused_before_it_is_read(run: Path) -> None:
    (checkpoint,) = (run / "checkpoints").glob("step-*60.safetensors")
    header = json.dumps(
        {
            "__metadata__": {"schema_version": "1", "step": "60"},
            "unregularised/model/x": {"dtype": "F32", "shape": [5 << 30], "data_offsets": [0, 20 << 30]},
        }
    ).encode()
    with checkpoint.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + (20 << 30))

    with pytest.raises(ModelsError, match="does not fit its run"):
        open_models(run)


def test_a_checkpoint_of_another_network_is_refused(run: Path) -> None:
    config = run / "config.toml"
    config.write_text(config.read_text().replace("latent = 8", "latent = 9"))

    with pytest.raises(ModelsError, match="size mismatch"):
        open_models(run)


def test_a_run_whose_configuration_cannot_be_read_is_refused(run: Path) -> None:
    (run / "config.toml").write_text("steps: 3")

    with pytest.raises(ConfigError, match="not valid TOML"):
        open_models(run)
