"""Quitting at random moments and in hard situations: no hang, no crash, no complaint, and the run is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

SITUATIONS = 14
"""Of `benchmarks.attack.leaving_program`, each in one way; `make attack` has them in both."""


def attack(name: str, count: int) -> dict[str, Any]:
    """What it found, which must be nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.attack", name, "--count", str(count)],
        capture_output=True,
        text=True,
        timeout=840,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)[name]
    assert found["tried"] == count
    return found


@pytest.mark.timeout(900)
def test_quitting_at_random_moments_ends_cleanly_and_keeps_the_run() -> None:
    found = attack("quits", 16)
    assert found["runs kept"] >= 4, "the second round's moments fall into the training itself"


@pytest.mark.timeout(900)
def test_the_program_ends_whatever_is_open_or_broken() -> None:
    assert attack("leaving", SITUATIONS)["runs kept"] == 3
