"""From a configuration, or a run folder, to a run: what happens before the first step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from jnn_studio.base.watch import Progress, Watch
from jnn_studio.training import running
from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.device import DeviceError, available_devices
from jnn_studio.training.events import Event, Preview, Started, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError
from jnn_studio.training.kinds import autoencoder_pair
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

Tiny = Callable[..., RunConfig]
Finish = Callable[[Iterable[Event]], Event]


@pytest.fixture
def stopped(tiny: Tiny, tmp_path: Path) -> Path:
    """A run that was stopped at step 5."""
    path, commands = tmp_path / "stopped", Commands()
    for event in start_run(tiny(), path, commands):
        if getattr(event, "step", 0) == 5:
            commands.send(Command.STOP)
    assert RunFolder(path).state().step == 5
    return path


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images of which one is none; its cache is in a place of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        pixels = rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    (folder / "05.png").write_text("not an image")
    return folder


def on_photos(photos: Path, channels: int = 3) -> RunConfig:
    return validate_config(
        {
            "data": {"kind": "folder", "path": str(photos)},
            "model": {"channels": channels, "size": 16, "dct": 8, "hidden": 16, "latent": 4},
            "schedule": {"steps": 4, "batch_size": 4, "device": "cpu"},
        },
        "photos",
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_a_run_on_a_folder_says_which_files_were_skipped(photos: Path, tmp_path: Path, channels: int) -> None:
    heard: list[str] = []
    commands = Commands()
    watch = Watch(lambda now: heard.append(now.what))
    events = list(start_run(on_photos(photos, channels), tmp_path / "run", commands, watch))

    started, last = events[0], events[-1]
    assert isinstance(started, Started)
    (note,) = started.notes
    assert note.startswith("1 of 12 files gave no image; the first is 05.png: ")
    assert last == StateChanged("finished", 4)
    assert list(dict.fromkeys(heard)) == ["Decoding images", "Preparing images"]
    previews = [e for e in events if isinstance(e, Preview)]
    assert previews[-1].originals.shape == (1, 16, 16, 3)


def test_the_folder_is_refused_before_anything_is_prepared(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(RunFolderError, match="is not empty"):
        start_run(tiny(), tmp_path, Commands())

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("exists", [False, True])
def test_images_that_cannot_be_had_are_a_failure_with_a_reason(
    tmp_path: Path, finish: Finish, exists: bool
) -> None:
    photos = tmp_path / "photos"
    if exists:
        photos.mkdir()

    failed = finish(start_run(on_photos(photos), tmp_path / "run", Commands()))

    assert isinstance(failed, StateChanged)
    assert failed.state == "failed"
    assert str(photos) in failed.reason
    assert RunFolder(tmp_path / "run").state().reason == failed.reason


def test_a_single_image_is_too_few(tmp_path: Path, photos: Path, finish: Finish) -> None:
    for path in photos.iterdir():
        if path.name != "00.png":
            path.unlink()

    failed = finish(start_run(on_photos(photos), tmp_path / "run", Commands()))

    assert isinstance(failed, StateChanged)
    assert failed.reason == "photos has 1 image; training needs at least 2"


def test_a_run_refused_for_too_few_images_leaves_nothing(
    tmp_path: Path, photos: Path, finish: Finish
) -> None:
    settings = on_photos(photos).model_dump(exclude_unset=True)
    schedule = settings["schedule"] | {"batch_size": 1000}
    config = type(on_photos(photos)).model_validate(settings | {"schedule": schedule})
    failed = finish(start_run(config, tmp_path / "run", Commands()))
    assert isinstance(failed, StateChanged)
    assert (failed.state, "has too few images" in failed.reason) == ("failed", True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("device", sorted({"cuda", "mps"} - set(available_devices())))
def test_a_device_that_is_not_there_is_refused_before_anything_is_made(
    tiny: Tiny, tmp_path: Path, device: str
) -> None:
    with pytest.raises(DeviceError, match=f"schedule.device is '{device}', but this machine has "):
        start_run(tiny(schedule={"device": device}), tmp_path / "run", Commands())

    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("problem", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()])
def test_out_of_memory_before_the_first_step_says_what_to_reduce(
    tiny: Tiny, tmp_path: Path, finish: Finish, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def full(*_: Any) -> None:
        raise problem

    monkeypatch.setattr(autoencoder_pair, "AutoencoderPair", full)

    failed = finish(start_run(tiny(), tmp_path / "run", Commands()))

    assert isinstance(failed, StateChanged)
    assert failed.state == "failed"
    assert "Reduce model.hidden (now 24) or model.size (now 16)" in failed.reason


def test_a_finite_difference_is_taken_in_float32_whatever_the_device_could_do(
    tiny: Tiny, tmp_path: Path
) -> None:
    started = next(start_run(tiny(penalty={"estimator": "finite_difference"}), tmp_path / "run", Commands()))

    assert isinstance(started, Started)
    assert "float32" in started.device


# --- commands during the preparation ----------------------------------------------------------------


@pytest.mark.parametrize("command", [Command.STOP, Command.DISCARD])
def test_a_run_ended_while_it_is_prepared_leaves_nothing(
    tiny: Tiny, tmp_path: Path, command: Command
) -> None:
    commands = Commands()
    commands.send(command)

    events = list(start_run(tiny(), tmp_path / "run", commands))

    assert events == [StateChanged("discarded", 0)]
    assert not (tmp_path / "run").exists()


def test_a_run_ended_while_images_are_decoded_leaves_nothing(photos: Path, tmp_path: Path) -> None:
    commands = Commands()
    heard: list[str] = []

    def told(now: Progress) -> None:
        heard.append(now.what)
        commands.send(Command.STOP)

    events = list(start_run(on_photos(photos), tmp_path / "run", commands, Watch(told)))

    assert events == [StateChanged("discarded", 0)]
    assert heard[0] == "Decoding images"
    assert not (tmp_path / "run").exists()


def test_a_run_whose_preparation_nobody_waits_for_leaves_nothing(tiny: Tiny, tmp_path: Path) -> None:
    watch = Watch()
    watch.cancel()

    assert list(start_run(tiny(), tmp_path / "run", Commands(), watch)) == [StateChanged("discarded", 0)]
    assert not (tmp_path / "run").exists()


def test_a_pause_while_it_is_prepared_is_kept_for_the_first_step(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    commands.send(Command.PAUSE)
    events = start_run(tiny(), tmp_path / "run", commands)

    states = [event for event in events if isinstance(event, StateChanged) or commands.send(Command.RESUME)]

    assert [(s.state, s.step) for s in states] == [
        ("running", 0),
        ("paused", 0),
        ("running", 0),
        ("finished", 20),
    ]


def test_stopping_while_a_resumed_run_is_prepared_keeps_it_as_it_was(stopped: Path) -> None:
    commands = Commands()
    commands.send(Command.STOP)

    assert list(resume_run(stopped, commands)) == [StateChanged("stopped", 5)]

    folder = RunFolder(stopped)
    assert folder.state().step == 5
    assert folder.latest_checkpoint() == folder.checkpoint_path(5)


def test_discarding_while_a_resumed_run_is_prepared_deletes_it(stopped: Path) -> None:
    commands = Commands()
    commands.send(Command.DISCARD)

    assert [e.state for e in resume_run(stopped, commands) if isinstance(e, StateChanged)] == ["discarded"]
    assert not stopped.exists()


def test_a_long_preparation_shows_signs_of_life(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", -1.0)
    beats: list[float] = []
    folder = RunFolder(tmp_path / "run")

    def told(now: Progress) -> None:
        beats.append(folder.state().heartbeat)

    events = start_run(tiny(data={"count": 600}), folder.path, Commands(), Watch(told))
    next(events)
    events.close()

    assert len(beats) == 4
    assert beats[0] < beats[1] < beats[2]


# --- resuming ---------------------------------------------------------------------------------------


def test_a_run_killed_before_its_first_checkpoint_begins_anew(
    tiny: Tiny, tmp_path: Path, stopped: Path, finish: Finish
) -> None:
    """Its logs of step 0 are written before its first checkpoint: they must not be there twice."""
    for path in (stopped / "checkpoints").iterdir():
        path.unlink()
    finish(resume_run(stopped, Commands()))
    finish(start_run(tiny(), tmp_path / "whole", Commands()))

    def steps(path: Path) -> list[tuple[int, str]]:
        lines = (path / "metrics.jsonl").read_text().splitlines()
        return [(record["step"], record["model"]) for record in map(json.loads, lines)]

    assert steps(stopped) == steps(tmp_path / "whole")
    assert (stopped / "spectra.npy").read_bytes() == (tmp_path / "whole" / "spectra.npy").read_bytes()


def test_a_run_killed_before_it_said_anything_begins_anew(stopped: Path, finish: Finish) -> None:
    (stopped / "state.json").unlink()

    assert finish(resume_run(stopped, Commands())) == StateChanged("finished", 20)


def test_a_finished_run_is_not_resumed(trained: Path) -> None:
    with pytest.raises(RunFolderError, match="is finished: there is nothing left to train"):
        resume_run(trained, Commands())


def test_a_folder_that_holds_no_run_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="holds no run"):
        resume_run(tmp_path, Commands())


def test_a_run_of_a_newer_version_is_not_resumed(stopped: Path) -> None:
    config = stopped / "config.toml"
    config.write_text(config.read_text().replace("schema_version = 1", "schema_version = 2"))

    with pytest.raises(ConfigError, match="newer JNN Studio"):
        resume_run(stopped, Commands())


def test_a_run_whose_configuration_was_changed_does_not_fit_its_checkpoint(
    stopped: Path, finish: Finish
) -> None:
    config = stopped / "config.toml"
    config.write_text(config.read_text().replace("hidden = 24", "hidden = 25"))

    failed = finish(resume_run(stopped, Commands()))

    assert isinstance(failed, StateChanged)
    assert failed.state == "failed"
    assert "does not fit the run's configuration" in failed.reason
