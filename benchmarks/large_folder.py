"""A folder larger than memory should hold: ``python -m benchmarks.large_folder [--images N]`` prints JSON.

Makes N JPEGs of 178×218 (CelebA's size and, by default, nearly its number) and reports

- ``made``: seconds to make them, which is the script's own affair;
- ``open``: seconds until the folder is decoded and ready, and JPEGs a second; ``again``: of the next opening;
- ``first_epoch``: images a second of a pair trained on the whole folder once, from a cold file cache;
- ``steady``: images a second afterwards, with the batches fetched ahead, fetched when needed, and with all
  images resident on the device, in turns, and the first as a part of the last (the aim is 0.9);
- ``memory``: largest resident set of the process in MiB before and after, which counts what is mapped.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import FolderSource, open_folder
from jnn_studio.training import batches as batches_module
from jnn_studio.training.batches import Batches
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.device import choose_device, leave_a_core_free
from jnn_studio.training.pair.autoencoder_pair import AutoencoderPair
from jnn_studio.training.pair.pair_config import PairConfig
from jnn_studio.training.step.gradient_step import GradientStep

WIDTH, HEIGHT = 178, 218
FACES = 128
"""Different faces among them; each image moves, tints and speckles one of them."""
ROUND = 12
"""Steps of one way of getting batches before it is the next one's turn."""


def main() -> None:
    """Make, open, train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="where to make them, or where they are already")
    parser.add_argument("--size", type=int, default=64, help="side the images are trained at")
    parser.add_argument("--hidden", type=int, default=512, help="width of the models")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, help="at most so many of the first epoch; all of it by default")
    parser.add_argument("--seconds", type=float, default=60.0, help="for the steady rates")
    arguments = parser.parse_args()
    leave_a_core_free()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch) / "images"
        print(json.dumps(measure(folder, Path(scratch) / "cache", arguments), indent=2))


def measure(folder: Path, cache: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    start = time.perf_counter()
    make(folder, asked.images)
    made = time.perf_counter() - start
    before = peak()
    start = time.perf_counter()
    source = open_folder(folder, asked.size, cache_dir=cache)
    opened = time.perf_counter() - start
    start = time.perf_counter()
    source = open_folder(folder, asked.size, cache_dir=cache)
    again = time.perf_counter() - start
    drop(cache)
    batches_module.RESIDENT_BYTES = 0
    pair, ahead = models(source, asked)
    steps = min(asked.steps or len(ahead.train) // asked.batch, len(ahead.train) // asked.batch)
    start = time.perf_counter()
    for step in range(steps):
        train(pair, ahead, step)
    epoch = time.perf_counter() - start
    bounded = peak()
    needed = Batches(source, asked.batch, 256, 0, pair[0].device.name, Watch())
    needed._ahead = None
    batches_module.RESIDENT_BYTES = 1 << 62
    resident = Batches(source, asked.batch, 256, 0, pair[0].device.name, Watch())
    rates = steady(pair, {"ahead": ahead, "when_needed": needed, "resident": resident}, steps, asked)
    return {
        "images": len(source),
        "size": asked.size,
        "device": pair[0].device.describe(),
        "made": round(made, 1),
        "open": {"seconds": round(opened, 1), "jpegs_per_second": round(len(source) / opened)},
        "again": round(again, 2),
        "first_epoch": {
            "steps": steps,
            "seconds": round(epoch, 1),
            "images_per_second": round(steps * asked.batch / epoch),
        },
        "steady": rates,
        "memory": {"before": before, "after_first_epoch": bounded, "with_resident_copy": peak()},
    }


def make(folder: Path, count: int) -> None:
    """Those of ``count`` JPEGs that are not there yet."""
    faces = FaceSource(FACES, 256, seed=7).thumbnails(range(FACES), 256)
    folder.mkdir(parents=True, exist_ok=True)

    def one(index: int) -> None:
        path = folder / f"{index + 1:06d}.jpg"
        if path.exists():
            return
        random = np.random.default_rng(index)
        top, left = random.integers(0, 256 - HEIGHT), random.integers(0, 256 - WIDTH)
        pixels = faces[index % FACES, top : top + HEIGHT, left : left + WIDTH].astype(np.int16)
        coarse = random.integers(-12, 13, (HEIGHT // 4 + 1, WIDTH // 4 + 1, 1), np.int16)
        speckle = coarse.repeat(4, 0).repeat(4, 1)[:HEIGHT, :WIDTH]
        tinted = pixels + random.integers(-20, 21, 3, np.int16) + speckle
        Image.fromarray(tinted.clip(0, 255).astype(np.uint8)).save(path, quality=90)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(one, range(count), chunksize=64):
            pass


def models(
    source: FolderSource, asked: argparse.Namespace
) -> tuple[tuple[AutoencoderPair, list[Any]], Batches]:
    """A pair with its gradient steps, and its batches, which are fetched ahead."""
    settings = {
        "kind": "autoencoder-pair",
        "data": {"kind": "folder", "path": "made"},
        "model": {"size": asked.size, "dct": asked.size // 2, "hidden": asked.hidden, "latent": 64},
        "schedule": {"steps": 1_000_000, "batch_size": asked.batch},
    }
    config = validate_config(settings, "benchmark")
    assert isinstance(config, PairConfig)
    pair = AutoencoderPair(config, source, choose_device(), Watch())
    return (pair, [GradientStep(pair, member) for member in pair.members]), pair.batches


def train(pair: tuple[AutoencoderPair, list[Any]], batches: Batches, step: int) -> None:
    """One step of both models."""
    batch = batches.batch(step)
    for descent in pair[1]:
        descent.take(batch, step, 1e-3)


def steady(
    pair: tuple[AutoencoderPair, list[Any]], ways: dict[str, Batches], start: int, asked: argparse.Namespace
) -> dict[str, float]:
    """Images a second by each way of getting batches, medians over rounds in which they take turns."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    end = time.perf_counter() + asked.seconds
    step = start
    while time.perf_counter() < end or len(times["ahead"]) < 3:
        for name in ways:
            begun = time.perf_counter()
            for offset in range(ROUND):
                train(pair, ways[name], step + offset)
            times[name].append(time.perf_counter() - begun)
        step += ROUND
    rates = {name: ROUND * asked.batch / median(found) for name, found in times.items()}
    shares = [a / b for a, b in zip(times["resident"], times["ahead"], strict=True)]
    return {
        **{name: round(rate) for name, rate in rates.items()},
        "ahead_of_resident": round(median(shares), 3),
    }


def drop(cache: Path) -> None:
    """Out of the system's file cache with the decoded images."""
    for path in files(cache):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def files(folder: Path) -> Iterator[Path]:
    """All in it."""
    return (path for path in folder.rglob("*") if path.is_file())


def peak() -> int:
    """Largest resident set so far, MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
