"""What a GPU machine is asked, in minutes: ``python -m benchmarks.gpu [--only NAME …]`` prints JSON.

For each case: a preset in some precision, on synthetic images of its size where it trains on photographs, for
a bounded time; milliseconds a step (median over logged blocks, the first left out), the largest memory that
torch held, and how busy the GPU was (mean of what the driver says while it trains, where it says so).

- ``celeba-paper``, fp32 and bf16: the paper's finite differences, which bfloat16 refuses, in fp32 alone, the
  closed form in both;
- ``rof-2d`` and ``rof-5d``, fp32;
- ``denoise-paper``, fp32 and bf16, without the method that uses differences.

Without a GPU ``--device cpu --small`` tries the script itself on models of a few units.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import torch
from PIL import Image

from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.presets import load_preset
from jnn_studio.training.events import Metrics, Started, StateChanged
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Command, Commands

IMAGES = 1024
QUIET = {"spectrum_every": 10**6, "preview_every": 10**6, "checkpoint_every": 10**6, "metrics_every": 5}
CLOSED = {"penalty": {"estimator": "closed_form"}}
NO_DIFFERENCES = {"methods": ["supervised", "noise2noise", "penalised", "unpenalised"]}
CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "celeba-paper, fp32, differences": ("celeba-paper", {"schedule": {"precision": "float32"}}),
    "celeba-paper, fp32": ("celeba-paper", {"schedule": {"precision": "float32"}, **CLOSED}),
    "celeba-paper, bf16": ("celeba-paper", {"schedule": {"precision": "bfloat16"}, **CLOSED}),
    "rof-2d": ("rof-2d", {}),
    "rof-5d": ("rof-5d", {}),
    "denoise-paper, fp32": ("denoise-paper", {"schedule": {"precision": "float32"}, **NO_DIFFERENCES}),
    "denoise-paper, bf16": ("denoise-paper", {"schedule": {"precision": "bfloat16"}, **NO_DIFFERENCES}),
}
SMALL: Mapping[str, Mapping[str, Any]] = {
    "autoencoder-pair": {"model": {"size": 32, "dct": 8, "hidden": 16, "latent": 8, "refinement": 4}},
    "rof": {"network": {"frequencies": 8, "hidden": 8}, "schedule": {"batch_size": 100}},
    "denoise": {"model": {"widths": [4, 4, 4, 4]}, "schedule": {"crop": 16}},
}


def main() -> None:
    """Train each for a while and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), help="some of the cases")
    parser.add_argument("--seconds", type=float, default=40.0, help="for each case, preparation aside")
    parser.add_argument("--device", default="cuda", help="where to train")
    parser.add_argument("--small", action="store_true", help="models of a few units: to try the script")
    asked = parser.parse_args()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch) / "images"
        make(images, 32 if asked.small else 256)
        for name in asked.only:
            config = changed(name, images, asked.device, asked.small)
            result[name] = measure(config, Path(scratch) / name, asked.seconds)
            print(json.dumps({name: result[name]}), flush=True)


def make(folder: Path, side: int) -> None:
    """Pictures of coarse noise, which cost a network as much as photographs do."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(IMAGES):
        coarse = random.integers(0, 256, (side // 16, side // 16, 3), np.uint8)
        Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(folder / f"{index}.png")


def changed(name: str, images: Path, device: str, small: bool) -> RunConfig:
    """The preset of a case as it is measured."""
    preset, changes = CASES[name]
    config = load_preset(preset)
    if "data" in type(config).model_fields and preset != "denoise-paper":
        config = config.with_changes(data=images)
    settings = config.model_dump(mode="json")
    sections = [changes, SMALL[settings["kind"]] if small else {}, {"schedule": {"device": device}}]
    if settings["kind"] == "denoise":
        sections.append({"data": {"kind": "dead-leaves", "count": IMAGES}})
    sections.append({"logging": {key: value for key, value in QUIET.items() if key in settings["logging"]}})
    if "measure_every" in settings["logging"]:
        sections.append({"logging": {"measure_every": 10**6}})
    for section in sections:
        for key, value in section.items():
            replaced = isinstance(value, dict) and "kind" not in value
            settings[key] = {**settings[key], **value} if replaced else value
    return validate_config(settings, name)


def measure(config: RunConfig, out: Path, seconds: float) -> dict[str, Any]:
    """Figures of a run that is stopped after ``seconds``."""
    commands, ended = Commands(), StateChanged("failed", 0)
    blocks: list[tuple[int, float]] = []
    busy: list[float] = []
    device, end = "", float("inf")
    cuda = torch.cuda.is_available() and config.schedule.device == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    for event in start_run(config, out, commands):
        match event:
            case Started():
                device, end = event.device, time.perf_counter() + seconds
            case Metrics() if "total" in event.terms:
                if not blocks or event.step > blocks[-1][0]:
                    blocks.append((event.step, event.time))
                    busy += [utilisation()] if cuda else []
                if time.perf_counter() > end:
                    commands.send(Command.STOP)
            case StateChanged():
                ended = event
            case _:
                pass
    if ended.state == "failed" or len(blocks) < 3:
        return {"device": device, "failed": ended.reason or "too few steps; give more --seconds"}
    times = [(t - s) / (b - a) for (a, s), (b, t) in pairwise(blocks[1:])]
    return {
        "device": device,
        "steps": blocks[-1][0],
        "milliseconds_per_step_of_all_models": round(1000 * median(times), 2),
        "memory_mib": round(torch.cuda.max_memory_allocated() / 2**20) if cuda else None,
        "busy_percent": round(mean(busy)) if busy and busy[0] >= 0 else None,
    }


def utilisation() -> float:
    """Per cent, as the driver says; -1 where it does not."""
    try:
        return float(torch.cuda.utilization())
    except (ModuleNotFoundError, RuntimeError):
        return -1.0


if __name__ == "__main__":
    main()
