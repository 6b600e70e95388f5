"""Pictures without a file get one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from jnn_studio.data.errors import DataError
from jnn_studio.explore.saved.pasted import keep_picture


def encoded(kind: str, colour: int = 100) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (20, 20), colour).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(("kind", "ending"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")])
def test_a_picture_is_kept_as_it_came_and_named_by_what_it_is(tmp_path: Path, kind: str, ending: str) -> None:
    path = keep_picture(encoded(kind), tmp_path / "pasted")
    assert path.suffix == ending
    assert path.read_bytes() == encoded(kind)
    assert keep_picture(encoded(kind), tmp_path / "pasted") == path
    assert keep_picture(encoded(kind, 5), tmp_path / "pasted") != path


@pytest.mark.parametrize("data", [b"", b"no picture", encoded("PNG")[:50]])
def test_what_cannot_be_read_is_refused_and_not_kept(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DataError, match="cannot be used"):
        keep_picture(data, tmp_path / "pasted")
    assert not (tmp_path / "pasted").exists()


def test_where_it_cannot_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "pasted").write_text("a file where the folder should be")
    with pytest.raises(DataError, match="cannot be written"):
        keep_picture(encoded("PNG"), tmp_path / "pasted")
