"""A pair for photographs: it begins as PCA of the images it learns from, in colour or grey."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from benchmarks.attack.outcome import Outcome
from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.explore.columns.open_models import open_run_models
from jnn_studio.models.corrected_pca import CorrectedPCA
from jnn_studio.models.weights import load_model
from jnn_studio.training.channels import grey_at_a_look
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.events import Event, Started
from jnn_studio.training.kind import find_kind
from jnn_studio.training.pair.autoencoder_pair import AutoencoderPair
from jnn_studio.training.pair.fit_pca import fit_pca
from jnn_studio.training.pair.pair_config import PairConfig
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands
from jnn_studio.training.step.gradient_step import GradientStep

ReadOutcome = Callable[[Path], Outcome]
Finish = Callable[[Iterable[Event]], Event]


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A folder of ten people with six pictures each, in colour or grey; the image cache is apart."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def make(grey: bool, coloured: int = 0) -> Path:
        pictures = FaceSource(60, 24, seed=3).thumbnails(range(60), 24)
        for number, pixels in enumerate(pictures):
            folder = tmp_path / "people" / f"p{number // 6}"
            folder.mkdir(parents=True, exist_ok=True)
            picture = Image.fromarray(pixels)
            if grey and number >= coloured:
                picture = picture.convert("L")
            picture.save(folder / f"{number}.png")
        return tmp_path / "people"

    return make


def config(folder: Path, **sections: Any) -> PairConfig:
    settings: dict[str, Any] = {
        "data": {"kind": "folder", "path": str(folder)},
        "images": {"mirror": True, "shift": 1, "grey": "auto", "apart": "folders"},
        "model": {"kind": "corrected-pca", "size": 16, "components": 12, "latent": 6, "hidden": 7},
        "penalty": {"eta": 0.05, "eta_decoder": 0.05},
        "schedule": {"steps": 16, "batch_size": 8, "held_out": 6, "device": "cpu"},
        "logging": {"metrics_every": 4, "spectrum_every": 4, "preview_every": 8, "checkpoint_every": 5},
    }
    for key, value in sections.items():
        settings[key] = settings.get(key, {}) | value
    found = validate_config(settings, "photos")
    assert isinstance(found, PairConfig)
    return found


def pair(run: PairConfig) -> AutoencoderPair:
    experiment = find_kind(run.kind).prepare(run, Watch())
    assert isinstance(experiment, AutoencoderPair)
    return experiment


@torch.no_grad()
def test_both_models_begin_as_pca_of_the_images_they_learn_from(people: Callable[..., Path]) -> None:
    experiment = pair(config(people(grey=False)))
    batches = experiment.batches
    pca = fit_pca(batches.source, 6, indices=sorted(batches.train.tolist())).model
    unseen = batches.images(batches.held_out.tolist())

    assert len(unseen) == 6
    for member in experiment.members:
        assert isinstance(member.model, CorrectedPCA)
        torch.testing.assert_close(member.model(unseen), pca(unseen), rtol=0, atol=1e-5)
    first, second = experiment.members
    assert all(
        torch.equal(a, b) and a is not b
        for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True)
    )
    assert experiment.notes == ("Held out: 6 images, all of 1 of 10 folders.",)


@pytest.mark.parametrize(
    ("grey", "coloured", "settings", "channels"),
    [
        (True, 0, {}, 1),
        (True, 1, {}, 3),
        (False, 0, {}, 3),
        (True, 0, {"images": {"grey": "as-set"}}, 3),
        (False, 0, {"model": {"channels": 1}}, 1),
    ],
    ids=["grey", "one of them coloured", "coloured", "as set", "set to one channel"],
)
def test_a_folder_without_colours_is_trained_as_one_channel_and_said_before_the_start(
    people: Callable[..., Path],
    tmp_path: Path,
    grey: bool,
    coloured: int,
    settings: dict[str, Any],
    channels: int,
) -> None:
    run = config(people(grey, coloured), **settings)
    started, *_ = start_run(run, tmp_path / "run", Commands())

    assert isinstance(started, Started)
    found = run.model.channels != channels
    assert ("60 images, all grey: trained as one channel." in started.notes) == found
    for loaded in (
        *open_run_models(tmp_path / "run"),
        load_model(tmp_path / "run" / "models" / "regularised.safetensors"),
    ):
        assert loaded.model.config.channels == channels
        assert loaded.model(torch.rand(1, channels, 16, 16)).shape == (1, channels, 16, 16)


def test_it_learns_and_stays_above_pca(people: Callable[..., Path]) -> None:
    wide = {"hidden": 24}
    run = config(people(grey=False), images={"mirror": False, "shift": 0}, model=wide)
    experiment = pair(run)
    member = experiment.members[0]
    images = experiment.batches.images(sorted(experiment.batches.train.tolist()))
    with torch.no_grad():
        begin = psnr(member.model(images), images)

    descent = GradientStep(experiment, member)
    for step in range(200):
        descent.take(experiment.batch(step), step, 5e-3)

    with torch.no_grad():
        assert psnr(member.model(images), images) > begin + 0.3


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    people: Callable[..., Path], tmp_path: Path, outcome: ReadOutcome, finish: Finish
) -> None:
    run = config(people(grey=True), penalty={"target_rank": 3, "adjust_every": 2})
    assert finish(start_run(run, tmp_path / "whole", Commands())).state == "finished"

    commands = Commands()
    for event in start_run(run, tmp_path / "halves", commands):
        if getattr(event, "step", 0) == 8:
            commands.send(Command.STOP)
    assert finish(resume_run(tmp_path / "halves", Commands())).state == "finished"

    outcome(tmp_path / "halves").assert_same(outcome(tmp_path / "whole"))


def test_a_look_at_the_folder_tells_before_it_is_read(people: Callable[..., Path]) -> None:
    folder = people(grey=True)
    said = grey_at_a_look(config(folder), Watch())
    assert said == "24 images looked at, all grey: one channel, if all others are."
    assert grey_at_a_look(config(folder, images={"grey": "as-set"}), Watch()) == ""
    assert grey_at_a_look(config(folder / "nowhere"), Watch()) == ""
    assert grey_at_a_look(config(folder, data={"path": ""}), Watch()) == ""
    people(grey=True, coloured=3)
    assert grey_at_a_look(config(folder), Watch()) == ""
