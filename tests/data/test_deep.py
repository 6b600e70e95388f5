"""Pictures of 16 bits a channel keep them, from file to file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from jnn_studio.data.deep import decode_deep
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.photo import read_photo
from jnn_studio.data.pixels import write_picture

RANDOM = np.random.default_rng(0)
COLOUR = RANDOM.integers(0, 65_536, (19, 23, 3), np.uint16)
GREY = COLOUR[..., :1]


def tiff(pixels: np.ndarray, **options: object) -> io.BytesIO:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, metadata=None, **options)
    return file


@pytest.mark.parametrize("ending", [".png", ".tif"])
@pytest.mark.parametrize("pixels", [COLOUR, GREY], ids=["colour", "grey"])
def test_what_is_written_is_read_again_value_for_value(
    tmp_path: Path, ending: str, pixels: np.ndarray
) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    write_picture(pixels, tmp_path / f"a{ending}", profile=profile)
    photo = read_photo(tmp_path / f"a{ending}")
    np.testing.assert_array_equal(photo.channels, pixels)
    assert photo.depth == 16
    assert photo.profile == profile
    assert np.abs(photo.pixels - pixels / 257).max() <= 0.5


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_files_of_either_order_of_bytes(order: str, compression: str | None) -> None:
    file = tiff(COLOUR, byteorder=order, compression=compression, photometric="rgb", rowsperstrip=5)
    found = decode_deep(file)
    assert found is not None
    np.testing.assert_array_equal(found.pixels, COLOUR)


def test_transparency_is_shown_on_white() -> None:
    alpha = np.full((19, 23, 1), 65_535, np.uint16)
    alpha[0, 0] = 0
    file = tiff(np.concatenate([COLOUR, alpha], axis=2), photometric="rgb", extrasamples=["unassalpha"])
    found = decode_deep(file)
    assert found is not None
    assert found.pixels[0, 0].tolist() == [65_535] * 3
    np.testing.assert_array_equal(found.pixels[1:], COLOUR[1:])


def test_images_of_eight_bits_are_left_to_others(tmp_path: Path) -> None:
    for kind in ("PNG", "TIFF", "JPEG", "GIF", "BMP", "WEBP", "PPM"):
        file = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(file, kind)
        assert decode_deep(file) is None


def test_formats_without_16_bits_get_the_nearest_8(tmp_path: Path) -> None:
    write_picture(COLOUR, tmp_path / "a.bmp")
    photo = read_photo(tmp_path / "a.bmp")
    assert photo.depth == 8
    assert np.abs(photo.pixels - COLOUR / 257).max() <= 0.5


def test_what_lies_about_itself_is_refused_before_there_is_room_for_it(tmp_path: Path) -> None:
    honest = tiff(COLOUR, photometric="rgb").getvalue()
    # Width and height are the first two tags: each has its value eight bytes after its number.
    for claimed, reason in (((60_000, 60_000), "megapixels"), ((60_000, 19), "damaged|cut")):
        lying = bytearray(honest)
        for tag, value in zip((256, 257), claimed, strict=True):
            place = lying.index(tag.to_bytes(2, "little"), int.from_bytes(honest[4:8], "little")) + 8
            lying[place : place + 4] = value.to_bytes(4, "little")
        (tmp_path / "a.tif").write_bytes(lying)
        with pytest.raises(DataError, match=reason):
            read_photo(tmp_path / "a.tif")
    (tmp_path / "cut.tif").write_bytes(honest[: len(honest) // 2])
    with pytest.raises(DataError, match="damaged"):
        read_photo(tmp_path / "cut.tif")
    apart = tiff(np.moveaxis(COLOUR, 2, 0).copy(), photometric="rgb", planarconfig="separate")
    with pytest.raises(UnreadableImageError, match="apart"):
        decode_deep(apart)
    bomb = io.BytesIO()
    Image.new("I;16", (20_000, 20_000)).save(bomb, "TIFF", compression="tiff_lzw")
    with pytest.raises(UnreadableImageError, match="megapixels"):
        decode_deep(bomb, 64_000_000)
