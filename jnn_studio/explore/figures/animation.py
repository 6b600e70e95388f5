"""Animations: any motion as a GIF, an MP4 film, or numbered pictures."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from jnn_studio.base.clutter import is_empty
from jnn_studio.base.endings import ending_of
from jnn_studio.base.watch import Watch
from jnn_studio.explore.figures.exporting import (
    SOFTWARE,
    ExportError,
    check_target,
    not_written,
    state_json,
    writing,
)
from jnn_studio.explore.figures.film import film
from jnn_studio.explore.figures.frames import FrameStyle, render_frames
from jnn_studio.explore.figures.motion import Frame, Motion, frames_of
from jnn_studio.explore.figures.sheet import Renderer
from jnn_studio.explore.state import ExploreState

PALETTE_SAMPLES = 12
"""Frames that decide on the palette of a GIF."""

GIF_MAX_FPS = 50
"""Viewers play shorter frames slower than they are."""


@dataclass(frozen=True)
class Animation:
    """What to write.

    Attributes:
        quality: of a film, from 1 to 10.
    """

    motion: Motion = field(default_factory=Motion)
    style: FrameStyle = field(default_factory=FrameStyle)
    quality: int = 9


@dataclass(frozen=True)
class _Film:
    frames: Sequence[Frame]
    render: Callable[[Sequence[Frame], Watch], Iterator[np.ndarray]]
    animation: Animation
    state: ExploreState
    watch: Watch


def save_animation(
    renderer: Renderer, state: ExploreState, animation: Animation, path: Path, watch: Watch | None = None
) -> None:
    """Render a motion of ``state`` to ``path``: .gif, .mp4, or a new folder of frame-0001.png ….

    Raises:
        ExportError: nothing to move, another ending, or it cannot be written.
        Cancelled: ``watch`` said so. In either case nothing is left behind.
        StudioError: a model or an image cannot be opened.
    """
    write = check_animation(path, animation)
    frames = frames_of(state, animation.motion)

    def render(chosen: Sequence[Frame], watch: Watch) -> Iterator[np.ndarray]:
        return render_frames(renderer, chosen, animation.style, watch)

    write(path, _Film(frames, render, animation, state, watch or Watch()))


def check_animation(path: Path, animation: Animation) -> Callable[[Path, _Film], None]:
    """What writes to ``path``; ExportError if plainly nothing can, to be known before the work."""
    suffix = ending_of(path)
    if suffix not in _WRITERS:
        raise ExportError(
            f"{path}: animations are written as GIF, MP4 or numbered frames; give a name ending in .gif or "
            ".mp4, or the name of a new folder, without an ending"
        )
    if suffix == ".gif" and animation.motion.fps > GIF_MAX_FPS:
        raise ExportError(
            f"{animation.motion.fps:g} frames a second are too many for a GIF; take at most {GIF_MAX_FPS}, "
            "or write MP4"
        )
    if suffix:
        check_target(path)
    elif path.is_file() or (path.is_dir() and not is_empty(path)):
        raise ExportError(f"{path} is there already; numbered frames need a new or empty folder")
    elif not path.absolute().parent.is_dir():
        raise ExportError(f"{path} cannot be made: there is no folder {path.absolute().parent}")
    return _WRITERS[suffix]


def gif_durations(count: int, fps: float) -> list[int]:
    """Milliseconds of each frame, in whole hundredths of a second as GIFs have it; their sum is right."""
    ends = [round(100 * n / fps) for n in range(count + 1)]
    return [10 * max(1, end - begin) for begin, end in pairwise(ends)]


def _write_gif(path: Path, job: _Film) -> None:
    samples = [
        job.frames[n] for n in sorted({*np.linspace(0, len(job.frames) - 1, PALETTE_SAMPLES).astype(int)})
    ]
    # One palette for all frames: with one for each, colours flicker.
    montage = Image.fromarray(np.concatenate(list(job.render(samples, job.watch.quiet()))))
    palette = montage.quantize(255, Image.Quantize.MEDIANCUT)
    frames = (
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        for frame in job.render(job.frames, job.watch)
    )
    motion = job.animation.motion
    with writing(path) as temporary, temporary.open("wb") as file:
        next(frames).save(
            file,
            "GIF",
            save_all=True,
            append_images=frames,
            duration=gif_durations(len(job.frames), motion.fps),
            comment=f"{SOFTWARE} {state_json(job.state)}".encode(),
            **({} if motion.loop == "once" else {"loop": 0}),
        )


def _write_mp4(path: Path, job: _Film) -> None:
    motion = job.animation.motion
    words = {"title": SOFTWARE, "comment": state_json(job.state)}
    crf = round(51 * (1 - job.animation.quality / 10))
    frames = job.render(job.frames, job.watch)
    first = next(frames)
    with writing(path) as temporary, film(temporary, first.shape[:2], motion.fps, crf, words) as add:
        add(first)
        for frame in frames:
            add(frame)


def _write_frames(path: Path, job: _Film) -> None:
    digits = max(4, len(str(len(job.frames))))
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        try:
            temporary.mkdir()
            for n, pixels in enumerate(job.render(job.frames, job.watch)):
                info = PngInfo()
                info.add_text("Software", SOFTWARE)
                info.add_text("Session", state_json(job.frames[n].state))
                Image.fromarray(pixels).save(temporary / f"frame-{n + 1:0{digits}d}.png", pnginfo=info)
            if path.is_dir() and any(path.iterdir()):
                _move_into(path, temporary)
            else:
                if path.is_dir():
                    path.rmdir()
                temporary.replace(path)
        except OSError as error:
            raise not_written(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move_into(folder: Path, temporary: Path) -> None:
    """All files of ``temporary`` to ``folder``, where another program's stay, or none."""
    moved: list[Path] = []
    try:
        for frame in sorted(temporary.iterdir()):
            moved.append(frame.rename(folder / frame.name))
    except BaseException:
        for frame in moved:
            frame.unlink(missing_ok=True)
        raise


_WRITERS: dict[str, Callable[[Path, _Film], None]] = {
    ".gif": _write_gif,
    ".mp4": _write_mp4,
    "": _write_frames,
}
