"""Quitting at random moments: no hang, no crash, no complaint from Qt, and the run is kept."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.timeout(600)
def test_quitting_at_random_moments_ends_cleanly_and_keeps_the_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.attack", "quits", "--count", "16"],
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    found = json.loads(done.stdout)["quits"]
    assert found["tried"] == 16
    assert found["runs kept"] >= 4, "the second round's moments fall into the training itself"
