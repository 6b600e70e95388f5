"""A run on disk: what a training run leaves behind, and what can be read while it is being written.

Whatever a folder holds, reading it raises nothing: what cannot be read is left out, and `RunFolder.notes`
says what. Going on with a run puts right what can be put right.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from jnn_studio.base.atomic import leftovers, write_bytes, write_text
from jnn_studio.base.clutter import is_clutter
from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import MalformedError, read_bytes, read_text
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import (
    parse_table,
    read_config,
    read_config_text,
    validate_config,
)
from jnn_studio.training.configuration.identity import (
    RunIdentity,
    derived_identity,
    identity_in,
    new_identity,
    to_head,
)
from jnn_studio.training.events import Arrays, Metrics, Preview, Spectrum, State
from jnn_studio.training.folder.run_files import (
    MAX_STATE_BYTES,
    DamagedFileError,
    RunState,
    parse_state,
    read_arrays,
    read_preview,
)
from jnn_studio.training.folder.run_parts import ASIDE, RunParts, step_of, why_unread
from jnn_studio.training.folder.run_repair import put_right
from jnn_studio.training.folder.spectra_file import MAX_STEP, SpectraError

CONFIG = "config.toml"
"""What makes a folder a run."""
IMAGES = "images.npy"
"""What there was in the folder or archive of images when the run began."""
OWNER = "owner"
"""Locked by the process that trains the run."""
SIGN = "run.jnnrun"
"""What a person clicks to open the run: a program may claim an ending of files, and no folders."""
ANNOTATION = "annotation.json"
"""What a person says of the run: a name, a note, tags."""
KEPT_ARRAYS = 20
"""More than one, so that a run resumed from its newest checkpoint still has some to show."""
_SIGN_TEXT = (
    "The folder that this file lies in is a run of JNN Studio.\n"
    "A double click on this file, or jnn-studio with its path, shows the run.\n"
)
_TRIED = 3
_AMONG = 2
_CHECKPOINT = re.compile(r"step-[0-9]{7}\.safetensors")

T = TypeVar("T")


class RunFolderError(StudioError):
    """A folder that cannot be used as a run; the message says which, why, and what to do."""


class RunGoneError(RunFolderError):
    """The run's folder has been deleted, or moved away, while the run was written."""


def is_run(path: Path) -> bool:
    """Whether ``path`` is the folder of a run."""
    return (path / CONFIG).is_file()


