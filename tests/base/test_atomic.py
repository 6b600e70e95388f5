"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jnn_studio.base.atomic import leftovers, open_to_append, replacing, write_bytes, write_text
from jnn_studio.base.reading import UnfitFileError


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


@pytest.fixture(params=[0o022, 0o077, 0o002])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_permissions_the_umask_leaves(tmp_path: Path, mask: int) -> None:
    write_bytes(tmp_path / "new", b"")
    open_to_append(tmp_path / "log").close()
    with replacing(tmp_path / "other") as temporary:
        temporary.unlink()  # as safetensors does, whose own file is for its owner alone
        temporary.touch(mode=0o600)

    for name in ("new", "log", "other"):
        assert mode(tmp_path / name) == 0o666 & ~mask


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o666, 0o444])
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "kept"
    path.write_text("before")
    path.chmod(bits)

    write_bytes(path, b"after")

    assert path.read_bytes() == b"after"
    assert mode(path) == bits


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    target, link, second = tmp_path / "disk" / "target", tmp_path / "link", tmp_path / "second"
    target.write_text("before")
    link.symlink_to("disk/target")
    second.symlink_to(link)

    write_bytes(second, b"after")

    assert link.is_symlink()
    assert second.is_symlink()
    assert target.read_bytes() == b"after"
    assert [p.name for p in (tmp_path / "disk").iterdir()] == ["target"]
    (tmp_path / "dangling").symlink_to("disk/new")
    write_bytes(tmp_path / "dangling", b"new")
    assert (tmp_path / "disk" / "new").read_bytes() == b"new"


def test_in_somebody_elses_folder_the_link_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to("mine")

    with pytest.raises(OSError, match="link"):
        open_to_append(tmp_path / "link", through_links=False)
    write_bytes(tmp_path / "link", b"after", through_links=False)

    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_bytes() == b"after"


def test_a_link_that_leads_to_itself_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(OSError, match="loop"):
        write_bytes(tmp_path / "loop", b"")


@pytest.mark.timeout(30)
def test_pipes_and_devices_are_refused_as_outputs_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(UnfitFileError, match="not a file"):
            open_to_append(path)
    with pytest.raises(UnfitFileError, match="a pipe, not a file"):
        write_bytes(tmp_path / "pipe", b"")

    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_the_temporary_name_cannot_be_planted(tmp_path: Path) -> None:
    """Two writes never take the same name, and one that is taken already is not used."""
    (tmp_path / "victim").write_text("untouched")
    names = []
    for _ in range(3):
        with replacing(tmp_path / "out") as temporary:
            names.append(temporary.name)
            assert not temporary.is_symlink()
    assert len(set(names)) == 3


def test_a_planted_link_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = iter(["guessed", "other"])
    monkeypatch.setattr("jnn_studio.base.atomic.secrets.token_hex", lambda _: next(marks))
    (tmp_path / "victim").write_text("untouched")
    name = f".out.{os.getpid()}-{threading.get_ident()}-guessed.tmp"
    (tmp_path / name).symlink_to("victim")

    write_bytes(tmp_path / "out", b"after")

    assert (tmp_path / "victim").read_text() == "untouched"
    assert (tmp_path / "out").read_bytes() == b"after"


def test_the_longest_name_a_disk_allows_can_be_written(tmp_path: Path) -> None:
    for name in ("n" * 255, "η" * 127):
        write_bytes(tmp_path / name, b"x")
        assert (tmp_path / name).read_bytes() == b"x"
    assert not leftovers(tmp_path)


def test_an_error_names_the_file_that_was_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "no" / "out", make_folder=False):
        pass
    assert caught.value.filename == str(tmp_path / "no" / "out")
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "out") as temporary:
        temporary.unlink()  # so that it cannot be flushed
    assert caught.value.filename == str(tmp_path / "out")
