"""A run on disk, also while it is being written and after its writer was killed."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.events import Arrays, Metrics, Preview, Spectrum
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError, RunGoneError

Tiny = Callable[..., RunConfig]
MEMBERS = ("unregularised", "regularised")


@pytest.fixture
def folder(tiny: Tiny, tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run", tiny())


def metrics(step: int, member: str = "regularised") -> Metrics:
    return Metrics(step, step / 8, member, {"total": 3.0 / (step + 1), "penalty": float("nan")})


def preview(step: int) -> Preview:
    rng = np.random.default_rng(step)
    rows = rng.integers(0, 256, (3, 4, 16, 16, 3), dtype=np.uint8)
    return Preview(step, rows[0], {"unregularised": rows[1], "regularised": rows[2]})


def checkpoint(folder: RunFolder, step: int, keep: int = 2) -> Path:
    path = folder.checkpoint_path(step)
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    folder.mark_latest(step, keep)
    return path


def test_a_new_run_says_what_it_is(tiny: Tiny, folder: RunFolder) -> None:
    assert folder.config() == tiny()
    assert folder.state().state == "created"
    assert folder.state().step == 0
    assert folder.latest_checkpoint() is None
    assert folder.metrics() == ([], 0)
    assert folder.spectra(MEMBERS) == []
    assert folder.latest_preview(MEMBERS) is None


def test_a_folder_in_use_is_refused(tiny: Tiny, folder: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not empty; choose another folder, or resume"):
        RunFolder.create(folder.path, tiny())
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot write a run to .*file: File exists"):
        RunFolder.create(tmp_path / "file", tiny())


def test_what_other_programs_left_makes_no_folder_one_in_use(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "run"
    for name in (".git", "@eaDir", "$RECYCLE.BIN"):
        (path / name).mkdir(parents=True)
        (path / name / "kept").write_text("theirs")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._run"):
        (path / name).write_text("theirs")
    folder = RunFolder.create(path, tiny())
    assert RunFolder.open(path).config() == tiny()
    folder.delete()
    assert (path / ".git" / "kept").read_text() == "theirs"
    assert not (path / "config.toml").exists()


@pytest.mark.skipif(os.name != "posix", reason="names are text there")
def test_a_folder_of_images_whose_name_is_no_text_is_refused_in_words(tiny: Tiny, tmp_path: Path) -> None:
    config = tiny().with_changes(tmp_path / os.fsdecode(b"caf\xe9"))
    with pytest.raises(RunFolderError, match=r"config\.toml cannot hold the name of the folder of images"):
        RunFolder.create(tmp_path / "run", config)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(RunFolderError, match="holds no run: there is no config.toml"):
            RunFolder.open(path)


@pytest.mark.parametrize("kept", ["", "# nothing\n", 'name = "other"\n'])
def test_what_is_left_of_a_configuration_is_not_taken_for_another(folder: RunFolder, kept: str) -> None:
    """Every setting has a default: of an emptied file there would be a run of another kind."""
    (folder.path / "config.toml").write_text(kept)
    with pytest.raises(ConfigError, match="is not what a run was begun with: it has no schema_version"):
        folder.config()


def test_a_writer_killed_while_creating_the_run_is_in_nobodys_way(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    (path / ".config.toml.123-456.tmp").write_text("name = 'ti")

    RunFolder.create(path, tiny())

    (path / "state.json").unlink()  # killed between the two files
    assert RunFolder.open(path).state().state == "created"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"state": "running"}',
        '{"state": "lost", "step": 1}',
        '{"state": ["running"], "step": 1, "heartbeat": 0, "reason": ""}',
        '{"state": "running", "step": "1", "heartbeat": 0, "reason": ""}',
        '{"state": "running", "step": -1, "heartbeat": 0, "reason": ""}',
        '{"state": "running", "step": 1, "heartbeat": Infinity, "reason": ""}',
        '{"state": "running", "step": 1, "heartbeat": 0, "reason": {}}',
        '{"state": "running", "step": ' + "9" * 10_000 + "}",
        "[" * 3000,
        "\udcff",
    ],
)
def test_a_damaged_state_only_informed(folder: RunFolder, text: str) -> None:
    checkpoint(folder, 6)
    (folder.path / "state.json").write_text(text, "utf-8", "surrogateescape")

    state = folder.state()

    assert (state.state, state.step) == ("stopped", 6)
    assert state.reason.startswith("state.json cannot be read (")
    assert folder.notes == (state.reason,)


def test_metrics_are_read_from_where_reading_stopped(folder: RunFolder) -> None:
    for step in (5, 10):
        folder.log(metrics(step))
    first, offset = folder.metrics()
    folder.log(metrics(15))
    second, end = folder.metrics(offset)

    assert [m.step for m in first] == [5, 10]
    assert [m.step for m in second] == [15]
    assert folder.metrics(end) == ([], end)
    assert first[0].member == "regularised"
    assert first[0].terms["total"] == 0.5
    assert np.isnan(first[0].terms["penalty"])


def test_a_line_that_is_being_written_is_left_for_the_next_time(folder: RunFolder) -> None:
    folder.log(metrics(5))
    path = folder.path / "metrics.jsonl"
    line = json.dumps({"step": 10, "time": 1.0, "model": "regularised", "terms": {}}) + "\n"
    with path.open("a") as file:
        file.write(line[:20])
    found, offset = folder.metrics()
    assert [m.step for m in found] == [5]

    with path.open("a") as file:
        file.write(line[20:])
    assert [m.step for m in folder.metrics(offset)[0]] == [10]


def test_a_log_shorter_than_what_was_read_is_read_again(folder: RunFolder) -> None:
    for step in (5, 10, 15):
        folder.log(metrics(step))
    _, offset = folder.metrics()

    folder.truncate(5)

    assert [m.step for m in folder.metrics(offset)[0]] == [5]


def test_spectra_come_back_with_the_names_of_their_models(folder: RunFolder) -> None:
    for index, key in enumerate(MEMBERS):
        folder.log_spectrum(Spectrum(4, key, np.array([3.0, 1.0], np.float32), 1.75), index)

    found = folder.spectra(MEMBERS)
    assert [(s.step, s.member, s.effective_rank) for s in found] == [(4, key, 1.75) for key in MEMBERS]
    np.testing.assert_array_equal(found[1].sigma, [3.0, 1.0])
    assert [s.member for s in folder.spectra(MEMBERS, 1)] == ["regularised"]


def test_the_newest_preview_comes_back_to_the_pixel(folder: RunFolder) -> None:
    for step in (0, 50):
        folder.save_preview(preview(step))

    found = folder.latest_preview(MEMBERS)

    assert found is not None
    assert found.step == 50
    np.testing.assert_array_equal(found.originals, preview(50).originals)
    assert list(found.reconstructions) == list(MEMBERS)
    for key in MEMBERS:
        np.testing.assert_array_equal(found.reconstructions[key], preview(50).reconstructions[key])


def test_only_the_newest_checkpoints_are_kept(folder: RunFolder) -> None:
    for step in (0, 6, 12, 18):
        checkpoint(folder, step, keep=2)

    kept = sorted(path.name for path in (folder.path / "checkpoints").glob("step-*"))
    assert kept == ["step-0000012.safetensors", "step-0000018.safetensors"]
    assert folder.latest_checkpoint() == folder.checkpoint_path(18)


def test_without_a_usable_pointer_the_newest_checkpoint_is_the_latest(folder: RunFolder) -> None:
    for step in (6, 12):
        checkpoint(folder, step)

    (folder.path / "checkpoints" / "latest").write_text("step-0000099.safetensors")
    assert folder.latest_checkpoint() == folder.checkpoint_path(12)
    (folder.path / "checkpoints" / "latest").unlink()
    assert folder.latest_checkpoint() == folder.checkpoint_path(12)
    folder.checkpoint_path(12).unlink()
    assert folder.latest_checkpoint() == folder.checkpoint_path(6)


def test_the_pointer_leads_nowhere_outside_the_run(folder: RunFolder, tmp_path: Path) -> None:
    checkpoint(folder, 6)
    (tmp_path / "step-0000007.safetensors").write_text("")
    (folder.path / "checkpoints" / "latest").write_text("../../step-0000007.safetensors")

    assert folder.latest_checkpoint() == folder.checkpoint_path(6)


def test_going_on_from_a_step_forgets_what_came_after_it(folder: RunFolder) -> None:
    for step in (6, 12):
        folder.log(metrics(step))
        folder.log_spectrum(Spectrum(step, "regularised", np.ones(3, np.float32), 1.0), 1)
        folder.save_preview(preview(step))
        checkpoint(folder, step)
    folder.mark_latest(6, keep=2)  # killed before it could point at the checkpoint of step 12
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 18, "ti')
    (folder.path / "previews" / ".step-0000018.png.1-2.tmp").write_text("half")

    folder.truncate(6)

    assert [m.step for m in folder.metrics()[0]] == [6]
    assert [s.step for s in folder.spectra(MEMBERS)] == [6]
    assert [path.name for path in (folder.path / "previews").iterdir()] == ["step-0000006.png"]
    checkpoint(folder, 9, keep=1)
    assert folder.latest_checkpoint() == folder.checkpoint_path(9)


def test_deleting_a_run_leaves_nothing_of_it(folder: RunFolder) -> None:
    folder.log(metrics(5))
    folder.log_spectrum(Spectrum(4, "regularised", np.ones(3, np.float32), 1.0), 1)
    folder.save_preview(preview(0))
    checkpoint(folder, 0)
    (folder.path / ".state.json.1-2.tmp").write_text("half")

    folder.delete()

    assert not folder.path.exists()


def test_deleting_a_run_leaves_files_that_are_not_its_own(folder: RunFolder) -> None:
    (folder.path / "notes.txt").write_text("mine")
    (folder.path / "figures").mkdir()

    folder.delete()

    assert sorted(path.name for path in folder.path.iterdir()) == ["figures", "notes.txt"]


def test_deleting_a_run_that_somebody_else_deleted_is_no_error(folder: RunFolder) -> None:
    shutil.rmtree(folder.path)

    folder.delete()

    assert not folder.path.exists()


def test_a_long_log_comes_in_portions(tiny: Tiny, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny())
    line = '{{"step": {}, "time": 0.5, "model": "regularised", "terms": {{"total": 1.0}}}}\n'
    (folder.path / "metrics.jsonl").write_text("".join(line.format(step) for step in range(20_000)))

    steps: list[int] = []
    portions, offset = 0, 0
    while portion := (read := folder.metrics(offset))[0]:
        steps += [metrics.step for metrics in portion]
        portions, offset = portions + 1, read[1]

    assert steps == list(range(20_000))
    assert portions > 1


def test_previews_written_before_they_said_their_size_are_of_square_images(folder: RunFolder) -> None:
    folder.save_preview(preview(50))
    (path,) = (folder.path / "previews").iterdir()
    with Image.open(path) as file:
        Image.fromarray(np.asarray(file)).save(path)  # without what its text chunks say

    found = folder.latest_preview(MEMBERS)

    assert found is not None
    np.testing.assert_array_equal(found.originals, preview(50).originals)
    np.testing.assert_array_equal(
        found.reconstructions["regularised"], preview(50).reconstructions["regularised"]
    )


# --- hostile and damaged --------------------------------------------------------------------------------

GOOD = b'{"step": 5, "time": 0.5, "model": "regularised", "terms": {"total": 1.0, "penalty": NaN}}\n'
BAD_LINES = [
    b"[]",
    b'{"a":1}',
    b"null",
    b"",
    b"\xff\xfe",
    bytes(50),
    b"[" * 100_000,
    b'{"step": 10, "ti' + GOOD.strip(),
    b'{"step": 1e400, "time": 0, "model": "regularised", "terms": {}}',
    b'{"step": ' + b"9" * 10_000 + b', "time": 0, "model": "regularised", "terms": {}}',
    b'{"step": -1, "time": 0, "model": "regularised", "terms": {}}',
    b'{"step": true, "time": 0, "model": "regularised", "terms": {}}',
    b'{"step": 1, "time": NaN, "model": "regularised", "terms": {}}',
    b'{"step": 1, "time": "0", "model": "regularised", "terms": {}}',
    b'{"step": 1, "time": 0, "model": ["regularised"], "terms": {}}',
    b'{"step": 1, "time": 0, "model": "stranger", "terms": {}}',
    b'{"step": 1, "time": 0, "model": "regularised", "terms": []}',
    b'{"step": 1, "time": 0, "model": "regularised", "terms": {"total": "1"}}',
    b'{"step": 1, "time": 0, "model": "regularised", "terms": {"total": {}}}',
]


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_line_of_anything_is_left_out_and_said(folder: RunFolder, line: bytes) -> None:
    (folder.path / "metrics.jsonl").write_bytes(GOOD + line + b"\n" + GOOD.replace(b"5", b"7"))

    found, end = folder.metrics(0, MEMBERS)

    assert [m.step for m in found] == [5, 7]
    assert folder.metrics(end, MEMBERS) == ([], end)
    (note,) = folder.notes
    assert note.startswith("metrics.jsonl has 1 damaged line (the first: ")
    assert "'step'" not in note


@pytest.mark.parametrize("line", [line for line in BAD_LINES if b"stranger" not in line])
def test_going_on_removes_damaged_lines_and_keeps_what_follows(folder: RunFolder, line: bytes) -> None:
    path = folder.path / "metrics.jsonl"
    path.write_bytes(GOOD + line + b"\n" + line + b"\n" + GOOD.replace(b"5", b"7") + GOOD[:20])

    folder.truncate(7)

    assert path.read_bytes() == GOOD + GOOD.replace(b"5", b"7")
    (note,) = folder.notes
    assert note.startswith("metrics.jsonl had 2 damaged lines (the first: ")


def test_a_line_longer_than_is_read_at_once_does_not_hide_what_follows(folder: RunFolder) -> None:
    path = folder.path / "metrics.jsonl"
    path.write_bytes(GOOD + b"x" * 5_000_000 + b"\n" + GOOD)

    found, end = folder.metrics()
    more, _ = folder.metrics(end)

    assert len(found) + len(more) == 2
    assert "damaged line" in folder.notes[0]


@pytest.mark.timeout(30)
def test_a_log_that_only_says_it_is_large_is_not_read_for_ever(folder: RunFolder) -> None:
    with (folder.path / "metrics.jsonl").open("wb") as file:
        file.truncate(1 << 40)

    assert folder.metrics()[0] == []
    folder.truncate(5)
    assert folder.metrics() == ([], 0)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"nonsense", b"\x00" * 40, b"x" * 5_000_000])
def test_a_pointer_of_anything_is_passed_over_and_said(folder: RunFolder, content: bytes) -> None:
    for step in (6, 12):
        checkpoint(folder, step)
    (folder.path / "checkpoints" / "latest").write_bytes(content)

    assert folder.latest_checkpoint() == folder.checkpoint_path(12)
    assert folder.notes == ("checkpoints/latest does not name a checkpoint; the newest there is was taken.",)


def test_a_log_that_has_become_shorter_is_said(folder: RunFolder) -> None:
    for step in (5, 10):
        folder.log(metrics(step))
        folder.log_spectrum(Spectrum(step, "regularised", np.ones(3, np.float32), 1.0), 1)
    logged = folder.logged()
    folder.truncate(10, logged)
    assert folder.notes == ()
    assert folder.logged() == logged

    lines = (folder.path / "metrics.jsonl").read_bytes().splitlines(keepends=True)
    (folder.path / "metrics.jsonl").write_bytes(lines[0])
    (folder.path / "spectra.npy").unlink()
    folder.truncate(10, logged)

    assert folder.notes == (
        f"metrics.jsonl has lost the last {len(lines[1])} bytes it held at step 10: the curves have a gap.",
        "spectra.npy has lost all it held at step 10: the curves have a gap.",
    )


@pytest.mark.parametrize("content", [b"", b"short", pickle.dumps({}), None])
def test_spectra_that_are_none_are_put_aside(folder: RunFolder, content: bytes | None) -> None:
    path = folder.path / "spectra.npy"
    if content is None:
        np.save(path, np.array([{}], object), allow_pickle=True)
    else:
        path.write_bytes(content)

    assert folder.spectra(MEMBERS) == []
    assert folder.notes[0].startswith("spectra.npy cannot be read (")
    folder.truncate(10)

    (note,) = folder.notes
    assert note.startswith("spectra.npy could not be read (")
    assert note.endswith(" and was put aside as spectra.npy.damaged.")
    assert "pickle" not in note
    assert (folder.path / "spectra.npy.damaged").exists()
    folder.log_spectrum(Spectrum(12, "regularised", np.ones(3, np.float32), 1.0), 1)
    assert [s.step for s in folder.spectra(MEMBERS)] == [12]


def test_records_of_no_model_are_left_out_and_counted_as_read(folder: RunFolder) -> None:
    for index in (0, 7, 1):
        folder.log_spectrum(Spectrum(4, "x", np.ones(3, np.float32), 1.0), index)

    found, end = folder.spectra_from(MEMBERS, 0)

    assert [s.member for s in found] == list(MEMBERS)
    assert folder.spectra_from(MEMBERS, end) == ([], 3)
    assert folder.notes[0].startswith("spectra.npy has records of no step or model")


def png(width: int, height: int) -> bytes:
    """A PNG that is nothing but its header."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def named(rows: str, image: str) -> bytes:
    about, file = PngInfo(), io.BytesIO()
    about.add_text("rows", rows)
    about.add_text("image", image)
    Image.new("RGB", (30, 20)).save(file, "PNG", pnginfo=about)
    return file.getvalue()


