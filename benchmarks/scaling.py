"""One run in 1, 2, … processes of this machine: ``python -m benchmarks.scaling`` prints JSON.

For each number of processes: steps a second of a pair, between the run's first and last logged block, and how
many times as fast that is as with one. Each process has one thread, so that one of them is one core; where
cores are busy otherwise, or share their memory's bandwidth, it says little more than that they are connected.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.folder.run_folder import RunFolder


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=512)
    asked = parser.parse_args()
    settings = {
        "kind": "autoencoder-pair",
        "data": {"kind": "faces", "count": 2048},
        "model": {"size": 64, "dct": 32, "hidden": asked.hidden, "latent": 64},
        "schedule": {"steps": asked.steps, "batch_size": asked.batch, "device": "cpu"},
        "logging": {"spectrum_every": 10**6, "preview_every": 10**6, "checkpoint_every": 10**6},
    }
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "config.toml"
        file.write_text(validate_config(settings, "benchmark").to_toml(), encoding="utf-8")
        found: dict[str, Any] = {}
        for count in asked.processes:
            found[str(count)] = rate(file, Path(scratch) / str(count), count)
    one = found.get("1")
    result = {
        count: {"steps_per_second": round(steps, 2)} | ({"speed_up": round(steps / one, 2)} if one else {})
        for count, steps in found.items()
    }
    print(json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()[0], "processes": result}, indent=2))


def rate(config: Path, out: Path, processes: int) -> float:
    """Steps a second of a run in so many processes."""
    command = [sys.executable, "-m", "jnn_studio", "train", "--config", str(config), "--out", str(out)]
    surroundings = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(
        [*command, "--devices", str(processes)], check=True, env=surroundings, stdout=subprocess.DEVNULL
    )
    logged = [m for m in RunFolder(out).metrics()[0] if "total" in m.terms]
    return (logged[-1].step - logged[0].step) / (logged[-1].time - logged[0].time)


if __name__ == "__main__":
    main()
