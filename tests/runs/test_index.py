"""All runs of some folders, read again only where something was written."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.runs import annotations
from jnn_studio.runs import index as index_module
from jnn_studio.runs.annotations import Annotation, annotate
from jnn_studio.runs.index import RunIndex, Runs
from jnn_studio.runs.summary import UNREADABLE
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder

Tiny = Callable[..., RunConfig]
Refresh = Callable[..., Runs]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the folders of which something was read."""
    names: list[str] = []
    describe = index_module.describe

    def counting(path: Path) -> Any:
        names.append(path.name)
        return describe(path)

    monkeypatch.setattr(index_module, "describe", counting)
    return names


def test_a_run_is_read_again_only_once_it_was_written(
    tiny: Tiny, tmp_path: Path, refresh: Refresh, read: list[str]
) -> None:
    folders = [RunFolder.create(tmp_path / "runs" / name, tiny(name=name)) for name in "abc"]
    assert [run.name for run in refresh(tmp_path / "runs")] == ["a", "b", "c"]
    assert read == ["a", "b", "c"]

    refresh(tmp_path / "runs")
    folders[1].log(Metrics(5, 1.0, "regularised", {"total": 1.5}))
    found = refresh(tmp_path / "runs")

    assert read == ["a", "b", "c", "b"]
    assert found[1].members[1].last == {"total": 1.5}


def test_runs_come_and_go(tiny: Tiny, tmp_path: Path, refresh: Refresh) -> None:
    RunFolder.create(tmp_path / "runs" / "a", tiny(name="a"))
    refresh(tmp_path / "runs")
    RunFolder.create(tmp_path / "runs" / "b", tiny(name="b"))
    shutil.rmtree(tmp_path / "runs" / "a")

    assert [run.name for run in refresh(tmp_path / "runs")] == ["b"]


