"""Sound files of every kind that the program reads, to be damaged."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import nn

from benchmarks.attack.outcome import read_outcome
from benchmarks.attack.tiny_runs import tiny_runs
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.explore.columns.references import open_references
from jnn_studio.explore.saved.library import Library
from jnn_studio.explore.saved.saved_direction import save_direction
from jnn_studio.explore.saved.session_file import save_session
from jnn_studio.explore.state import Base, Column, ExploreState, FileImage, SourceImage, Walk
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.models.portable.saving import save_portable
from jnn_studio.models.weights import fingerprint
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Metrics
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

IMAGES = 16


@dataclass(frozen=True)
class Material:
    """Where things are under ``root``, and what becomes of the runs when they go on."""

    root: Path
    runs: Mapping[str, Path]
    ends: Mapping[str, Mapping[str, torch.Tensor]]

    @property
    def files(self) -> list[Path]:
        """All there are."""
        return sorted(path for path in self.root.rglob("*") if path.is_file())


def make_material(root: Path) -> Material:
    """Make one of each in the folder ``root``."""
    configs = tiny_runs()
    runs = {kind: root / "runs" / kind for kind in configs}
    for kind, config in configs.items():
        _stop_early(config, runs[kind])
    ends = {kind: _end(run, root.with_name("ended")) for kind, run in runs.items()}
    for name in ("weights", "configs", "tables", "sessions"):
        (root / name).mkdir()
    for kind, run in runs.items():
        shutil.copy(run / "config.toml", root / "configs" / f"{kind}.toml")
        if (run / "models").is_dir() and kind != "rof":
            file = sorted((run / "models").iterdir())[0]
            shutil.copy(file, root / "weights" / f"{kind}.safetensors")
    _portable(root / "weights" / "portable.jnnmodel")
    _images(root / "photos", root / "photos.zip")
    _tables(root / "tables")
    _session(root)
    _direction(root)
    return Material(root, runs, ends)


def _stop_early(config: RunConfig, run: Path) -> None:
    commands = Commands()
    for event in start_run(config, run, commands):
        if isinstance(event, Metrics) and event.step >= config.schedule.steps - 3:
            commands.send(Command.STOP)


def _end(run: Path, folder: Path) -> Mapping[str, torch.Tensor]:
    shutil.copytree(run, folder)
    for _ in resume_run(folder, Commands()):
        pass
    weights = read_outcome(folder).weights
    shutil.rmtree(folder)
    return weights


def _portable(path: Path) -> None:
    torch.manual_seed(0)
    encoder = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.GroupNorm(2, 4), nn.GELU(), nn.Flatten(), nn.Linear(64, 6)
    )
    decoder = nn.Sequential(
        nn.Linear(6, 64),
        nn.Unflatten(1, (4, 4, 4)),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.Conv2d(4, 3, 1),
    )
    images = torch.rand(2, 3, 8, 8)
    save_portable(path, encoder, decoder, images, name="Mine", encoded=(0.5, 0.5), thumbnails=2)


def _images(folder: Path, archive: Path) -> None:
    (folder / "more").mkdir(parents=True)
    random = np.random.default_rng(0)
    endings = (
        ".png",
        ".jpg",
        ".bmp",
        ".webp",
        ".ppm",
        ".pgm",
        ".jpeg",
        ".png",
        ".png",
        ".jpg",
        ".png",
        ".png",
    )
    for number, ending in enumerate(endings):
        pixels = random.integers(0, 256, (6, 8, 3), dtype=np.uint8).repeat(5, 0).repeat(5, 1)
        image = Image.fromarray(pixels)
        options: dict[str, Any] = {}
        if ending == ".pgm":
            image = image.convert("L")
        elif number == 7:
            image = image.convert("P")
        elif number == 8:
            image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
        elif number == 9:
            exif = Image.Exif()
            exif[0x0112] = 6
            options["exif"] = exif.tobytes()
        elif number == 10:
            about = PngInfo()
            about.add_text("Comment", "seen " * 200, zip=True)
            options["pnginfo"] = about
        image.save(folder / ("more" if number % 3 == 2 else "") / f"photo {number}{ending}", **options)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*.*")):
            packed.write(path, path.relative_to(folder).as_posix())


def _tables(folder: Path) -> None:
    names = [f"face-{number}" for number in range(IMAGES)]
    rows = [f"{name},{number / 7:.3f},{'yes' if number % 2 else 'no'}" for number, name in enumerate(names)]
    (folder / "commas.csv").write_text("\n".join(["file,age,smiling", *rows]) + "\n", "utf-8")
    comma = [row.replace(",", ";").replace(".", ",") for row in rows]
    (folder / "semicolons.csv").write_text("\n".join(["file;age;smiling", *comma]) + "\n", "utf-8-sig")
    tabs = [row.replace(",", "\t") for row in rows]
    (folder / "tabs.txt").write_text("\n".join(["file\tage\tsmiling", *tabs]) + "\n", "utf-16")
    listed = [f"{name} 1 -1" for name in names]
    (folder / "list.txt").write_text("\n".join([str(IMAGES), "Smiling Male", *listed]) + "\n", "utf-8")


def _session(root: Path) -> None:
    found = open_references(root / "runs" / "autoencoder-pair")
    columns = tuple(
        Column(key=f"c{number}", where=where, directions="encoder") for number, where in enumerate(found)
    )
    state = ExploreState(
        source=FolderConfig(path=root / "photos"),
        columns=columns,
        base=Base(image=FileImage(path=root / "photos" / "photo 0.png")),
        walk=Walk(amounts=(0.05, -0.02, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0)),
    )
    save_session(root / "sessions" / "one.jnnsession", state, found)


def _direction(root: Path) -> None:
    where = root / "runs" / "autoencoder-pair"
    loaded = open_models(where)[0]
    size = loaded.model.config.size
    source = FacesConfig(count=IMAGES, seed=1)
    image = FaceSource(source.count, size, source.seed).images([0])[0]
    place = Walker(loaded, "encoder", 0.1).place(image, 4)
    library = Library(root / "directions")
    for index in range(3):
        library.save(
            save_direction(
                f"direction {index}",
                "",
                loaded,
                str(where),
                fingerprint(loaded.model),
                "encoder",
                index,
                "straight",
                SourceImage(index=0),
                "face 0",
                source,
                (-0.1, 0.1),
                place,
                np.zeros((size, size, 3), np.uint8),
            )
        )
