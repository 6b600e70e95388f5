"""The benchmark runs to its end and compares everything with the paper's procedure."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_prints_one_json_object():
    options = ["--networks", "b", "d", "--width", "2", "--size", "16", "--seconds", "0", "--draws", "2"]
    command = [sys.executable, "-m", "benchmarks.penalty", *options]
    result = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    for name, figures in result.items():
        if name.startswith("("):
            assert figures["steps"]["paper"]["over_paper"] == 1
            assert figures["steps"]["auto"]["over_unregularised"] > 0
    (encoder,) = (figures for name, figures in result.items() if name.startswith("(b)"))
    assert encoder["svd"]["auto"]["largest_relative_error"] < 1e-5
    assert encoder["svd"]["paper"]["largest_relative_error"] > 1e-3
