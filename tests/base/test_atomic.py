"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from jnn_studio.base.atomic import leftovers, write_bytes, write_text


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "er" / "η.toml", "η = 0.5")

    assert (tmp_path / "deep" / "er" / "η.toml").read_bytes() == "η = 0.5".encode()
    assert len(list((tmp_path / "deep" / "er").iterdir())) == 1


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_bytes(path, b"a much longer text than the next")
    write_bytes(path, b"short")

    assert path.read_bytes() == b"short"


def test_a_write_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.json"
    write_bytes(path, b"before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_bytes(path, b"after")

    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_a_file_in_the_way_of_a_folder_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("")

    with pytest.raises(OSError, match="checkpoints"):
        write_bytes(tmp_path / "checkpoints" / "latest", b"")


def test_a_folder_in_the_way_of_the_file_is_an_os_error_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "state.json").mkdir()

    with pytest.raises(OSError, match="state.json"):
        write_bytes(tmp_path / "state.json", b"")

    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    versions = [bytes([65 + i]) * (20_000 + 1_000 * i) for i in range(20)]
    write_bytes(path, versions[0])
    seen: list[bytes] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for version in versions:
        write_bytes(path, version)
    done.set()
    reader.join()

    assert seen
    assert set(seen) <= set(versions)


def test_what_a_killed_writer_left_is_found_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".hidden").write_text("")
    (tmp_path / ".tmp").write_text("")
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / ".tmpcVLdZm").write_text("left by safetensors")
    (tmp_path / "notes.tmp").write_text("")
    monkeypatch.setattr(Path, "replace", _killed)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "previews" / "step.png", "half")
    monkeypatch.undo()

    assert [path.parent.name for path in leftovers(tmp_path)] == ["previews", "checkpoints"]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
