"""Animations: films, GIFs and numbered frames that hold what Explore shows."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FacesConfig
from jnn_studio.explore.columns.references import open_references
from jnn_studio.explore.figures.animation import Animation, gif_durations, save_animation
from jnn_studio.explore.figures.exporting import ExportError, state_json
from jnn_studio.explore.figures.frames import FrameStyle, compose, enlarged
from jnn_studio.explore.figures.motion import Motion, frames_of
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import Column, ExploreState

MOTION = Motion(direction=0, limit=0.15, seconds=1, fps=12)
NAMES = ("film.gif", "film.mp4", "frames")


@pytest.fixture(scope="module")
def state(trained: Path) -> ExploreState:
    columns = tuple(Column(key=f"c{n}", where=where) for n, where in enumerate(open_references(trained)))
    return ExploreState(source=FacesConfig(count=48, seed=1), columns=columns)


@pytest.fixture(scope="module")
def renderer() -> SceneRenderer:
    return SceneRenderer()


def read_gif(path: Path) -> tuple[list[np.ndarray], list[int], Any]:
    """Frames, their milliseconds, and the loop flag."""
    frames, durations = [], []
    with Image.open(path) as opened:
        loop = opened.info.get("loop")
        for n in range(opened.n_frames):  # type: ignore[attr-defined]
            opened.seek(n)
            frames.append(np.asarray(opened.convert("RGB")))
            durations.append(opened.info["duration"])
    return frames, durations, loop


def read_mp4(path: Path) -> tuple[np.ndarray, str]:
    """Frames (count, height, width, 3) and what ffmpeg says of the file."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    words = done.stderr.decode()
    size = re.search(r" (\d+)x(\d+)[ ,]", words)
    assert size is not None
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, int(size[2]), int(size[1]), 3), words


def expected(renderer: SceneRenderer, state: ExploreState, motion: Motion, style: FrameStyle) -> np.ndarray:
    return np.stack([compose(renderer.render(f.state), f.label, style) for f in frames_of(state, motion)])


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


# --- frames ------------------------------------------------------------------------------------------


def test_without_labels_a_frame_is_the_images_themselves(
    renderer: SceneRenderer, state: ExploreState
) -> None:
    scene = renderer.render(state.with_amount(0, 0.07))
    frame = compose(scene, "", FrameStyle(cell=48, labels=False))

    images = [view.moved.image.repeat(3, 0).repeat(3, 1) for view in scene.columns]
    np.testing.assert_array_equal(frame, np.concatenate(images, axis=1))


def test_labels_stand_above_and_below_images_that_stay_as_they_are(
    renderer: SceneRenderer, state: ExploreState
) -> None:
    scene = renderer.render(state.with_amount(0, 0.07))
    frame = compose(scene, "u1 +0.070", FrameStyle(cell=256))

    assert frame.shape[0] % 2 == frame.shape[1] % 2 == 0
    for n, view in enumerate(scene.columns):
        image = view.moved.image.repeat(16, 0).repeat(16, 1)
        left, top = 8 + n * 264, 22
        np.testing.assert_array_equal(frame[top : top + 256, left : left + 256], image)
        for band in (frame[:top, left : left + 256], frame[top + 256 :, left : left + 256]):
            assert (band < 128).sum() > 100
    assert (compose(scene, "u2 +0.070", FrameStyle(cell=256)) != frame).any()


def test_chosen_models_only(renderer: SceneRenderer, state: ExploreState) -> None:
    scene = renderer.render(state)
    frame = compose(scene, "", FrameStyle(cell=16, labels=False, columns=("c1",)))
    np.testing.assert_array_equal(frame, scene.columns[1].moved.image)


def test_sizes_are_even_and_odd_factors_resampled(renderer: SceneRenderer, state: ExploreState) -> None:
    image = renderer.render(state).columns[0].moved.image
    assert enlarged(image, 25).shape == (25, 25, 3)
    np.testing.assert_array_equal(enlarged(image, 32)[::2, ::2], image)
    assert compose(renderer.render(state), "", FrameStyle(25, False)).shape == (26, 50, 3)


