"""The attacks see what they look for: bugs made on purpose are found, and said how to repeat."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from benchmarks.attack import inputs
from benchmarks.attack.damage import Damage, damage
from benchmarks.attack.forked import fork, wait_for
from benchmarks.attack.inputs import open_damaged
from benchmarks.attack.kills import FileOperations
from benchmarks.attack.openers import Open, Subject
from benchmarks.attack.quits import complaints
from benchmarks.attack.report import Budget, Report
from jnn_studio.base.errors import StudioError

TEXT = b'{"a": [1, 2.5], "b": "c"}\n' * 40


@pytest.fixture
def tried(tmp_path: Path) -> Callable[..., Report]:
    """Damaged text opened by one's own ways."""
    sound = tmp_path / "text.json"
    sound.write_bytes(TEXT)

    def attack(*ways: Open, first: int = 0) -> Report:
        report = Report("inputs", Budget(seed=5, first=first, count=len(ways)), inputs.AIMS)
        turned = [ways[(index - first) % len(ways)] for index in range(len(ways))]
        found = [Subject(f"way {index}", sound, way) for index, way in enumerate(turned)]
        open_damaged(report, found, [sound], tmp_path)
        return report

    return attack


def fine(path: Path, done: Damage) -> str:
    return ""


def refused(path: Path, done: Damage) -> str:
    raise StudioError("no")


def test_what_opens_and_what_is_refused_is_well(tried: Callable[..., Report]) -> None:
    report = tried(fine, refused, fine)
    assert report.findings == []
    assert (report.tried, report.figures["answers"]) == (3, {"opened": 2, "refused": 1})


def test_a_bug_is_a_traceback_with_its_place(tried: Callable[..., Report]) -> None:
    def bug(path: Path, done: Damage) -> str:
        raise KeyError("step")

    (finding,) = tried(fine, bug, first=40).findings
    assert (finding.fault, finding.number) == ("traceback", 41)
    assert "in bug" in finding.details
    assert "KeyError: 'step'" in finding.details


def test_what_hangs_is_ended_and_the_others_go_on(
    tried: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(path: Path, done: Damage) -> str:
        time.sleep(600)
        return ""

    def turns(path: Path, done: Damage) -> str:
        while True:
            pass

    monkeypatch.setattr(inputs, "WAITED", 0.6)
    monkeypatch.setattr(inputs, "ANSWERED", 0.3)
    report = tried(waits, fine, turns, fine)
    assert report.tried == 4
    assert [(finding.fault, finding.number) for finding in report.findings] == [("hang", 0), ("hang", 2)]
    assert "in waits" in report.findings[0].details


def test_a_crash_is_one_and_the_others_go_on(tried: Callable[..., Report]) -> None:
    def crashes(path: Path, done: Damage) -> str:
        os.kill(os.getpid(), signal.SIGSEGV)
        return ""

    report = tried(fine, crashes, fine)
    assert report.tried == 3
    assert [(finding.fault, finding.number) for finding in report.findings] == [("crash", 1)]


def test_other_programs_and_what_is_silently_wrong_are_noticed(tried: Callable[..., Report]) -> None:
    def starts(path: Path, done: Damage) -> str:
        subprocess.run(["true"], check=True)
        return ""

    report = tried(starts, lambda path, done: "7 is not 8")
    assert [finding.fault for finding in report.findings] == ["program started", "silently wrong"]
    assert report.findings[1].details == "7 is not 8"


def test_a_finding_says_how_it_is_repeated() -> None:
    report = Report("kills", Budget(seed=3, count=40), ("lost",), tried=40)
    report.found("lost", 17, "rof: its metrics differ")
    told = report.as_json()
    assert (told["tried"], told["lost"]) == (40, 1)
    assert told["findings"][0]["repeat"] == "python -m benchmarks.attack kills --seed 3 --first 17 --count 1"


def test_a_process_is_killed_before_its_nth_file_operation(tmp_path: Path) -> None:
    def work() -> int:
        FileOperations(tmp_path / "run", killed_at=3)
        for number in range(9):
            (tmp_path / "elsewhere").write_text("not counted")
            (tmp_path / "run" / f"{number}").write_text("")
        return 0

    (tmp_path / "run").mkdir()
    assert wait_for(fork(work, tmp_path / "said"), 60) == -signal.SIGKILL
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["0", "1"]


def test_damage_is_drawn_from_the_seed_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("another")

    def damaged(name: str, seed: int) -> tuple[str, bytes | None]:
        victim = tmp_path / name / "text.json"
        victim.parent.mkdir()
        victim.write_bytes(TEXT)
        done = damage(victim, [other], Random(seed))
        plain = done.victim.is_file() and not done.victim.is_symlink() and done.how != "sparse"
        return done.how, done.victim.read_bytes() if plain else None

    ways = set()
    changed = 0
    for seed in range(150):
        how, data = damaged(f"first {seed}", seed)
        assert (how, data) == damaged(f"second {seed}", seed)
        ways.add(how)
        changed += data != TEXT
    assert len(ways) >= 20
    assert changed > 120


def test_what_qt_says_where_there_is_no_desktop_is_no_complaint() -> None:
    words = "This plugin does not support raise()\nqt.dbus.integration: no\n\nQWidget: layout\n"
    assert complaints(words) == ["QWidget: layout"]
