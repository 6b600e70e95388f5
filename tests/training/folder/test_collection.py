"""A run keeps an eye on its images: enough of them when it begins, the same ones when it goes on."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.events import CheckpointSaved, Event, Started, StateChanged
from jnn_studio.training.folder.run_folder import IMAGES, RunFolder
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands


def draw(folder: Path, numbers: range, side: int = 20) -> None:
    rng = np.random.default_rng(numbers.start)
    for number in numbers:
        pixels = rng.integers(0, 256, (side, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    draw(folder, range(24))
    return folder


def on(photos: Path, **schedule: Any) -> RunConfig:
    return validate_config(
        {
            "data": {"kind": "folder", "path": str(photos)},
            "model": {"size": 16, "dct": 8, "hidden": 16, "latent": 4},
            "schedule": {"steps": 30, "batch_size": 4, "held_out": 2, "device": "cpu"} | schedule,
            "logging": {"checkpoint_every": 4},
        },
        "photos",
    )


def stopped(config: RunConfig, path: Path) -> Path:
    """A run that was stopped after its first checkpoints."""
    commands = Commands()
    for event in start_run(config, path, commands):
        if isinstance(event, CheckpointSaved) and event.step >= 4:
            commands.send(Command.STOP)
    assert RunFolder(path).state().state == "stopped"
    return path


def resumed(path: Path) -> tuple[Started, StateChanged]:
    events: list[Event] = list(resume_run(path, Commands()))
    started = next(event for event in events if isinstance(event, Started))
    last = events[-1]
    assert isinstance(last, StateChanged)
    return started, last


class TestResuming:
    def test_the_same_images_are_no_news(self, photos: Path, tmp_path: Path) -> None:
        started, last = resumed(stopped(on(photos), tmp_path / "run"))
        assert started.notes == ()
        assert last.state == "finished"

    def test_images_that_went_and_came_are_told_and_the_run_goes_on(
        self, photos: Path, tmp_path: Path
    ) -> None:
        path = stopped(on(photos), tmp_path / "run")
        for number in range(5):
            (photos / f"{number:02d}.png").unlink()
        draw(photos, range(30, 32))
        draw(photos, range(10, 11), side=40)

        started, last = resumed(path)

        assert started.notes == (
            "The images have changed since the run began: 5 files fewer, 2 new, 1 changed. It goes on with "
            "those there are.",
        )
        assert last.state == "finished"

    def test_one_that_was_written_again_is_told(self, photos: Path, tmp_path: Path) -> None:
        path = stopped(on(photos), tmp_path / "run")
        os.utime(photos / "03.png", (1, 1))
        assert "began: 1 file written again." in resumed(path)[0].notes[0]

    def test_an_archive_is_known_by_what_is_in_it(self, photos: Path, tmp_path: Path) -> None:
        archive = tmp_path / "photos.zip"

        def pack(names: list[str]) -> None:
            with zipfile.ZipFile(archive, "w") as file:
                for name in names:
                    file.write(photos / name, name)

        names = sorted(path.name for path in photos.iterdir())
        pack(names)
        path = stopped(on(archive), tmp_path / "run")
        os.utime(archive, (1, 1))
        pack(names[1:])
        assert "began: 1 file fewer." in resumed(path)[0].notes[0]

    def test_a_folder_that_was_moved_holds_the_same_images(self, photos: Path, tmp_path: Path) -> None:
        path = stopped(on(photos), tmp_path / "run")
        moved = photos.rename(tmp_path / "elsewhere")
        text = (path / "config.toml").read_text(encoding="utf-8")
        (path / "config.toml").write_text(text.replace(str(photos), str(moved)), encoding="utf-8")
        assert resumed(path)[0].notes == ()

    def test_a_run_of_an_earlier_version_goes_on_as_before(self, photos: Path, tmp_path: Path) -> None:
        path = stopped(on(photos), tmp_path / "run")
        (path / IMAGES).unlink()
        (photos / "00.png").unlink()
        started, last = resumed(path)
        assert started.notes == ()
        assert last.state == "finished"

    @pytest.mark.parametrize("spoil", [b"", b"no array", b"\x93NUMPY\x01\x00v\x00{"])
    def test_a_damaged_memory_is_said_and_holds_up_nothing(
        self, photos: Path, tmp_path: Path, spoil: bytes
    ) -> None:
        path = stopped(on(photos), tmp_path / "run")
        (path / IMAGES).write_bytes(spoil)
        started, last = resumed(path)
        assert [note.startswith(f"{IMAGES} cannot be read") for note in started.notes] == [True]
        assert last.state == "finished"

    def test_discarding_a_run_leaves_nothing_of_it(self, photos: Path, tmp_path: Path) -> None:
        path = stopped(on(photos), tmp_path / "run")
        assert (path / IMAGES).is_file()
        RunFolder(path).delete()
        assert not path.exists()


class TestEnough:
    @pytest.mark.parametrize(
        ("schedule", "said"),
        [
            (
                {"held_out": 99_999},
                "schedule.held_out (99,999) leaves none of the 24 images to train on; give at most 3",
            ),
            ({"held_out": 24}, "schedule.held_out (24) leaves none of the 24 images"),
            (
                {"batch_size": 64},
                "schedule.batch_size (64) is more than the 22 images to train on; give at most 22",
            ),
        ],
    )
    def test_more_than_there_is_is_refused_with_numbers_before_the_run_begins(
        self, photos: Path, tmp_path: Path, schedule: dict[str, int], said: str
    ) -> None:
        (event,) = start_run(on(photos, **schedule), tmp_path / "run", Commands())
        assert isinstance(event, StateChanged)
        assert event.state == "failed"
        assert said in event.reason
        assert event.details == "", "no bug"

    def test_an_eighth_in_place_of_what_was_asked_is_said(self, photos: Path, tmp_path: Path) -> None:
        events = list(start_run(on(photos, held_out=10), tmp_path / "run", Commands()))
        started = next(event for event in events if isinstance(event, Started))
        assert started.notes == ("Of 24 images 3, an eighth, are held out, not 10.",)

    def test_a_run_that_an_earlier_version_began_goes_on(self, photos: Path, tmp_path: Path) -> None:
        path = stopped(on(photos), tmp_path / "run")
        text = (path / "config.toml").read_text(encoding="utf-8")
        (path / "config.toml").write_text(text.replace("held_out = 2", "held_out = 256"), encoding="utf-8")
        started, last = resumed(path)
        assert last.state == "finished"
        assert started.notes == ("Of 24 images 3, an eighth, are held out, not 256.",)
