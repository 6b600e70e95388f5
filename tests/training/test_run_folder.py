"""A run on disk, also while it is being written and after its writer was killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Metrics, Preview, Spectrum
from jnn_studio.training.run_folder import RunFolder, RunFolderError

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


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(RunFolderError, match="holds no run: there is no config.toml"):
            RunFolder.open(path)


def test_a_writer_killed_while_creating_the_run_is_in_nobodys_way(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    (path / ".config.toml.123-456.tmp").write_text("name = 'ti")

    RunFolder.create(path, tiny())

    (path / "state.json").unlink()  # killed between the two files
    assert RunFolder.open(path).state().state == "created"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "running"}', '{"state": "lost", "step": 1}'])
def test_a_damaged_state_is_named(folder: RunFolder, text: str) -> None:
    (folder.path / "state.json").write_text(text)

    with pytest.raises(RunFolderError, match=r"cannot read .*state\.json"):
        folder.state()


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
