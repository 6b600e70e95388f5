"""A short form of each attack of `make attack`; that of the quits is `tests/app/test_quit.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from jnn_studio.training.kind import find_kind, kind_names

pytestmark = pytest.mark.timeout(900)


def attack(*arguments: str) -> dict[str, Any]:
    """What it found, which must be nothing."""
    command = [sys.executable, "-m", "benchmarks.attack", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=840, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)[arguments[0]]
    assert found["findings"] == []
    return found


def test_runs_that_are_killed_go_on_as_if_nothing_had_been() -> None:
    found = attack("kills", "--count", "12")
    assert found["tried"] >= 12
    assert set(found["by kind"]) == {kind for kind in kind_names() if find_kind(kind).trainable}
    assert sum(kills > 0 for kills in found["by kind"].values()) >= 3, (
        "one may have ended before it was killed"
    )


def test_damaged_files_are_refused_or_opened() -> None:
    found = attack("inputs", "--count", "100")
    assert found["tried"] == sum(found["answers"].values()) == 100
    assert set(found["answers"]) == {"opened", "refused"}


def test_a_monkey_does_no_harm() -> None:
    found = attack("monkey", "--seconds", "2", "--count", "1")
    assert found["moves"] >= 10


def test_what_working_costs_in_memory_is_measured() -> None:
    found = attack("soak", "--seconds", "4")
    assert found["walks"] >= 1
    assert found["pages"] >= 1
    assert not found["growth judged"], "nothing can be said after seconds"
    assert all(megabytes > 50 for name in ("private MB", "mapped MB") for megabytes in found[name])