HOSTILE_PREVIEWS = [
    b"",
    png(50_000, 50_000),
    png(0, 0),
    png(2**31 - 1, 2**31 - 1),
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n%%EOF\n",
    b"II*\x00",
]
MISNAMED_PREVIEWS = [
    named('["a", "b"]', "10x10"),
    named('["a"]', "0x0"),
    named('["a"]', "7x10"),
    named('["a"]', "-5x10"),
    named('["a"]', "9" * 10_000),
    named('["a"]', "²"),
    named("[" * 3000, "10x10"),
    named('{"a": 1}', "10x10"),
    named("[1]", "10x10"),
    named('["a", "a", "a"]', "10x10"),
]


@pytest.mark.parametrize("content", HOSTILE_PREVIEWS + MISNAMED_PREVIEWS)
def test_a_preview_of_anything_is_left_out_and_the_one_before_it_shown(
    folder: RunFolder, content: bytes
) -> None:
    folder.save_preview(preview(50))
    (folder.path / "previews" / "step-0000100.png").write_bytes(content)

    found = folder.latest_preview(MEMBERS)

    assert found is not None
    assert found.step == 50
    (note,) = folder.notes
    assert note.startswith("previews/step-0000100.png cannot be read (")


@pytest.mark.parametrize("content", HOSTILE_PREVIEWS)
def test_going_on_removes_damaged_previews(folder: RunFolder, content: bytes) -> None:
    folder.save_preview(preview(50))
    whole = (folder.path / "previews" / "step-0000050.png").read_bytes()
    for name, data in (("step-0000100.png", content), ("step-0000070.png", whole[:-30])):
        (folder.path / "previews" / name).write_bytes(data)

    folder.truncate(200)

    assert [p.name for p in (folder.path / "previews").iterdir()] == ["step-0000050.png"]
    assert [note.split()[0] for note in folder.notes] == [
        "previews/step-0000070.png",
        "previews/step-0000100.png",
    ]