# --- files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [12.0, 25.0, 30.0, 50.0])
def test_gif_frames_last_as_long_as_they_should_on_the_whole(fps: float) -> None:
    durations = gif_durations(90, fps)
    assert sum(durations) == pytest.approx(90_000 / fps, abs=5)
    assert max(durations) - min(durations) <= 10
    assert all(duration % 10 == 0 for duration in durations)


def test_a_gif_holds_every_frame_for_its_time(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path
) -> None:
    style = FrameStyle(cell=64)
    motion = Motion(limit=0.15, seconds=1, fps=12, loop="once")
    save_animation(renderer, state, Animation(motion, style), tmp_path / "film.gif")

    frames, durations, loop = read_gif(tmp_path / "film.gif")
    wanted = expected(renderer, state, motion, style)
    assert durations == gif_durations(12, 12)
    assert len(frames) == 12
    assert loop is None
    for n, frame in enumerate(frames):
        closest = min(range(12), key=lambda m: difference(frame, wanted[m]))
        assert closest == n
        assert difference(frame, wanted[n]) < 8


@pytest.mark.parametrize("loop", ["loop", "ping-pong"])
def test_a_gif_that_repeats_says_so(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path, loop: Any
) -> None:
    motion = Motion(seconds=1, fps=6, loop=loop)
    save_animation(renderer, state, Animation(motion, FrameStyle(16, False)), tmp_path / "film.gif")
    assert read_gif(tmp_path / "film.gif")[2] == 0


def test_a_film_holds_every_frame(renderer: SceneRenderer, state: ExploreState, tmp_path: Path) -> None:
    style = FrameStyle(cell=75)
    motion = Motion(limit=0.15, seconds=1, fps=12, loop="once")
    save_animation(renderer, state, Animation(motion, style), tmp_path / "film.mp4")

    frames, words = read_mp4(tmp_path / "film.mp4")
    wanted = expected(renderer, state, motion, style)
    assert wanted.shape[1] % 2 == wanted.shape[2] % 2 == 0
    assert "Video: h264" in words
    assert "yuv420p" in words
    assert "12 fps" in words
    assert "Duration: 00:00:01.00" in words
    assert state_json(state).encode() in (tmp_path / "film.mp4").read_bytes()
    assert frames.shape == wanted.shape
    for frame, image in zip(frames, wanted, strict=True):
        assert difference(frame, image) < 4


def test_numbered_frames_are_exact_and_can_be_made_again(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path
) -> None:
    style = FrameStyle(cell=48)
    save_animation(renderer, state, Animation(MOTION, style), tmp_path / "frames")

    paths = sorted((tmp_path / "frames").iterdir())
    assert [path.name for path in paths] == [f"frame-{n:04d}.png" for n in range(1, 13)]
    for path, image, frame in zip(
        paths, expected(renderer, state, MOTION, style), frames_of(state, MOTION), strict=True
    ):
        with Image.open(path) as opened:
            np.testing.assert_array_equal(np.asarray(opened), image)
            kept = opened.text["Session"]  # type: ignore[attr-defined]
        assert ExploreState.model_validate_json(kept) == frame.state


