"""A sweep on disk: ``sweep.toml``, which says all that is to be trained, and the folders of its runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jnn_studio.base.atomic import write_text
from jnn_studio.base.clutter import is_clutter
from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import MalformedError, parse_json, read_text
from jnn_studio.base.resource_files import resource
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.sweeps.config import SweepConfig, read_table, sweep_from
from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.identity import identity_in, new_identity, to_head, without_identity
from jnn_studio.training.configuration.presets import preset_table
from jnn_studio.training.folder.liveness import is_held
from jnn_studio.training.folder.ownership import own_folder
from jnn_studio.training.folder.run_folder import OWNER, RunFolder, is_run

SWEEP = "sweep.toml"
"""What makes a folder a sweep."""
STUDY = "study.db"
"""Optuna's storage, of a sweep that searches."""
PRUNED = {"": {"pruned": 1.0}}
"""What is kept of a run that a search has stopped for good, in the place of what is measured."""
MEASURED = "measured"
"""What was measured of finished models, a file for each run, by its id."""
_MAX_BYTES = 64 * 2**10


class SweepError(StudioError):
    """A sweep cannot be begun or gone on with; the message says which, why, and what to do."""


def is_sweep(path: Path) -> bool:
    """Whether ``path`` is the folder of a sweep."""
    return (path / SWEEP).is_file()


def sweep_preset_names() -> tuple[str, ...]:
    """Names of the sweeps that ship with the program."""
    return tuple(sorted(path.stem for path in resource("sweeps").glob("*.toml")))


def load_sweep(name: str) -> SweepConfig:
    """The sweep that ships with the program and is called ``name``, or the one in that file.

    Raises:
        ConfigError: there is none, or something in it is wrong.
    """
    path = Path(name).expanduser()
    if path.suffix != ".toml":
        if name not in sweep_preset_names():
            known = ", ".join(sweep_preset_names())
            raise ConfigError(
                f"there is no sweep {name!r}; give a .toml, a sweep's folder, or one of {known}"
            )
        path = resource("sweeps", f"{name}.toml")
    return whole(sweep_from(without_identity(read_table(path)), str(path)), str(path))


def whole(config: SweepConfig, where: str) -> SweepConfig:
    """The same with its preset written out, so that it stands for itself.

    Raises:
        ConfigError: there is no such preset.
    """
    if not config.preset:
        return config
    try:
        table = preset_table(config.preset)
    except ConfigError as error:
        raise ConfigError(f"{where}: preset: {error}") from error
    return config.model_copy(update={"preset": "", "run": _merged(table, config.run)})


def _merged(table: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``table`` with what ``over`` says; a table of another kind takes the place of the one there."""
    found = dict(table)
    for name, value in over.items():
        before = found.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            alike = "kind" not in value or value["kind"] == before.get("kind")
            found[name] = _merged(before, value) if alike else value
        else:
            found[name] = value
    return found


@dataclass(frozen=True)
class FoundRun:
    """A run in a sweep's folder, of the id ``id``."""

    path: Path
    id: str
    config: RunConfig


class SweepFolder:
    """A sweep's folder. What has become of its runs is told by their own folders alone."""

    def __init__(self, path: Path) -> None:
        table = read_table(path / SWEEP)
        identity = identity_in(table)
        if identity is None:
            raise ConfigError(
                f"{path / SWEEP} has no id: put back the file that was written when the sweep began, or give "
                "the file itself and a new folder"
            )
        self.path, self.id = path, identity.id
        self.created = identity.created
        self.config = sweep_from(without_identity(table), str(path / SWEEP))

    @classmethod
    def create(cls, path: Path, config: SweepConfig) -> SweepFolder:
        """A new sweep in ``path``, which must not exist or be empty.

        Raises:
            SweepError: it holds something, or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(not is_clutter(there.name) for there in path.iterdir()):
                raise SweepError(f"{path} is not empty; choose another folder, or resume the sweep in it")
            write_text(path / SWEEP, to_head(new_identity()) + config.to_toml(), through_links=False)
        except OSError as error:
            raise SweepError(
                f"cannot write a sweep to {path}: {reason_of(error)}. {advice_for(error)}"
            ) from error
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> SweepFolder:
        """The sweep in ``path``.

        Raises:
            SweepError: there is none.
            ConfigError: its ``sweep.toml`` cannot be read.
        """
        if not is_sweep(path):
            raise SweepError(f"{path} holds no sweep: there is no {SWEEP} in it")
        return cls(path)

    def withdraw(self) -> None:
        """Take the folder of a sweep away of which nothing has been trained; what else is in it stays."""
        for name in (STUDY, OWNER, SWEEP):
            (self.path / name).unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()

    @property
    def under_way(self) -> bool:
        """Whether a process of this machine trains it."""
        return bool(is_held(self.path))

    @contextmanager
    def owned(self) -> Iterator[None]:
        """This process trains it, and no other.

        Raises:
            RunInUseError: another one does.
        """
        owner = own_folder(self.path, "sweep", lambda: self.id)
        try:
            yield
        finally:
            owner.release()

    def base(self) -> RunConfig:
        """What all its runs have in common; raises `ConfigError`."""
        return validate_config(dict(self.config.run), str(self.path / SWEEP))

    def runs(self) -> dict[str, FoundRun]:
        """The runs in it by id, whatever their folders are called; those that cannot be read are left out."""
        found: dict[str, FoundRun] = {}
        for path in sorted(self.path.iterdir()):
            run = self.run_at(path)
            if run is not None:
                found.setdefault(run.id, run)
        return found

    def run_at(self, path: Path) -> FoundRun | None:
        """The run in a folder, if there is one that can be read."""
        if is_run(path):
            with suppress(StudioError):
                config, identity = RunFolder(path).config_and_identity()
                return FoundRun(path, identity.id, config)
        return None

    def room(self, name: str) -> Path:
        """A folder for a new run, called ``name`` or nearly so; what a kill left of one is no obstacle."""
        path, number = self.path / name, 2
        while path.exists() and (is_run(path) or any(not is_clutter(p.name) for p in path.iterdir())):
            path, number = self.path / f"{name}~{number}", number + 1
        return path

    def measured(self, run_id: str) -> dict[str, dict[str, float]] | None:
        """What was measured of a finished run: by model, numbers by name; None before it was."""
        with suppress(OSError, MalformedError):
            said = parse_json(read_text(self.path / MEASURED / f"{run_id}.json", _MAX_BYTES))
            if isinstance(said, dict) and all(isinstance(values, dict) for values in said.values()):
                return {
                    str(key): {
                        str(name): float(value)
                        for name, value in values.items()
                        if isinstance(value, int | float)
                    }
                    for key, values in said.items()
                }
        return None

    def keep_measured(self, run_id: str, said: Mapping[str, Mapping[str, float]]) -> None:
        """Write it down; raises OSError where that cannot be."""
        write_text(self.path / MEASURED / f"{run_id}.json", json.dumps(said), through_links=False)
