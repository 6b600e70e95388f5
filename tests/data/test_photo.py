"""A photograph at its own size, or one line that says why not."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.data.errors import DataError
from jnn_studio.data.photo import MAX_PHOTO_PIXELS, read_photo


def colours(height: int = 37, width: int = 53) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_odd_sides_are_kept_and_the_name_is_the_files(tmp_path: Path) -> None:
    path = tmp_path / "on the beach.png"
    Image.fromarray(colours()).save(path)
    photo = read_photo(path)
    assert photo.name == "on the beach.png"
    np.testing.assert_array_equal(photo.pixels, colours())


def test_one_pixel_is_a_photograph(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("RGB", (1, 1), (255, 128, 0)).save(path)
    assert read_photo(path).pixels.tolist() == [[[255, 128, 0]]]


@pytest.mark.parametrize(
    ("name", "image", "first"),
    [
        ("grey.png", Image.new("L", (9, 5), 100), (100, 100, 100)),
        ("16-bit.png", Image.fromarray(np.full((5, 9), 257 * 100, np.uint16)), (100, 100, 100)),
        ("palette.png", Image.new("RGB", (9, 5), (10, 20, 30)).quantize(2), (10, 20, 30)),
        ("half transparent.png", Image.new("RGBA", (9, 5), (0, 0, 0, 128)), (127, 127, 127)),
        ("print.jpg", Image.new("CMYK", (9, 5), (0, 255, 255, 0)), (254, 0, 0)),
    ],
)
def test_every_kind_of_pixel_becomes_colour(
    name: str, image: Image.Image, first: tuple[int, int, int], tmp_path: Path
) -> None:
    image.save(tmp_path / name)
    pixels = read_photo(tmp_path / name).pixels
    assert pixels.shape == (5, 9, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels[0, 0].astype(int), first, atol=2)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16", "RGB"])
def test_what_has_no_colour_is_worked_on_as_one_channel(mode: str, tmp_path: Path) -> None:
    levels = np.arange(45, dtype=np.uint8).reshape(5, 9)
    grey = Image.fromarray(levels)
    image = Image.fromarray(levels.astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    image.save(tmp_path / "grey.png")
    photo = read_photo(tmp_path / "grey.png")
    assert photo.pixels.shape == (5, 9, 3)
    assert photo.channels.shape == (5, 9, 1)
    scale = 257 if mode == "I;16" else 1
    np.testing.assert_array_equal(photo.pixels.astype(int) * scale, np.repeat(photo.channels, 3, axis=2))


def test_one_coloured_pixel_makes_a_photograph_coloured(tmp_path: Path) -> None:
    image = Image.new("RGB", (9, 5), (7, 7, 7))
    image.putpixel((8, 4), (7, 7, 8))
    image.save(tmp_path / "colour.png")
    assert read_photo(tmp_path / "colour.png").channels.shape == (5, 9, 3)


def test_a_name_that_is_no_text_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    Image.fromarray(colours()).save(path)
    photo = read_photo(path)
    assert photo.name == r"caf\udce9.png"
    np.testing.assert_array_equal(photo.pixels, colours())


def claiming(width: int, height: int) -> bytes:
    """A PNG that claims these sides."""
    chunks = b""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")):
        chunks += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"not a picture at all", "not a readable JPEG"),
        (claiming(20_000, 20_000), "more than the 64 megapixels read"),
        (claiming(8_001, 8_000), "8001 × 8000 pixels, more than the 64 megapixels read"),
        (claiming(90, 80), "damaged"),
    ],
)
def test_what_is_none_is_refused_in_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_photo(path)
    message = str(caught.value)
    assert message.startswith(f"{path} cannot be used: ")
    assert reason in message
    assert "\n" not in message
    assert message.endswith("Choose a JPEG, PNG, WebP, TIFF, BMP, PNM, GIF or AVIF image.")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone.jpg cannot be used: missing"):
        read_photo(tmp_path / "gone.jpg")
    with pytest.raises(DataError, match="cannot be used: not a file"):
        read_photo(tmp_path)


def test_the_largest_photograph_is_one_of_todays_cameras() -> None:
    assert MAX_PHOTO_PIXELS >= 9504 * 6336
