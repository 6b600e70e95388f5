"""Pictures are written as what their names say, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.data.errors import DataError
from jnn_studio.data.image_formats import EXTENSIONS, IMAGE_FORMATS, WRITTEN, format_to_write
from jnn_studio.data.photo import read_photo
from jnn_studio.data.pixels import write_picture

COLOURS = np.random.default_rng(0).integers(0, 256, (24, 17, 3), dtype=np.uint8)
ROWS, COLUMNS = np.indices((30, 40))
SMOOTH = np.stack([COLUMNS, ROWS, np.full((30, 40), 99)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("a.png", "PNG"), ("a.PNG", "PNG"), ("a.webp", "WEBP"), ("a.tif", "TIFF"), ("a.Tiff", "TIFF")),
        *(("a.bmp", "BMP"), ("σ 0.5.png", "PNG")),
    ],
)
def test_the_ending_decides_and_no_pixel_is_lost(name: str, kind: str, tmp_path: Path) -> None:
    write_picture(COLOURS, tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert image.format == kind
    np.testing.assert_array_equal(read_photo(tmp_path / name).pixels, COLOURS)


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.jfif", "a.jpe"])
def test_a_jpeg_is_one_and_of_high_quality(name: str, tmp_path: Path) -> None:
    write_picture(SMOOTH, tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert image.format == "JPEG"
    assert np.abs(read_photo(tmp_path / name).pixels.astype(int) - SMOOTH).max() <= 4


@pytest.mark.parametrize("kind", [found.endings[0] for found in WRITTEN])
def test_what_has_no_colour_is_written_as_grey(kind: str, tmp_path: Path) -> None:
    grey = SMOOTH[..., :1]
    for pixels in (grey, np.repeat(grey, 3, axis=2)):
        write_picture(pixels, tmp_path / f"grey{kind}")
        found = read_photo(tmp_path / f"grey{kind}").pixels.astype(int)
        assert np.ptp(found, axis=2).max() == 0
        assert np.abs(found - grey).max() <= (3 if kind == ".jpg" else 0)


@pytest.mark.parametrize("name", ["a", "a.gif", "a.avif", "a.txt", "a.0.5", "png", ".png", "a.ppm"])
def test_other_endings_are_refused_with_those_that_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        write_picture(COLOURS, tmp_path / name)
    assert str(refused.value) == (
        f"{tmp_path / name}: pictures are written as JPEG, PNG, WebP, TIFF or BMP; give a name with one of "
        ".jpg .png .webp .tif .bmp"
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_long_for_a_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a WebP has at most 16383 pixels a side, this picture 16384"):
        write_picture(np.zeros((1, 16_384, 1), np.uint8), tmp_path / "a.webp")
    with pytest.raises(DataError, match="65535 pixels"):
        write_picture(np.zeros((65_536, 1, 3), np.uint8), tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_every_ending_belongs_to_one_format() -> None:
    assert len(EXTENSIONS) == len(set(EXTENSIONS)) == sum(len(found.endings) for found in IMAGE_FORMATS)
    assert all(format_to_write(Path(f"a{ending}")) is kind for kind in WRITTEN for ending in kind.endings)
