"""Pictures to an MP4 film, by ffmpeg."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from jnn_studio.explore.figures.exporting import ExportError

# Players guess the colours of a film that says nothing of them, and are wrong by up to 9 levels. What the
# numbers mean is chosen and said here: BT.709's matrix and primaries, sRGB's curve, video's range.
_FILTERS = (
    "scale=in_range=pc:out_range=tv:out_color_matrix=bt709:flags=accurate_rnd,format=yuv420p,"
    "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=iec61966-2-1"
)


@contextmanager
def film(
    path: Path, size: tuple[int, int], fps: float, crf: int, words: Mapping[str, str]
) -> Iterator[Callable[[np.ndarray], object]]:
    """What to hand the pictures to: uint8 (height, width, 3), sRGB, of even ``size`` (height, width).

    ``crf`` is x264's constant rate factor, 0 the best; ``words`` are kept in the film, however long.

    Raises:
        OSError: ffmpeg failed; the message is its last line.
        ExportError: there is no ffmpeg.
    """
    height, width = size
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as said:
        # From a file: a command line holds 128 KiB a word at most.
        said.write(";FFMETADATA1\n" + "".join(f"{key}={_escaped(text)}\n" for key, text in words.items()))
        said.flush()
        command = [
            *(_ffmpeg(), "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
            *("-s", f"{width}x{height}", "-r", f"{fps:g}", "-i", "-"),
            *("-f", "ffmetadata", "-i", said.name, "-map", "0:v", "-map_metadata", "1"),
            *("-vf", _FILTERS, "-c:v", "libx264", "-crf", str(crf), "-movflags", "+faststart"),
            *("-fflags", "+bitexact", "-f", "mp4", str(path)),
        ]
        with _running(command) as pixels:
            yield lambda picture: pixels(np.ascontiguousarray(picture).data)


def _escaped(text: str) -> str:
    """As ffmpeg's metadata files have it."""
    return re.sub(r"([=;#\\\n])", r"\\\1", text)


@contextmanager
def _running(command: list[str]) -> Iterator[Callable[[memoryview], object]]:
    """ffmpeg, to be fed; ended with its input, or killed. OSError says what it complained of."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        )
        assert process.stdin is not None
        try:
            yield process.stdin.write
            process.stdin.close()
            failed = process.wait() != 0
        except BrokenPipeError:
            failed = True
            process.wait()
        finally:
            process.kill()
            process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()
        if failed:
            complaints.seek(0)
            text = complaints.read().decode(errors="replace").strip().split("\n")
            raise OSError(f"ffmpeg: {text[-1] or 'ended early'}")


def _ffmpeg() -> str:
    import imageio_ffmpeg  # type: ignore[import-untyped]

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise ExportError(
            "MP4 films need ffmpeg, which is not there; reinstall imageio-ffmpeg or name the program in "
            "IMAGEIO_FFMPEG_EXE, or choose a name ending in .gif"
        ) from error
