"""Opening what was damaged as the window and the command line do, and looking at what was made of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.attack.damage import Damage
from benchmarks.attack.material import IMAGES, Material
from benchmarks.attack.outcome import read_outcome
from jnn_studio.app.engine.feed import Rare, RunFeed
from jnn_studio.app.engine.follower import RunFollower
from jnn_studio.data.attributes import open_attributes
from jnn_studio.data.config import FolderConfig
from jnn_studio.data.decode import load_image
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.opening import open_source
from jnn_studio.data.photo import read_photo
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.explore.saved.library import Library, read_direction
from jnn_studio.explore.saved.session_file import load_session
from jnn_studio.labs.denoise.denoisers.methods import open_denoisers
from jnn_studio.models.weights import SUFFIXES, Loaded, fingerprint, load_classifier
from jnn_studio.runs.comparing import compared, settings_of
from jnn_studio.runs.curves import read_curves
from jnn_studio.runs.describing import describe
from jnn_studio.training.configuration.config_file import read_config
from jnn_studio.training.events import Started, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import resume_run
from jnn_studio.training.step.commands import Commands

PATIENCE = 0.5
"""Seconds for a follower to read what there is; one that follows a run under way never ends by itself."""

_SYSTEMS = re.compile(r"\[Errno \d+\][^\n]*\s*\Z")
"""The end of the details of a refusal of the system, which is said and no bug."""


_UNEXPECTED = re.compile(r"[A-Z]\w*(Error|Exception): ")
"""What is said of a run that raised something else than what a person is to read."""


class BugError(Exception):
    """What the program took for an exception that nobody expected; the message is its traceback."""


Open = Callable[[Path, Damage], str]
"""Opens what lies at a path; the answer is what is silently wrong with what came of it, or ""."""


@dataclass(frozen=True)
class Subject:
    """Something to open: a file, or a folder of which one file under ``inside`` is damaged."""

    name: str
    source: Path
    open: Open
    inside: str = ""


def subjects(material: Material, scratch: Path) -> list[Subject]:
    """All there are; what opening them leaves behind goes to ``scratch``."""
    root = material.root
    found = []
    for kind, run in material.runs.items():
        opened = {"denoise": open_denoisers, "robustness": _classifier}.get(kind, _opened_models)
        found += [
            Subject(f"{kind} run, followed", run, _follow),
            Subject(f"{kind} run, listed", run, _list),
            Subject(f"{kind} run, resumed", run, _Resumed(material.ends[kind]).open),
            Subject(f"{kind} checkpoint, resumed", run, _Resumed(material.ends[kind]).open, "checkpoints"),
        ]
        if kind not in ("rof", "robustness"):  # no page opens the networks of such runs
            found.append(Subject(f"{kind} run, opened", run, _Weights(run, opened).open))
            found.append(
                Subject(f"{kind} checkpoint, opened", run, _Weights(run, opened).open, "checkpoints")
            )
        if kind != "rof":
            file = root / "weights" / f"{kind}.safetensors"
            found += [Subject(f"{kind} weights", file, _Weights(file, opened).open)] * 2
        found.append(Subject(f"{kind} configuration", root / "configs" / f"{kind}.toml", _config))
    portable = root / "weights" / "portable.jnnmodel"
    found += [Subject("portable model", portable, _Weights(portable, _opened_models).open)] * 4
    found += [
        Subject(f"photo {path.suffix[1:]}", path, _photo) for path in sorted((root / "photos").rglob("*.*"))
    ]
    folder = _Folder(scratch).open
    found += [Subject("portable model's pictures", portable, folder)] * 2
    found += [Subject("folder", root / "photos", folder)] * 3 + [
        Subject("archive", root / "photos.zip", folder)
    ] * 5
    found += [Subject("session", path, _session) for path in sorted((root / "sessions").iterdir())] * 4
    found += [Subject(f"table {path.name}", path, _table) for path in sorted((root / "tables").iterdir())]
    found.append(Subject("library", root / "directions", _library))
    found += [Subject("direction", path, _direction) for path in sorted((root / "directions").iterdir())]
    return found


def _list(path: Path, damage: Damage) -> str:
    summary = describe(path)
    if summary is not None and _UNEXPECTED.match(summary.problem):
        raise BugError(summary.problem)
    read_curves(path, "total")
    compared([summary] if summary is not None else [], [settings_of(path)])
    return ""


def _follow(path: Path, damage: Damage) -> str:
    told: list[Rare] = []
    folder = RunFolder.open(path)
    follower = RunFollower(RunFeed(path, folder.config(), lambda feed, event: told.append(event)))
    follower._thread.join(PATIENCE)
    follower.close()
    if follower.alive:
        raise BugError("the follower does not end")
    for event in told:
        if isinstance(event, StateChanged) and event.details:
            raise BugError(event.details)
    return ""


class _Resumed:
    """A run that goes on with what is left; its end must be that of the undamaged run, or something said."""

    def __init__(self, end: Mapping[str, torch.Tensor]) -> None:
        self._end = end

    def open(self, path: Path, damage: Damage) -> str:
        notes: list[str] = []
        last = None
        for event in resume_run(path, Commands()):
            if isinstance(event, Started):
                notes += event.notes
            if isinstance(event, StateChanged):
                last = event
        if last is None:
            raise BugError("the run said nothing of its end")
        if last.details and not _SYSTEMS.search(last.details):
            raise BugError(last.details)
        if last.state != "finished" and not last.reason:
            raise BugError(f"the run ended as {last.state} without a reason")
        if last.state != "finished" or notes or "checkpoints" not in damage.victim.parts or damage.sound:
            return ""
        weights = read_outcome(path).weights
        same = weights.keys() == self._end.keys() and all(
            torch.equal(value, self._end[key]) for key, value in weights.items()
        )
        return "" if same else "the run went on to other weights"


class _Weights:
    """Networks from a file or a run: those that were written, or none."""

    def __init__(self, source: Path, opened: Callable[[Path], Mapping[str, Loaded[Any]]]) -> None:
        self._opened = opened
        self._known = {_described(loaded) for loaded in opened(source).values()}
        if source.is_dir():  # damage to the newest may bring the one before it to light
            whole = sorted((source / "checkpoints").glob("step-*"))
            for older in whole[:-1]:
                self._known |= {_described(loaded) for loaded in _of_checkpoint(source, older, opened)}

    def open(self, path: Path, damage: Damage) -> str:
        found = {_described(loaded) for loaded in self._opened(path).values()}
        if damage.sound or damage.victim.suffix not in SUFFIXES or found <= self._known:
            return ""
        return "other networks were opened than were written"


def _described(loaded: Loaded[Any]) -> tuple[str, str]:
    return fingerprint(loaded.model), str(loaded.model.config)


def _of_checkpoint(
    run: Path, checkpoint: Path, opened: Callable[[Path], Mapping[str, Loaded[Any]]]
) -> list[Loaded[Any]]:
    copy = run.with_name(f"{run.name}-at")
    shutil.copytree(run, copy)
    (copy / "checkpoints" / "latest").write_text(checkpoint.name)
    found = list(opened(copy).values())
    shutil.rmtree(copy)
    return found


def _opened_models(path: Path) -> Mapping[str, Loaded[Any]]:
    return {str(number): loaded for number, loaded in enumerate(open_models(path))}


def _classifier(path: Path) -> Mapping[str, Loaded[Any]]:
    return {path.stem: load_classifier(path)}


def _config(path: Path, damage: Damage) -> str:
    read_config(path)
    return ""


def _photo(path: Path, damage: Damage) -> str:
    pixels, image = read_photo(path).pixels, load_image(path, 16)
    sound = pixels.dtype == np.uint8 and pixels.ndim == 3 and image.shape == (3, 16, 16)
    return "" if sound else f"pixels of {pixels.shape} and {tuple(image.shape)}"


class _Folder:
    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def open(self, path: Path, damage: Damage) -> str:
        source = open_source(FolderConfig(path=path), 16, cache_dir=self._scratch / "cache")
        images = source.images(range(len(source)))
        thumbnails = source.thumbnails(range(len(source)), 8)
        labels = [source.label(index) for index in range(len(source))]
        sound = len(images) == len(thumbnails) == len(labels) and bool(torch.isfinite(images).all())
        return "" if sound else "images, thumbnails and labels do not belong together"


def _session(path: Path, damage: Damage) -> str:
    load_session(path)
    return ""


def _table(path: Path, damage: Damage) -> str:
    source = FaceSource(IMAGES, 16, 1)
    table = open_attributes(path, source)
    sound = table.values.shape == (IMAGES, len(table.names)) and not np.isinf(table.values).any()
    return f"values of {table.values.shape}: {table.summary}" if not sound else ""


def _library(path: Path, damage: Damage) -> str:
    Library(path).contents()
    return ""


def _direction(path: Path, damage: Damage) -> str:
    read_direction(path)
    return ""
