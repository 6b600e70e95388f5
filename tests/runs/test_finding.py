"""Runs are found below the folders a person works in, whatever else lies there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.runs.finding import MAX_DEPTH, find_runs


def run_at(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "config.toml").write_text("")
    return path


def test_runs_at_and_below_folders_are_found_each_once(tmp_path: Path) -> None:
    first, second = run_at(tmp_path / "a" / "one"), run_at(tmp_path / "a" / "sweep" / "two")
    itself = run_at(tmp_path / "b")

    assert find_runs([tmp_path / "a", itself, tmp_path / "a"], Watch()).runs == [first, second, itself]


def test_nothing_is_looked_for_within_a_run_in_hidden_folders_or_too_deep(tmp_path: Path) -> None:
    run = run_at(tmp_path / "run")
    run_at(run / "checkpoints" / "inner")
    run_at(tmp_path / ".hidden" / "run")
    run_at(tmp_path / "__MACOSX" / "run")
    run_at(tmp_path.joinpath(*map(str, range(MAX_DEPTH)), "deep"))
    just = run_at(tmp_path.joinpath(*map(str, range(MAX_DEPTH - 1)), "just"))

    assert set(find_runs([tmp_path], Watch()).runs) == {run, just}


def test_links_in_circles_and_to_the_same_run_change_nothing(tmp_path: Path) -> None:
    run = run_at(tmp_path / "here" / "run")
    (tmp_path / "here" / "again").symlink_to(run)
    (tmp_path / "here" / "up").symlink_to(tmp_path / "here")
    (tmp_path / "here" / "nowhere").symlink_to(tmp_path / "gone")

    found = find_runs([tmp_path / "here"], Watch())
    assert len(found.runs) == 1
    assert found.runs[0].resolve() == run.resolve()
    assert not found.problems


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything can be read")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    run = run_at(tmp_path / "run")
    (tmp_path / "locked").mkdir(mode=0)
    found = find_runs([tmp_path], Watch())
    (tmp_path / "locked").chmod(0o700)

    assert found.runs == [run]
    assert list(found.problems) == [tmp_path / "locked"]


def test_so_is_one_that_is_not_there(tmp_path: Path) -> None:
    found = find_runs([tmp_path / "drive"], Watch())
    assert found.problems == {tmp_path / "drive": "No such file or directory"}


def test_of_very_many_folders_some_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jnn_studio.runs.finding.MAX_FOLDERS", 10)
    for number in range(30):
        (tmp_path / f"{number:02}").mkdir()
    assert "more than 10 folders" in find_runs([tmp_path], Watch()).problems[tmp_path]


def test_looking_is_given_up_when_nobody_wants_it(tmp_path: Path) -> None:
    watch = Watch()
    watch.cancel()
    with pytest.raises(Cancelled):
        find_runs([tmp_path], watch)
