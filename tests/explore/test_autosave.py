"""A crash does not lose what was in view."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jnn_studio.explore.autosave import AutosaveFile
from jnn_studio.explore.state import ExploreState, Walk, bundled_state

PROGRAM = """
import os, sys
from pathlib import Path
from jnn_studio.explore.autosave import AutosaveFile
from jnn_studio.explore.state import bundled_state

autosave = AutosaveFile(Path(sys.argv[1]))
autosave.write(bundled_state().change(limit=float(sys.argv[2])))
print("written", flush=True)
sys.stdin.readline()
if sys.argv[3] == "crash":
    os.kill(os.getpid(), 9)
autosave.close()
"""


class Program:
    """Another program with the same folder."""

    def __init__(self, folder: Path, limit: float, end: str) -> None:
        arguments = [sys.executable, "-c", PROGRAM, str(folder), str(limit), end]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "written\n"

    def end(self) -> None:
        """As it was told to."""
        self.process.communicate("\n")


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


def test_what_a_killed_program_had_in_view_is_left_over_once(folder: Path) -> None:
    Program(folder, 0.123, "crash").end()

    next_one = AutosaveFile(folder)
    assert next_one.left_over() == bundled_state().change(limit=0.123)
    assert next_one.left_over() is None
    next_one.close()
    assert list(folder.iterdir()) == []


def test_a_program_that_runs_is_left_alone(folder: Path) -> None:
    other = Program(folder, 0.2, "crash")
    mine = AutosaveFile(folder)
    mine.write(ExploreState())

    assert mine.left_over() is None
    other.end()
    assert mine.left_over() == bundled_state().change(limit=0.2)
    mine.close()


def test_a_program_that_ends_cleanly_leaves_only_itself_out(folder: Path) -> None:
    crashed, sound = Program(folder, 0.2, "crash"), Program(folder, 0.3, "close")
    crashed.end()
    sound.end()

    mine = AutosaveFile(folder)
    assert mine.left_over() == bundled_state().change(limit=0.2)
    mine.close()


def test_of_several_crashes_the_newest_counts(folder: Path) -> None:
    Program(folder, 0.2, "crash").end()
    Program(folder, 0.3, "crash").end()

    mine = AutosaveFile(folder)
    found = mine.left_over()
    mine.close()

    assert found == bundled_state().change(limit=0.3)
    assert list(folder.iterdir()) == []


def test_what_was_left_over_survives_a_second_crash_before_anything_new(folder: Path) -> None:
    Program(folder, 0.2, "crash").end()
    second = AutosaveFile(folder)
    state = second.left_over()
    second._lock.close()  # as the system does when a program is killed

    third = AutosaveFile(folder)
    assert third.left_over() == state == bundled_state().change(limit=0.2)
    third.close()
    second.close()


def test_of_two_programs_only_one_is_offered_it(folder: Path) -> None:
    Program(folder, 0.2, "crash").end()
    one, two = AutosaveFile(folder), AutosaveFile(folder)

    assert one.left_over() is not None
    assert two.left_over() is None
    one.close()
    two.close()


def test_a_damaged_file_is_cleared_away(folder: Path) -> None:
    Program(folder, 0.2, "crash").end()
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
    first._lock.close()

    second = AutosaveFile(folder)
    found = second.left_over()
    assert found is not None
    assert found.walk.amounts[0] == 0.04
    second.close()
    first.close()
