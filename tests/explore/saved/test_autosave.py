"""A crash does not lose what was in view."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jnn_studio.explore.saved.autosave import AutosaveFile
from jnn_studio.explore.state import ExploreState, Walk, bundled_state

PROGRAM = """
import os, sys
from pathlib import Path
from jnn_studio.explore.saved.autosave import AutosaveFile
from jnn_studio.explore.state import bundled_state

autosave = AutosaveFile(Path(sys.argv[1]))
autosave.write(bundled_state().change(limit=0.123))
print("written", flush=True)
sys.stdin.readline()
os.kill(os.getpid(), 9)
"""


def crash(autosave: AutosaveFile) -> None:
    """What is left of a program that is killed: the system lifts its lock."""
    autosave._lock.close()


def crashed(folder: Path, limit: float) -> None:
    """A program that had this in view."""
    autosave = AutosaveFile(folder)
    autosave.write(bundled_state().change(limit=limit))
    crash(autosave)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_nothing_is_left_over_at_first_nor_after_a_clean_end(folder: Path) -> None:
    first = AutosaveFile(folder)
    assert first.left_over() is None
    first.write(bundled_state())
    first.close()
    first.close()

    second = AutosaveFile(folder)
    assert second.left_over() is None
    second.close()
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process with a signal")
def test_a_program_that_runs_is_left_alone_and_what_it_had_when_killed_is_left_over_once(
    folder: Path,
) -> None:
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        mine = AutosaveFile(folder)
        mine.write(ExploreState())

        assert mine.left_over() is None
        other.communicate("\n")
        assert other.returncode == -9
    assert mine.left_over() == bundled_state().change(limit=0.123)
    assert mine.left_over() is None
    mine.close()
    assert list(folder.iterdir()) == []


def test_a_program_that_ends_cleanly_leaves_only_itself_out(folder: Path) -> None:
    crashed(folder, 0.2)
    sound = AutosaveFile(folder)
    sound.write(bundled_state().change(limit=0.3))
    sound.close()

    mine = AutosaveFile(folder)
    assert mine.left_over() == bundled_state().change(limit=0.2)
    mine.close()


def test_of_several_crashes_the_newest_counts(folder: Path) -> None:
    crashed(folder, 0.2)
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    crashed(folder, 0.3)

    mine = AutosaveFile(folder)
    found = mine.left_over()
    mine.close()

    assert found == bundled_state().change(limit=0.3)
    assert list(folder.iterdir()) == []


def test_what_was_left_over_survives_a_second_crash_before_anything_new(folder: Path) -> None:
    crashed(folder, 0.2)
    second = AutosaveFile(folder)
    state = second.left_over()
    crash(second)

    third = AutosaveFile(folder)
    assert third.left_over() == state == bundled_state().change(limit=0.2)
    third.close()
    second.close()


def test_of_two_programs_only_one_is_offered_it(folder: Path) -> None:
    crashed(folder, 0.2)
    one, two = AutosaveFile(folder), AutosaveFile(folder)

    assert one.left_over() is not None
    assert two.left_over() is None
    one.close()
    two.close()


def test_a_damaged_file_is_cleared_away(folder: Path) -> None:
    crashed(folder, 0.2)
    (damaged,) = folder.glob("*.jnnsession")
    damaged.write_text("{")

    mine = AutosaveFile(folder)
    assert mine.left_over() is None
    assert not damaged.exists()
    mine.close()


def test_only_the_latest_state_is_kept(folder: Path) -> None:
    first = AutosaveFile(folder)
    for share in range(5):
        first.write(bundled_state().change(walk=Walk().moved(0, "straight", share / 100)))
    crash(first)

    second = AutosaveFile(folder)
    found = second.left_over()
    assert found is not None
    assert found.walk.amounts[0] == 0.04
    second.close()
    first.close()
