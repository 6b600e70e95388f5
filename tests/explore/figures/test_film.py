"""Films have the colours and the words they were given."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from jnn_studio.explore.figures.film import film

SIDE = 32


def patches() -> np.ndarray:
    """Flat squares of colours, among them saturated ones; (height, width, 3)."""
    levels = (0, 96, 176, 255)
    colors = [(r, g, b) for r in levels for g in levels for b in levels]
    rows = [
        np.concatenate([np.full((SIDE, SIDE, 3), c, np.uint8) for c in colors[n : n + 8]], 1)
        for n in range(0, 64, 8)
    ]
    return np.concatenate(rows)


def decoded(path: Path, *options: str) -> tuple[bytes, str]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), *options, "-f", "rawvideo", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout, done.stderr.decode()


def bt709(planes: bytes, height: int, width: int) -> np.ndarray:
    """From Y′CbCr in video's range to R′G′B′, as ITU-R BT.709 says (§3): no line shared with ffmpeg."""
    area = height * width
    raw = np.frombuffer(planes, np.uint8).astype(float)
    y = (raw[:area].reshape(height, width) - 16) / 219
    cb, cr = ((raw[area * 5 // 4 * n + (1 - n) * area :][: area // 4] - 128) / 224 for n in (0, 1))
    cb, cr = (np.kron(plane.reshape(height // 2, width // 2), np.ones((2, 2))) for plane in (cb, cr))
    red, blue = y + 1.5748 * cr, y + 1.8556 * cb
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    return 255 * np.stack([red, green, blue], axis=-1)


def test_a_film_says_what_its_colours_mean_and_they_are_those_of_the_pictures(tmp_path: Path) -> None:
    picture = patches()
    with film(tmp_path / "film.mp4", picture.shape[:2], 10, 5, {}) as add:
        for _ in range(3):
            add(picture)

    planes, words = decoded(tmp_path / "film.mp4", "-pix_fmt", "yuv420p", "-frames:v", "1")
    assert re.search(r"yuv420p\(tv, bt709/bt709/iec61966-2-1", words)
    seen = bt709(planes, *picture.shape[:2])
    inside = np.zeros((SIDE, SIDE), bool)
    inside[8:-8, 8:-8] = True  # away from the borders, where chroma is shared
    mask = np.tile(inside, (8, 8))
    assert np.abs(seen - picture)[mask].max() <= 3


def test_what_a_film_carries_may_be_long_and_hold_any_sign(tmp_path: Path) -> None:
    text = '{"a=b": "#;\\\\ é", ' + ", ".join(f'"{n}": {n / 7}' for n in range(20_000)) + "}"
    with film(tmp_path / "film.mp4", (16, 16), 10, 20, {"comment": text}) as add:
        add(np.zeros((16, 16, 3), np.uint8))

    assert len(text) > 400_000
    assert text.encode() in (tmp_path / "film.mp4").read_bytes()