def test_the_next_program_reads_none_of_them_again(
    tiny: Tiny, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_REMEMBERED_FROM", 1)
    for name in "ab":
        folder = RunFolder.create(tmp_path / "runs" / name, tiny(name=name))
        folder.log(Metrics(5, float("nan"), "regularised", {"total": float("inf")}))
    first = RunIndex(tmp_path / "kept", tmp_path / "memory.json").refresh([tmp_path / "runs"], Watch())
    second = RunIndex(tmp_path / "kept", tmp_path / "memory.json").refresh([tmp_path / "runs"], Watch())

    assert read == ["a", "b"]
    assert second == first


def test_what_was_read_before_it_was_called_off_is_not_read_again(
    tiny: Tiny, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_REMEMBERED_FROM", 1)
    for name in "abc":
        RunFolder.create(tmp_path / "runs" / name, tiny(name=name))
    watch = Watch(unwanted=lambda: len(read) == 2)
    with pytest.raises(Cancelled):
        RunIndex(tmp_path / "kept", tmp_path / "memory.json").refresh([tmp_path / "runs"], watch)
    found = RunIndex(tmp_path / "kept", tmp_path / "memory.json").refresh([tmp_path / "runs"], Watch())

    assert read == ["a", "b", "c"]
    assert [run.name for run in found] == ["a", "b", "c"]


@pytest.mark.parametrize("data", [b"", b"[", b'{"format": "0/0", "runs": []}', b"\xff"])
def test_a_damaged_memory_is_as_good_as_none(tiny: Tiny, tmp_path: Path, data: bytes) -> None:
    RunFolder.create(tmp_path / "runs" / "a", tiny(name="a"))
    (tmp_path / "memory.json").write_bytes(data)
    found = RunIndex(tmp_path / "kept", tmp_path / "memory.json").refresh([tmp_path / "runs"], Watch())
    assert [run.name for run in found] == ["a"]


def test_what_cannot_be_read_has_a_row_that_says_why(tiny: Tiny, tmp_path: Path, refresh: Refresh) -> None:
    folder = RunFolder.create(tmp_path / "runs" / "broken", tiny())
    (folder.path / "config.toml").write_text("[")
    broken, missing = refresh(tmp_path / "runs", tmp_path / "drive")

    assert broken.state_word == missing.state_word == UNREADABLE
    assert "not valid TOML" in broken.problem
    assert "No such file" in missing.problem


def test_a_copy_is_told_from_the_run_it_was_copied_from(tiny: Tiny, tmp_path: Path, refresh: Refresh) -> None:
    original = RunFolder.create(tmp_path / "runs" / "z", tiny(name="mine")).path
    shutil.copytree(original, tmp_path / "runs" / "a")
    os.utime(original / "config.toml", (time.time() - 60,) * 2)
    copied, first = refresh(tmp_path / "runs")

    assert first.copy_of is None
    assert copied.copy_of == original
    assert copied.id.startswith(f"{first.id}~")
    shutil.rmtree(original)
    assert [(run.id, run.copy_of) for run in refresh(tmp_path / "runs")] == [(first.id, None)]


class TestAnnotations:
    def test_a_name_a_note_and_tags_stand_in_the_runs_folder(
        self, tiny: Tiny, tmp_path: Path, refresh: Refresh, index: RunIndex
    ) -> None:
        path = RunFolder.create(tmp_path / "runs" / "a", tiny(name="a")).path
        run = refresh(tmp_path / "runs")[0]
        said = Annotation(name="the good one", note="Sharp.", tags=("paper",), pinned=True)
        annotate(path, run.id, index.kept, said)
        after = refresh(tmp_path / "runs")[0]

        assert (after.name, after.note, after.tags, after.pinned) == (
            "the good one",
            "Sharp.",
            ("paper",),
            True,
        )
        assert json.loads((path / "annotation.json").read_text())["name"] == "the good one"
        path.rename(tmp_path / "runs" / "moved")
        assert refresh(tmp_path / "runs")[0].name == "the good one"

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything can be written")
    def test_beside_it_where_the_folder_is_read_only(
        self, tiny: Tiny, tmp_path: Path, refresh: Refresh, index: RunIndex
    ) -> None:
        path = RunFolder.create(tmp_path / "runs" / "a", tiny(name="a")).path
        run = refresh(tmp_path / "runs")[0]
        path.chmod(0o500)
        annotate(path, run.id, index.kept, Annotation(name="theirs"))
        path.chmod(0o700)

        assert not (path / "annotation.json").exists()
        assert refresh(tmp_path / "runs")[0].name == "theirs"
        annotate(path, run.id, index.kept, Annotation(name="mine"))
        assert refresh(tmp_path / "runs")[0].name == "mine"
        assert not list(index.kept.iterdir())

    def test_of_a_copy_that_is_read_only_they_are_its_own(
        self,
        tiny: Tiny,
        tmp_path: Path,
        refresh: Refresh,
        index: RunIndex,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """As on a disk that is mounted to be read."""
        original = RunFolder.create(tmp_path / "runs" / "a", tiny(name="a")).path
        shutil.copytree(original, tmp_path / "runs" / "b")
        replacing = annotations.replacing

        def read_only(path: Path, **options: Any) -> Any:
            if path.name == "annotation.json":
                raise OSError(errno.EROFS, "Read-only file system", str(path))
            return replacing(path, **options)

        monkeypatch.setattr(annotations, "replacing", read_only)
        first, copied = sorted(refresh(tmp_path / "runs"), key=lambda run: run.copy_of is not None)
        annotate(copied.path, copied.id, index.kept, Annotation(name="the copy"))
        annotate(first.path, first.id, index.kept, Annotation(name="the first"))

        assert {run.path: run.name for run in refresh(tmp_path / "runs")} == {
            first.path: "the first",
            copied.path: "the copy",
        }
        assert len(list(index.kept.iterdir())) == 2
        monkeypatch.undo()
        annotate(first.path, first.id, index.kept, Annotation(name="ours"))
        assert [run.name for run in refresh(tmp_path / "runs") if run.copy_of is None] == ["ours"]
        assert len(list(index.kept.iterdir())) == 1

    @pytest.mark.parametrize("text", ["[", '{"name": 3}', '{"note": "' + "x" * 20_000 + '"}'])
    def test_what_somebody_else_wrote_wrongly_is_none(
        self, tiny: Tiny, tmp_path: Path, refresh: Refresh, text: str
    ) -> None:
        path = RunFolder.create(tmp_path / "runs" / "a", tiny(name="a")).path
        (path / "annotation.json").write_text(text)
        assert refresh(tmp_path / "runs")[0].name == "a"

    def test_and_its_controls_are_written_out(self, tiny: Tiny, tmp_path: Path, refresh: Refresh) -> None:
        path = RunFolder.create(tmp_path / "runs" / "a", tiny(name="a")).path
        (path / "annotation.json").write_text('{"name": "a\\u001b[2J"}')
        assert refresh(tmp_path / "runs")[0].name == "a\\x1b[2J"


class TestLife:
    def test_a_run_under_way_says_who_trains_it_and_one_killed_that_it_died(
        self, long_run: tuple[Path, Any], refresh: Refresh
    ) -> None:
        path, process = long_run
        run = refresh(path)[0]
        assert run.under_way
        assert run.state_words == f"training by {process.pid} on {socket.gethostname()}"

        process.signal(signal.SIGKILL)
        process.wait()
        run = refresh(path)[0]
        assert run.state_word == "died"
        assert not run.under_way
        assert run.resumable

    def test_one_that_is_held_up_is_not_dead(
        self, long_run: tuple[Path, Any], refresh: Refresh, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jnn_studio.training.folder.liveness.STALE_SECONDS", 0.5)
        path, process = long_run
        process.signal(signal.SIGSTOP)
        states = set()
        end = time.monotonic() + 120
        while "held up" not in states and time.monotonic() < end:
            states.add(refresh(path)[0].state_word)
            time.sleep(0.05)
        assert states <= {"training", "held up"}
        assert "held up" in states
        assert refresh(path)[0].under_way
        process.signal(signal.SIGKILL)
        process.wait()

    def test_a_clock_an_hour_ahead_keeps_no_dead_run_alive(
        self, tiny: Tiny, tmp_path: Path, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Written by another machine, whose lock cannot be seen."""
        folder = RunFolder.create(tmp_path / "run", tiny())
        (folder.path / "owner").write_text(json.dumps({"pid": 7, "host": "far"}))
        ahead = {"state": "running", "step": 4, "heartbeat": time.time() + 3600, "reason": ""}
        (folder.path / "state.json").write_text(json.dumps(ahead))
        monkeypatch.setattr("jnn_studio.training.folder.liveness.STALE_SECONDS", 0.2)
        refresh(folder.path)
        time.sleep(0.3)

        assert refresh(folder.path)[0].state_word == "not heard of"
        (folder.path / "state.json").write_text(json.dumps(ahead | {"step": 5}))
        assert refresh(folder.path)[0].state_word == "training"
