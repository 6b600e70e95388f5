"""Where runs are: below the folders that a person works in, not too deep, whatever else lies there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jnn_studio.base.clutter import is_clutter
from jnn_studio.base.system_errors import reason_of
from jnn_studio.base.watch import Watch
from jnn_studio.training.folder.run_folder import CONFIG

MAX_DEPTH = 4
"""Levels below a folder; at the first there are its own runs."""
MAX_FOLDERS = 20_000
"""Looked into below one folder."""


@dataclass
class FoundRuns:
    """Folders with a configuration in them, and why some others could not be looked into."""

    runs: list[Path] = field(default_factory=list)
    problems: dict[Path, str] = field(default_factory=dict)


def find_runs(folders: Sequence[Path], watch: Watch) -> FoundRuns:
    """The runs at and below ``folders``, each once, however many ways lead there.

    Raises:
        Cancelled: ``watch`` says so.
    """
    found = FoundRuns()
    seen: set[tuple[int, int]] = set()
    for folder in folders:
        for number, (path, problem) in enumerate(_walk(folder, seen)):
            watch.check()
            if problem:
                found.problems[path] = problem
            elif _holds_run(path):
                found.runs.append(path)
            if number >= MAX_FOLDERS:
                found.problems[folder] = (
                    f"it has more than {MAX_FOLDERS:,} folders; runs further on are not listed"
                )
                break
    return found


def _walk(top: Path, seen: set[tuple[int, int]]) -> Iterator[tuple[Path, str]]:
    """Every folder not seen before, level by level, and what is wrong with it; none within a run."""
    level = [top]
    for _ in range(MAX_DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            try:
                about = folder.stat()
                if (about.st_dev, about.st_ino) in seen:
                    continue
                seen.add((about.st_dev, about.st_ino))
                inner, is_run = _entries(folder)
            except OSError as error:
                yield folder, reason_of(error)
                continue
            yield folder, ""
            if not is_run:
                below += inner
        level = below


def _entries(folder: Path) -> tuple[list[Path], bool]:
    """The folders in ``folder``, in the order of their names, and whether it is itself a run's."""
    inner: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == CONFIG:
                return [], True
            if not entry.name.startswith(".") and not is_clutter(entry.name) and _is_folder(entry):
                inner.append(entry.name)
    return [folder / name for name in sorted(inner)], False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _holds_run(path: Path) -> bool:
    try:
        return (path / CONFIG).is_file()
    except OSError:
        return False
