"""From a run's folder to its summary. Whatever a folder holds, describing it raises nothing."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from jnn_studio.base.errors import StudioError
from jnn_studio.base.system_errors import reason_of
from jnn_studio.base.text import printable
from jnn_studio.runs.log_digest import METRICS, LogDigest, digest
from jnn_studio.runs.summary import MemberSummary, RunSummary
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.folder.liveness import owner_of
from jnn_studio.training.folder.run_folder import ANNOTATION, CONFIG, OWNER, RunFolder
from jnn_studio.training.kind import find_kind, run_members

CURVE = "total"
POINTS = 32
WRITTEN = (CONFIG, "state.json", METRICS, "spectra.npy", OWNER, "checkpoints", ANNOTATION)
"""What tells, by its date and size, whether a run has to be read again."""

FileSign = tuple[int, int, int]
Signature = tuple[FileSign, ...]
NO_FILE: FileSign = (0, 0, 0)


def signs_of(folder: Path, names: Collection[str] | None = None) -> dict[str, FileSign]:
    """Date, size and number of the files in a folder, of these ``names`` if they are given.

    They are others once a file has been written; nothing where the folder cannot be read.
    """
    found: dict[str, FileSign] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if names is None or entry.name in names:
                with suppress(OSError):
                    about = entry.stat()
                    found[entry.name] = (about.st_mtime_ns, about.st_size, about.st_ino)
    return found


def signature(path: Path) -> Signature:
    """Of the run in ``path``: another one once anything of it has been written."""
    found = signs_of(path, WRITTEN)
    return tuple(found.get(name, NO_FILE) for name in WRITTEN)


def describe(path: Path) -> RunSummary | None:
    """The run in ``path``, without what a person says of it and whether it is alive.

    None if it is no run after all: a folder of something else that has a ``config.toml``.
    """
    try:
        return _described(path)
    except (StudioError, OSError) as error:
        if not (path / "state.json").exists():
            return None
        why = reason_of(error) if isinstance(error, OSError) else str(error)
    except Exception as error:  # a kind of run that somebody else brings can do anything
        why = f"{type(error).__name__}: {error}"
    return unreadable(path, why)


def unreadable(path: Path, why: str) -> RunSummary:
    """A folder of which nothing can be read but why."""
    return RunSummary(path, "", printable(path.name or str(path)), problem=printable(why, lines=True))


def _described(path: Path) -> RunSummary:
    folder = RunFolder(path)
    config, identity = folder.config_and_identity()
    kind = find_kind(config.kind)
    infos = run_members(config)
    keys = tuple(info.key for info in infos)
    state = folder.state()
    try:
        log = digest(path, keys, CURVE, POINTS)
        notes: tuple[str, ...] = ()
    except OSError as error:
        log, notes = LogDigest(), (f"{METRICS} cannot be read: {reason_of(error)}.",)
    spectra = folder.newest_spectra(keys)
    owner = owner_of(path)
    has_models = folder.latest_checkpoint() is not None
    members = tuple(
        replace(
            _member(info, log),
            eta_symbol=_asked(partial(kind.eta_symbol, key=info.key), config) or "",
            rank=spectra[info.key].effective_rank if info.key in spectra else None,
        )
        for info in infos
    )
    steps_logged = [steps[-1] for steps, _ in log.curves.values() if steps]
    return RunSummary(
        path=path,
        id=identity.id,
        config_name=config.shown_name,
        kind=config.kind,
        data=str(_asked(kind.material, config) or ""),
        members=members,
        target_rank=_asked((lambda _: None) if kind.words is None else kind.words.aim, config),
        step=min(max([state.step, *steps_logged]), config.schedule.steps),
        steps=config.schedule.steps,
        device=state.device,
        state=state.state,
        heartbeat=state.heartbeat,
        reason=state.reason,
        owner=str(owner) if owner is not None else "",
        seconds=log.seconds,
        created=identity.created or _modified(path / CONFIG),
        changed=max(when / 1e9 for when, _, _ in signature(path)),
        explorable=has_models and kind.network is not None,
        twin=identity.twin,
        trainable=kind.trainable,
        notes=(*notes, *folder.notes),
    )


def _member(info: MemberInfo, log: LogDigest) -> MemberSummary:
    steps, curve = log.curves.get(info.key, ([], []))
    return MemberSummary(
        info.key,
        printable(info.label),
        info.eta if math.isfinite(info.eta) else None,
        last=log.last.get(info.key, {}),
        steps=tuple(steps),
        curve=tuple(curve),
    )


def _asked(what: Callable[[Any], Any], config: RunConfig) -> Any:
    """What a kind of run says of one; a kind that somebody brings may not be right for all."""
    try:
        return what(config)
    except Exception:
        return None


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
