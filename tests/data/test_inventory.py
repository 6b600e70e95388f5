"""An inventory says how many images there are and what is left out, without decoding them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.errors import DataError
from jnn_studio.data.folder import open_folder
from jnn_studio.data.inventory import take_inventory


def photographs(folder: Path, count: int = 3) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new("RGB", (12, 9), (40 * number, 10, 10)).save(folder / f"{number}.png")


def test_images_and_their_folders_are_counted(tmp_path: Path) -> None:
    photographs(tmp_path / "anna")
    photographs(tmp_path / "bert", 2)
    found = take_inventory(tmp_path, 16, 3, cache_dir=tmp_path)
    assert (found.images, found.folders, found.left_out) == (5, 2, ())
    assert found.complete
    assert found.words == "5 images in 2 folders."


def test_what_is_left_out_is_named_by_its_reason(tmp_path: Path) -> None:
    photographs(tmp_path / "p")
    for number in range(2):
        (tmp_path / "p" / f"empty{number}.jpg").touch()
    (tmp_path / "p" / "text.png").write_text("no image at all")
    (tmp_path / "p" / "new.heic").write_bytes(b"heic")
    (tmp_path / "p" / "notes.txt").write_text("no image by its name")
    found = take_inventory(tmp_path / "p", 16, 3, cache_dir=tmp_path)
    assert found.images == found.likely_images == 3
    assert found.left_out[0] == ("empty file", 2, "empty0.jpg")
    assert found.words.startswith("3 images. Left out: 4 files: 2 × empty file (empty0.jpg); ")
    assert "1 × HEIC images are not read; save it as JPEG or PNG (new.heic)" in found.words
    assert "text.png" in found.words


def test_what_was_decoded_before_is_known_to_the_last_file(tmp_path: Path) -> None:
    photographs(tmp_path / "p")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "p" / "2.png")
    whole = (tmp_path / "p" / "2.png").read_bytes()
    (tmp_path / "p" / "2.png").write_bytes(whole[: len(whole) // 2])
    assert take_inventory(tmp_path / "p", 16, 3, cache_dir=tmp_path).images == 3, "only opened"
    open_folder(tmp_path / "p", 16, 3, cache_dir=tmp_path)
    found = take_inventory(tmp_path / "p", 16, 3, cache_dir=tmp_path)
    assert found.images == 2
    assert [name for _, _, name in found.left_out] == ["2.png"]


def test_an_archive_is_looked_into_too(tmp_path: Path) -> None:
    photographs(tmp_path / "p")
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        for path in (tmp_path / "p").iterdir():
            archive.write(path, f"inside/{path.name}")
    assert take_inventory(tmp_path / "p.zip", 16, 3, cache_dir=tmp_path).words == "3 images."


def test_without_time_for_all_it_says_how_many_were_looked_at(tmp_path: Path) -> None:
    photographs(tmp_path / "p")
    found = take_inventory(tmp_path / "p", 16, 3, seconds=-1, cache_dir=tmp_path)
    assert not found.complete
    assert found.likely_images == 3
    assert found.words == "3 image files; the first 0 were looked at."


def test_where_nothing_is_that_is_refused_and_it_ends_when_it_is_not_wanted(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        take_inventory(tmp_path / "nowhere", 16, 3)
    photographs(tmp_path / "p")
    watch = Watch()
    watch.cancel()
    with pytest.raises(Cancelled):
        take_inventory(tmp_path / "p", 16, 3, watch, cache_dir=tmp_path)