class RunFolder:
    """``config.toml``, ``metrics.jsonl``, ``spectra.npy``, ``previews/``, ``arrays/``, ``checkpoints/``,
    ``models/``, ``state.json``.

    Logs are appended to; everything else is replaced whole. A reader at any moment, also after the writer
    was killed, sees a consistent prefix. Every method that writes raises `RunGoneError` once the folder is
    gone: it is not made again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts = RunParts(path)
        self.device = ""
        """What it is trained on, for `set_state` to say."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be read so far, or was put right: a sentence a file, of a few files."""
        return self._parts.told()

    @classmethod
    def create(cls, path: Path, config: RunConfig, identity: RunIdentity | None = None) -> RunFolder:
        """A new run in ``path``, which must not exist or be empty, but for what other programs left in it.

        It gets an id of its own, unless an ``identity`` is given.

        Raises:
            RunFolderError: it holds something already, or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(not is_clutter(there.name) for there in {*path.iterdir()} - {*leftovers(path)}):
                raise RunFolderError(
                    f"{path} is not empty; choose another folder, or resume the run in it if it holds one"
                )
            folder = cls(path)
            text = to_head(identity or new_identity()) + config.to_toml()
            write_text(path / CONFIG, text, through_links=False)
            folder._write_sign()
            folder.set_state("created", 0)
        except UnicodeEncodeError as error:
            raise RunFolderError(
                "config.toml cannot hold the name of the folder of images, whose bytes are no text; rename it"
            ) from error
        except OSError as error:
            raise RunFolderError(
                f"cannot write a run to {path}: {reason_of(error)}. {advice_for(error)}, or choose another "
                "folder"
            ) from error
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The run in ``path``.

        Raises:
            RunFolderError: there is none.
        """
        if not is_run(path):
            raise RunFolderError(f"{path} holds no run: there is no config.toml in it")
        return cls(path)

    def config(self) -> RunConfig:
        """What the run was started with; raises `ConfigError`."""
        return read_config(self.path / CONFIG, of_a_run=True)

    def config_and_identity(self) -> tuple[RunConfig, RunIdentity]:
        """What the run was started with, and which run it is; raises `ConfigError`."""
        path = self.path / CONFIG
        text = read_config_text(path)
        table = parse_table(text, str(path), of_a_run=True)
        identity = identity_in(table) or derived_identity(text.encode(), self._parts.metrics.first_line())
        return validate_config(table, str(path)), identity

    # --- writing -----------------------------------------------------------------------------------

    def check_there(self) -> None:
        """Raise `RunGoneError` if the run is not where it was; to be called before its parts are written."""
        if not is_run(self.path):
            raise RunGoneError(
                f"the run's folder {self.path} is gone, or no longer holds the run; put it back to go on"
            )

    def set_state(self, state: State, step: int, reason: str = "") -> None:
        """Replace ``state.json``; its heartbeat is now."""
        self.check_there()
        text = json.dumps(asdict(RunState(state, step, time.time(), reason, self.device)))
        write_text(self.path / "state.json", text, through_links=False)

    def log(self, metrics: Metrics) -> None:
        """Append one line to ``metrics.jsonl``."""
        self.check_there()
        self._parts.metrics.append(metrics)

    def log_spectrum(self, spectrum: Spectrum, member_index: int) -> None:
        """Append one record to ``spectra.npy``."""
        self.check_there()
        self._parts.spectra.append(spectrum.step, member_index, spectrum.effective_rank, spectrum.sigma)

    def logged(self) -> dict[str, int]:
        """Bytes in each log: what a checkpoint remembers, so that going on from it can tell what is lost."""
        return self._parts.logged()

    def save_preview(self, preview: Preview) -> None:
        """One PNG: originals in the first row, each model's reconstructions in the rows below.

        Its text chunks say how large one image is, and whose the rows are.
        """
        self.check_there()
        rows = [preview.originals, *preview.reconstructions.values()]
        image = np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)
        height, width = preview.originals.shape[1:3]
        about = PngInfo()
        about.add_text("image", f"{width}x{height}")
        about.add_text("rows", json.dumps(list(preview.reconstructions)))
        png = io.BytesIO()
        Image.fromarray(image).save(png, "PNG", pnginfo=about)
        path = self.path / "previews" / f"step-{preview.step:07d}.png"
        write_bytes(path, png.getvalue(), through_links=False)

    def save_arrays(self, arrays: Arrays) -> None:
        """One ``.npz`` of ``model/name`` arrays; only the `KEPT_ARRAYS` newest are kept."""
        self.check_there()
        flat = {
            f"{member}/{name}": np.asarray(value, np.float32)
            for member, values in arrays.values.items()
            for name, value in values.items()
        }
        npz = io.BytesIO()
        np.savez_compressed(npz, **flat)  # type: ignore[arg-type]
        path = self.path / "arrays" / f"step-{arrays.step:07d}.npz"
        write_bytes(path, npz.getvalue(), through_links=False)
        for old in self._parts.arrays()[:-KEPT_ARRAYS]:
            old.unlink(missing_ok=True)

    def checkpoint_path(self, step: int) -> Path:
        """Where the checkpoint of ``step`` lives."""
        return self.path / "checkpoints" / f"step-{step:07d}.safetensors"

    def mark_latest(self, step: int, keep: int) -> None:
        """Point ``latest`` at the checkpoint of ``step`` and remove all but the ``keep`` newest."""
        self.check_there()
        name = self.checkpoint_path(step).name
        write_text(self.path / "checkpoints" / "latest", name, through_links=False)
        for old in self._parts.checkpoints()[:-keep]:
            old.unlink(missing_ok=True)

    def truncate(self, step: int, logged: Mapping[str, int] | None = None) -> None:
        """Forget whatever was written after ``step``, from where the run is about to go on.

        Also removes what a killed process left half written, and what is damaged, which `notes` then names,
        and puts the sign there that runs from before have not.
        ``logged``: what `logged` gave at that step; a log that has become shorter has lost something.
        """
        self.check_there()
        put_right(self._parts, step, logged or {})
        self._write_sign()

    def delete(self) -> None:
        """Remove the run. Only what a run consists of; anything else in the folder stays."""
        for name in ("previews", "arrays", "checkpoints", "models"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in (
            "metrics.jsonl",
            "spectra.npy",
            f"spectra.npy{ASIDE}",
            "state.json",
            IMAGES,
            OWNER,
            ANNOTATION,
            SIGN,
            CONFIG,
        ):
            (self.path / name).unlink(missing_ok=True)
        for leftover in leftovers(self.path):
            leftover.unlink(missing_ok=True)
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()

    # --- reading -----------------------------------------------------------------------------------

    def state(self) -> RunState:
        """What ``state.json`` says; one that is damaged only informed, and is a run that was stopped."""
        path = self.path / "state.json"
        try:
            return parse_state(read_bytes(path, MAX_STATE_BYTES))
        except FileNotFoundError:
            return RunState("created", 0, 0.0)  # killed before it could say anything
        except (OSError, DamagedFileError) as error:
            self._parts.note(path, f"cannot be read ({why_unread(error)}); the run is taken for stopped")
            newest = self._parts.checkpoints()
            return RunState(
                "stopped", step_of(newest[-1]) if newest else 0, 0.0, self._parts.notes[path.name]
            )

    def checkpoints(self) -> list[Path]:
        """Complete checkpoints, the one to go on from first, then those to go on from if it is damaged."""
        found = self._parts.checkpoints()[::-1]
        pointer = self.path / "checkpoints" / "latest"
        try:
            name = read_text(pointer, MAX_STATE_BYTES).strip()
        except FileNotFoundError:
            return found
        except (OSError, MalformedError):
            name = ""
        if not _CHECKPOINT.fullmatch(Path(name).name):
            self._parts.note(pointer, "does not name a checkpoint; the newest there is was taken")
        return sorted(found, key=lambda path: path.name != Path(name).name)

    def latest_checkpoint(self) -> Path | None:
        """The newest complete checkpoint, or None."""
        return next(iter(self.checkpoints()), None)

    def metrics(self, start: int = 0, members: Sequence[str] | None = None) -> tuple[list[Metrics], int]:
        """The next logged metrics from byte offset ``start`` on, and the offset to go on from.

        A long log comes in portions, and none are left once it gives none. Lines that are none, or of none of
        ``members``, are left out.
        """
        try:
            found, start = self._parts.metrics.read(start, members)
        except OSError as error:
            self._parts.note(self._parts.metrics.path, f"cannot be read ({reason_of(error)})")
            return [], start
        if self._parts.metrics.damage:
            self._parts.note(self._parts.metrics.path, f"has {self._parts.metrics.damage}, left out")
        return found, start

    def spectra(self, members: Sequence[str], start: int = 0) -> list[Spectrum]:
        """Logged spectra from record ``start`` on; ``members`` names the models in their order."""
        return self.spectra_from(members, start)[0]

    def newest_spectra(self, members: Sequence[str]) -> dict[str, Spectrum]:
        """The last spectrum of each model that has one among the newest; raises nothing."""
        try:
            newest = self._parts.spectra.newest(_AMONG * len(members))
        except (OSError, SpectraError) as error:
            self._parts.note(self._parts.spectra.path, f"cannot be read ({why_unread(error)})")
            return {}
        return {
            members[index]: Spectrum(step, members[index], sigma, rank)
            for step, index, rank, sigma in newest
            if 0 <= step <= MAX_STEP and 0 <= index < len(members)
        }

    def spectra_from(self, members: Sequence[str], start: int) -> tuple[list[Spectrum], int]:
        """`spectra`, and the record to go on from."""
        found: list[Spectrum] = []
        try:
            for step, index, rank, sigma in self._parts.spectra.read(start):
                start += 1
                if 0 <= step <= MAX_STEP and 0 <= index < len(members):
                    found.append(Spectrum(step, members[index], sigma, rank))
                else:
                    self._parts.note(
                        self._parts.spectra.path, "has records of no step or model of the run, left out"
                    )
        except (OSError, SpectraError) as error:
            self._parts.note(self._parts.spectra.path, f"cannot be read ({why_unread(error)})")
        return found, start

    def latest_preview(self, members: Sequence[str], after: int = -1) -> Preview | None:
        """The newest preview of a step later than ``after`` that can be read, or None."""
        return self._newest(
            self._parts.previews(), after, lambda path, step: read_preview(path, step, members)
        )

    def latest_arrays(
        self, after: int = -1, misfit: Callable[[Arrays], str] = lambda arrays: ""
    ) -> Arrays | None:
        """The newest arrays of a step later than ``after`` that can be read, or None.

        ``misfit`` says why arrays are not those of such a run, or "".
        """

        def read(path: Path, step: int) -> Arrays:
            arrays = read_arrays(path, step)
            if why := misfit(arrays):
                raise DamagedFileError(why)
            return arrays

        return self._newest(self._parts.arrays(), after, read)

    def _newest(self, paths: Sequence[Path], after: int, read: Callable[[Path, int], T]) -> T | None:
        for path in paths[: -_TRIED - 1 : -1]:
            if step_of(path) <= after:
                break
            try:
                return read(path, step_of(path))
            except FileNotFoundError:
                pass  # removed by the run meanwhile
            except (OSError, DamagedFileError) as error:
                self._parts.note(path, f"cannot be read ({why_unread(error)}) and is left out")
        return None

    def _write_sign(self) -> None:
        if not (self.path / SIGN).is_file():
            write_text(self.path / SIGN, _SIGN_TEXT, through_links=False)
