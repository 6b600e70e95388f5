"""The library: saved directions come back, damaged files do not stop it, deleting can be undone."""

from __future__ import annotations

import base64
import json
import os
import struct
import zlib
from pathlib import Path

import pytest

from jnn_studio.explore.saved.library import KEPT_DELETED, Library, LibraryError, read_direction

from .saved import saved


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "directions")


def test_an_empty_library_needs_no_folder(library: Library) -> None:
    assert library.contents().directions == ()
    assert not library.folder.exists()


def test_what_is_saved_is_there_newest_first(library: Library) -> None:
    old = saved("old")
    new = saved("new").model_copy(update={"created": old.created.replace(year=old.created.year + 1)})
    for one in (new, old):
        library.save(one)
    assert library.contents().directions == (new, old)


def test_a_direction_is_renamed_and_noted(library: Library) -> None:
    one = saved(note="first")
    library.save(one)
    library.rename(one.id, "grin")
    (found,) = library.contents().directions
    assert (found.name, found.note) == ("grin", "first")
    library.rename(one.id, "grin", "better")
    assert library.contents().directions[0].note == "better"
    with pytest.raises(LibraryError, match="name"):
        library.rename(one.id, " ")


def test_deleting_can_be_undone(library: Library) -> None:
    one = saved()
    library.save(one)
    library.delete(one.id)
    assert library.contents().directions == ()
    assert library.restore(one.id) == one
    assert library.contents().directions == (one,)


def test_what_was_deleted_long_ago_is_let_go(library: Library) -> None:
    first = saved()
    for n in range(KEPT_DELETED + 1):
        one = first.model_copy(update={"id": f"{n:032x}"})
        library.save(one)
        library.delete(one.id)
    assert len(list((library.folder / "deleted").iterdir())) == KEPT_DELETED
    with pytest.raises(LibraryError, match="too long ago"):
        library.restore(f"{0:032x}")


def test_deleting_what_is_gone_says_so(library: Library) -> None:
    with pytest.raises(LibraryError, match="gone already"):
        library.delete(saved().id)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema_version": 1}', b"\xff\xfe\x00"])
def test_damaged_files_are_passed_over_and_reported(library: Library, content: bytes) -> None:
    one = saved()
    library.save(one)
    broken = library.folder / "broken.json"
    broken.write_bytes(content)
    found = library.contents()
    assert found.directions == (one,)
    assert [damaged.path for damaged in found.damaged] == [broken]
    assert "broken.json" in found.damaged[0].reason


@pytest.mark.parametrize("field", ["base_png", "moved_png"])
def test_a_picture_that_is_none_is_damage(library: Library, field: str) -> None:
    one = saved()
    library.save(one.model_copy(update={field: "bm90aGluZw=="}))
    assert "picture" in library.contents().damaged[0].reason


def test_a_file_of_another_version_says_what_to_do(library: Library) -> None:
    one = saved()
    library.save(one)
    path = library.folder / f"{one.id}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 2}))
    with pytest.raises(LibraryError, match="update the program"):
        read_direction(path)


def test_a_direction_travels_as_a_file(library: Library, tmp_path: Path) -> None:
    one = saved("grin")
    library.save(one)
    library.export_file(one.id, tmp_path / "grin.json")
    other = Library(tmp_path / "elsewhere")
    assert other.import_file(tmp_path / "grin.json") == one
    assert other.contents().directions == (one,)


def test_importing_twice_adds_once_and_never_overwrites(library: Library, tmp_path: Path) -> None:
    one = saved()
    library.save(one)
    library.export_file(one.id, tmp_path / "one.json")
    library.import_file(tmp_path / "one.json")
    assert len(library.contents().directions) == 1
    library.rename(one.id, "mine")
    library.import_file(tmp_path / "one.json")
    assert sorted(d.name for d in library.contents().directions) == ["mine", "smile"]


def test_no_id_leads_out_of_the_folder(library: Library) -> None:
    with pytest.raises(ValueError, match="no direction's id"):
        library.delete("../other")


def bomb() -> str:
    """A PNG of 50,000 × 50,000 pixels that is nothing but its header."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return base64.b64encode(png).decode()


@pytest.mark.timeout(60)
def test_whatever_lies_in_the_folder_the_others_are_shown_and_it_is_named(library: Library) -> None:
    one = saved()
    library.save(one)
    text = json.dumps(one.model_dump(mode="json"))
    (library.folder / "bomb.json").write_text(
        one.model_copy(update={"base_png": bomb()}).model_dump_json(), encoding="utf-8"
    )
    (library.folder / "deep.json").write_text("[" * 100_000)
    (library.folder / "digits.json").write_text(text.replace('"index": ', '"index": ' + "9" * 10_000))
    (library.folder / "folder.json").mkdir()
    (library.folder / "nowhere.json").symlink_to("gone")
    with (library.folder / "large.json").open("wb") as file:
        file.truncate(1 << 40)
    os.mkfifo(library.folder / "pipe.json")

    found = library.contents()

    assert found.directions == (one,)
    names = [damaged.path.stem for damaged in found.damaged]
    assert names == ["bomb", "deep", "digits", "folder", "large", "nowhere", "pipe"]
    for damaged in found.damaged:
        assert damaged.path.name in damaged.reason


@pytest.mark.timeout(30)
def test_a_pipe_is_neither_imported_nor_exported_to(library: Library, tmp_path: Path) -> None:
    one = saved()
    library.save(one)
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(LibraryError, match="a pipe, not a file"):
        library.import_file(tmp_path / "pipe")
    with pytest.raises(OSError, match="a pipe, not a file"):
        library.export_file(one.id, tmp_path / "pipe")