def test_a_folder_that_holds_what_other_programs_left_is_filled(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path
) -> None:
    folder = tmp_path / "frames"
    (folder / "@eaDir").mkdir(parents=True)
    (folder / ".DS_Store").write_text("theirs")
    save_animation(renderer, state, Animation(Motion(seconds=1, fps=2), FrameStyle(16, False)), folder)
    names = [path.name for path in sorted(folder.iterdir())]
    assert names == [".DS_Store", "@eaDir", "frame-0001.png", "frame-0002.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


def test_an_empty_folder_is_filled_and_any_other_left_alone(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    chosen = Animation(Motion(seconds=1, fps=2), FrameStyle(16, False))
    save_animation(renderer, state, chosen, folder)
    assert len(list(folder.iterdir())) == 2
    with pytest.raises(
        ExportError, match="frames is there already; numbered frames need a new or empty folder"
    ):
        save_animation(renderer, state, chosen, folder)
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("name", ["film.gif", "film.mp4"])
def test_the_same_session_is_the_same_file(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path, name: str
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_animation(renderer, state, Animation(MOTION, FrameStyle(32)), tmp_path / folder / name)
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


# --- called off, or failing --------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("after", [0, 1, 7])
def test_a_cancelled_export_leaves_nothing_behind(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path, name: str, after: int
) -> None:
    told: list[int] = []
    watch = Watch(lambda now: told.append(now.done), lambda: len(told) >= after)

    with pytest.raises(Cancelled):
        save_animation(renderer, state, Animation(MOTION, FrameStyle(32)), tmp_path / name, watch)

    assert list(tmp_path.iterdir()) == []
    assert len(told) == after


@pytest.mark.parametrize("name", NAMES)
def test_a_render_that_fails_leaves_nothing_behind(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path, name: str
) -> None:
    class Failing:
        count = 0

        def render(self, state: ExploreState, shrink: int = 1) -> Any:
            self.count += 1
            if self.count > 15:
                raise RuntimeError("out of memory")
            return renderer.render(state, shrink)

    motion = Motion(seconds=2, fps=12)
    with pytest.raises(RuntimeError, match="out of memory"):
        save_animation(Failing(), state, Animation(motion, FrameStyle(32)), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_progress_counts_frames(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path, name: str
) -> None:
    told: list[tuple[int, int]] = []
    watch = Watch(lambda now: told.append((now.done, now.total)))
    save_animation(renderer, state, Animation(MOTION, FrameStyle(16, False)), tmp_path / name, watch)
    assert told == [(n, 12) for n in range(13)]


@pytest.mark.parametrize("name", ["film.gif", "film.mp4"])
def test_a_full_disk_leaves_the_old_file(
    renderer: SceneRenderer,
    state: ExploreState,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    (tmp_path / name).write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExportError, match="could not be written: No space left on device"):
        save_animation(renderer, state, Animation(MOTION, FrameStyle(16, False)), tmp_path / name)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"old"


def _script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for ffmpeg")
@pytest.mark.parametrize(
    "text", ["echo no such encoder >&2; exit 1", "cat > /dev/null; echo no such encoder >&2; exit 1"]
)
def test_what_ffmpeg_complains_of_is_told(
    renderer: SceneRenderer,
    state: ExploreState,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
) -> None:
    program = _script(tmp_path / "ffmpeg", text)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: program)
    with pytest.raises(ExportError, match=r"film.mp4 could not be written: ffmpeg: no such encoder"):
        save_animation(renderer, state, Animation(MOTION, FrameStyle(64)), tmp_path / "film.mp4")
    assert [entry.name for entry in tmp_path.iterdir()] == ["ffmpeg"]


def test_without_ffmpeg_it_says_what_to_do(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", missing)
    with pytest.raises(ExportError, match=r"MP4 films need ffmpeg.*choose a name ending in .gif"):
        save_animation(renderer, state, Animation(MOTION, FrameStyle(16)), tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_no_ffmpeg_is_left_running(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen

    def remember(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(real(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", remember)
    told: list[int] = []
    watch = Watch(lambda now: told.append(now.done), lambda: len(told) >= 5)
    with pytest.raises(Cancelled):
        save_animation(renderer, state, Animation(MOTION, FrameStyle(16)), tmp_path / "film.mp4", watch)
    assert [process.poll() is None for process in started] == [False]


@pytest.mark.parametrize(
    ("name", "motion", "complaint"),
    [
        ("film.avi", MOTION, r"film.avi: .* give a name ending in .gif or .mp4"),
        ("gone/film.gif", MOTION, "there is no folder"),
        ("gone/frames", MOTION, "there is no folder"),
        ("film.gif", Motion(fps=60), "60 frames a second are too many for a GIF; take at most 50"),
        ("film.gif", Motion("walk"), "the walk is still at its base"),
    ],
)
def test_what_will_not_do_is_refused_before_any_work(
    state: ExploreState, tmp_path: Path, name: str, motion: Motion, complaint: str
) -> None:
    class Untouched:
        def render(self, state: ExploreState, shrink: int = 1) -> Any:
            raise AssertionError("rendered")

    with pytest.raises(ExportError, match=complaint):
        save_animation(Untouched(), state, Animation(motion), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