def test_a_preview_that_is_a_program_starts_none(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker, programs = tmp_path / "started", tmp_path / "programs"
    programs.mkdir()
    (programs / "gs").write_text(f"#!/bin/sh\ntouch {marker}\n")
    (programs / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    (folder.path / "previews").mkdir()
    (folder.path / "previews" / "step-0000100.png").write_bytes(HOSTILE_PREVIEWS[4])

    run = RunFolder.open(folder.path)

    assert run.latest_preview(MEMBERS) is None
    assert run.notes == (
        "previews/step-0000100.png cannot be read (not a readable PNG image) and is left out.",
    )
    run.truncate(200)
    assert not marker.exists()


def archive(**entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            packed.writestr(f"{name}.npy", data)
    return file.getvalue()


def array(value: np.ndarray, shape: str = "") -> bytes:
    file = io.BytesIO()
    np.save(file, value, allow_pickle=True)
    data = file.getvalue()
    return data.replace(str(value.shape).encode(), shape.encode()) if shape else data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        pickle.dumps({}),
        archive(a=b""),
        archive(a=array(np.array([{}], object))),
        archive(a=array(np.zeros(10), "(99,)")),
        archive(a=array(np.array(["x"]))),
        archive(a=b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65_535),
    ],
)
def test_arrays_of_anything_are_left_out_and_removed(folder: RunFolder, content: bytes) -> None:
    folder.save_arrays(Arrays(4, {"a": {"field": np.ones((2, 3), np.float32)}}))
    path = folder.path / "arrays" / "step-0000008.npz"
    path.write_bytes(content)

    found = folder.latest_arrays()

    assert found is not None
    np.testing.assert_array_equal(found.values["a"]["field"], np.ones((2, 3)))
    assert folder.notes[0].startswith("arrays/step-0000008.npz cannot be read (")
    folder.truncate(20)
    assert not path.exists()
    assert folder.latest_arrays() is not None


def test_an_archive_that_unpacks_to_more_than_memory_is_refused(folder: RunFolder) -> None:
    (folder.path / "arrays").mkdir()
    (folder.path / "arrays" / "step-0000008.npz").write_bytes(archive(a=bytes(300 * 2**20)))

    assert folder.latest_arrays() is None
    assert "unpacks to more than 256 MB" in folder.notes[0]


@pytest.mark.timeout(60)
def test_pipes_and_folders_in_a_run_are_not_waited_for(folder: RunFolder) -> None:
    for name in ("previews", "arrays", "checkpoints"):
        (folder.path / name).mkdir()
    (folder.path / "state.json").unlink()
    for name in ("state.json", "metrics.jsonl", "spectra.npy", "checkpoints/latest"):
        os.mkfifo(folder.path / name)
    for name in ("previews/step-0000001.png", "arrays/step-0000001.npz"):
        os.mkfifo(folder.path / name)
        (folder.path / name.replace("01.", "02.")).mkdir()

    assert folder.state().state == "stopped"
    assert folder.metrics() == ([], 0)
    assert folder.spectra(MEMBERS) == []
    assert folder.latest_preview(MEMBERS) is None
    assert folder.latest_arrays() is None
    assert folder.latest_checkpoint() is None
    assert len(folder.notes) == 6
    assert all("a pipe, not a file" in note or "latest" in note for note in folder.notes)


def test_going_on_takes_pipes_and_devices_out_of_the_way(folder: RunFolder) -> None:
    names = ("state.json", "metrics.jsonl", "spectra.npy", "checkpoints/latest", "models/a.safetensors")
    for number, name in enumerate(names):
        (folder.path / name).parent.mkdir(exist_ok=True)
        (folder.path / name).unlink(missing_ok=True)
        if number % 2:
            (folder.path / name).symlink_to("/dev/zero")
        else:
            os.mkfifo(folder.path / name)

    folder.truncate(5)
    folder.set_state("running", 5)
    folder.log(metrics(6))
    folder.log_spectrum(Spectrum(6, "a", np.ones(3, np.float32), 1.0), 0)
    folder.mark_latest(5, 2)

    assert all((folder.path / name).is_file() for name in names[:-1])
    assert not (folder.path / names[-1]).exists()
    assert set(folder.notes) == {
        f"{name} was {'a device' if number % 2 else 'a pipe'}, not a file, and has been removed."
        for number, name in enumerate(names)
    }


def test_only_a_few_damaged_files_are_named(folder: RunFolder) -> None:
    (folder.path / "previews").mkdir()
    for step in range(100):
        (folder.path / "previews" / f"step-{step:07d}.png").write_bytes(b"")

    folder.truncate(200)

    assert len(folder.notes) == 9
    assert folder.notes[-1] == "92 more files of the run are damaged."


def test_a_run_whose_folder_is_gone_is_not_made_again(folder: RunFolder) -> None:
    shutil.rmtree(folder.path)
    for write in (
        lambda: folder.set_state("running", 1),
        lambda: folder.log(metrics(5)),
        lambda: folder.log_spectrum(Spectrum(4, "a", np.ones(3, np.float32), 1.0), 0),
        lambda: folder.save_preview(preview(5)),
        lambda: folder.save_arrays(Arrays(4, {})),
        lambda: folder.mark_latest(5, 2),
        lambda: folder.truncate(5),
    ):
        with pytest.raises(RunGoneError, match="is gone"):
            write()
    assert not folder.path.exists()


def test_links_in_a_run_from_somebody_else_are_not_written_through(folder: RunFolder, tmp_path: Path) -> None:
    names = ("metrics.jsonl", "spectra.npy", "state.json", "checkpoints/latest", "models/a.safetensors")
    for number, name in enumerate(names):
        (tmp_path / f"mine{number}").write_text("mine")
        (folder.path / name).parent.mkdir(exist_ok=True)
        (folder.path / name).unlink(missing_ok=True)
        (folder.path / name).symlink_to(tmp_path / f"mine{number}")

    folder.truncate(5)
    folder.set_state("running", 5)
    folder.log(metrics(6))
    folder.log_spectrum(Spectrum(6, "a", np.ones(3, np.float32), 1.0), 0)
    folder.mark_latest(5, 2)

    assert {(tmp_path / f"mine{number}").read_text() for number in range(len(names))} == {"mine"}
    assert not (folder.path / "models" / "a.safetensors").is_symlink()
