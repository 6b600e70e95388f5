"""Files that are none, and images that are programs: nothing waits, and nothing else is started."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import jnn_studio
from jnn_studio.data.attributes import open_attributes
from jnn_studio.data.decode import FORMATS, load_image
from jnn_studio.data.errors import DataError
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.listing import list_images
from jnn_studio.data.photo import read_photo

PACKAGE = Path(jnn_studio.__file__).parent
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


def test_images_are_opened_in_one_place_with_named_formats() -> None:
    places = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(
            r"Image\.open\(|QImageReader|QPixmap\(str|QImage\(str|\.imread\(", path.read_text("utf-8")
        )
    }

    assert places == {"data/decode.py"}
    assert (PACKAGE / "data" / "decode.py").read_text("utf-8").count("Image.open(") == 1
    assert not {"EPS", "WMF", "IPTC", "GBR"} & set(FORMATS)
    assert not {
        path.name for path in PACKAGE.rglob("*.py") if re.search(r"\*\.jpe?g", path.read_text("utf-8"))
    }, "there is one table of formats"


@pytest.fixture
def ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there once a program called ``gs`` has been started."""
    marker, programs = tmp_path / "started", tmp_path / "programs"
    programs.mkdir()
    for name in ("gs", "gswin32c", "gswin64c"):
        (programs / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return marker


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg", "photo.eps", "photo.ps", "photo"])
def test_a_postscript_program_is_no_image_whatever_it_is_called(
    tmp_path: Path, ghostscript: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(POSTSCRIPT)
    for read in (read_photo, lambda path: load_image(path, 16)):
        with pytest.raises(DataError, match="not a readable JPEG"):
            read(tmp_path / name)
    assert not ghostscript.exists()


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "read",
    [
        read_photo,
        lambda path: load_image(path, 16),
        lambda path: open_attributes(path, FaceSource(4, 16, 0)),
        list_images,
    ],
)
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match="pipe"):
        read(tmp_path / "pipe")


@pytest.mark.timeout(30)
def test_a_file_that_becomes_a_pipe_after_it_was_listed_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(np.zeros(9, np.uint8).tobytes())
    listing = list_images(tmp_path)
    (tmp_path / "a.png").unlink()
    os.mkfifo(tmp_path / "a.png")

    with pytest.raises(OSError, match="a pipe, not a file"):
        listing.open(0)
