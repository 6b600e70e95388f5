"""A run on disk: what a training run leaves behind, and what can be read while it is being written."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from jnn_studio.base.atomic import leftovers, write_bytes, write_text
from jnn_studio.base.errors import StudioError
from jnn_studio.training.config import RunConfig, read_config
from jnn_studio.training.events import Arrays, Metrics, Preview, Spectrum, State
from jnn_studio.training.spectra_file import SpectraFile

CONFIG = "config.toml"
"""What makes a folder a run."""
READ_BYTES = 1 << 20
KEPT_ARRAYS = 20
"""More than one, so that a run resumed from its newest checkpoint still has some to show."""


class RunFolderError(StudioError):
    """A folder that cannot be used as a run; the message says which, why, and what to do."""


@dataclass(frozen=True)
class RunState:
    """``state.json``: what the run is doing, and when it last said so (seconds since 1970)."""

    state: State
    step: int
    heartbeat: float
    reason: str = ""


def is_run(path: Path) -> bool:
    """Whether ``path`` is the folder of a run."""
    return (path / CONFIG).is_file()


class RunFolder:
    """``config.toml``, ``metrics.jsonl``, ``spectra.npy``, ``previews/``, ``arrays/``, ``checkpoints/``,
    ``models/``, ``state.json``.

    Logs are appended to; everything else is replaced whole. A reader at any moment, also after the writer
    was killed, sees a consistent prefix.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._spectra = SpectraFile(path / "spectra.npy")

    @classmethod
    def create(cls, path: Path, config: RunConfig) -> RunFolder:
        """A new run in ``path``, which must not exist or be empty.

        Raises:
            RunFolderError: it holds something already, or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            if set(path.iterdir()) - set(leftovers(path)):
                raise RunFolderError(
                    f"{path} is not empty; choose another folder, or resume the run in it if it holds one"
                )
            folder = cls(path)
            write_text(path / CONFIG, config.to_toml())
            folder.set_state("created", 0)
        except OSError as error:
            raise RunFolderError(f"cannot write a run to {path}: {error.strerror or error}") from error
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
        return read_config(self.path / CONFIG)

    # --- writing -----------------------------------------------------------------------------------

    def set_state(self, state: State, step: int, reason: str = "") -> None:
        """Replace ``state.json``; its heartbeat is now."""
        text = json.dumps(asdict(RunState(state, step, time.time(), reason)))
        write_text(self.path / "state.json", text)

    def log(self, metrics: Metrics) -> None:
        """Append one line to ``metrics.jsonl``."""
        record = {
            "step": metrics.step,
            "time": round(metrics.time, 3),
            "model": metrics.member,
            "terms": dict(metrics.terms),
        }
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def log_spectrum(self, spectrum: Spectrum, member_index: int) -> None:
        """Append one record to ``spectra.npy``."""
        self._spectra.append(spectrum.step, member_index, spectrum.effective_rank, spectrum.sigma)

    def save_preview(self, preview: Preview) -> None:
        """One PNG: originals in the first row, each model's reconstructions in the rows below.

        Its text chunks say how large one image is, and whose the rows are.
        """
        rows = [preview.originals, *preview.reconstructions.values()]
        image = np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)
        height, width = preview.originals.shape[1:3]
        about = PngInfo()
        about.add_text("image", f"{width}x{height}")
        about.add_text("rows", json.dumps(list(preview.reconstructions)))
        png = io.BytesIO()
        Image.fromarray(image).save(png, "PNG", pnginfo=about)
        write_bytes(self.path / "previews" / f"step-{preview.step:07d}.png", png.getvalue())

    def save_arrays(self, arrays: Arrays) -> None:
        """One ``.npz`` of ``model/name`` arrays; only the `KEPT_ARRAYS` newest are kept."""
        flat = {
            f"{member}/{name}": np.asarray(value, np.float32)
            for member, values in arrays.values.items()
            for name, value in values.items()
        }
        npz = io.BytesIO()
        np.savez_compressed(npz, **flat)  # type: ignore[arg-type]
        write_bytes(self.path / "arrays" / f"step-{arrays.step:07d}.npz", npz.getvalue())
        for old in self._arrays()[:-KEPT_ARRAYS]:
            old.unlink(missing_ok=True)

    def checkpoint_path(self, step: int) -> Path:
        """Where the checkpoint of ``step`` lives."""
        return self.path / "checkpoints" / f"step-{step:07d}.safetensors"

    def mark_latest(self, step: int, keep: int) -> None:
        """Point ``latest`` at the checkpoint of ``step`` and remove all but the ``keep`` newest."""
        write_text(self.path / "checkpoints" / "latest", self.checkpoint_path(step).name)
        for old in self._checkpoints()[:-keep]:
            old.unlink(missing_ok=True)

    def truncate(self, step: int) -> None:
        """Forget whatever was written after ``step``, from where the run is about to go on.

        Also removes what a killed process left half written.
        """
        for path in (*self._checkpoints(), *self._previews(), *self._arrays()):
            if _step_of(path) > step:
                path.unlink(missing_ok=True)
        kept = [json.dumps(record) + "\n" for record in self._records() if record["step"] <= step]
        write_text(self.path / "metrics.jsonl", "".join(kept))
        self._spectra.truncate(step)
        for leftover in leftovers(self.path):
            leftover.unlink(missing_ok=True)

    def delete(self) -> None:
        """Remove the run. Only what a run consists of; anything else in the folder stays."""
        for name in ("previews", "arrays", "checkpoints", "models"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in ("metrics.jsonl", "spectra.npy", "state.json", CONFIG):
            (self.path / name).unlink(missing_ok=True)
        for leftover in leftovers(self.path):
            leftover.unlink(missing_ok=True)
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()

    # --- reading -----------------------------------------------------------------------------------

    def state(self) -> RunState:
        """What ``state.json`` says.

        Raises:
            RunFolderError: it is damaged.
        """
        try:
            data = json.loads((self.path / "state.json").read_text(encoding="utf-8"))
            if data["state"] not in get_args(State):
                raise ValueError(f"unknown state {data['state']!r}")
            return RunState(data["state"], int(data["step"]), float(data["heartbeat"]), data["reason"])
        except FileNotFoundError:
            return RunState("created", 0, 0.0)  # killed before it could say anything
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunFolderError(f"cannot read {self.path / 'state.json'}: {error}") from error

    def latest_checkpoint(self) -> Path | None:
        """The newest complete checkpoint, or None."""
        pointer = self.path / "checkpoints" / "latest"
        if pointer.is_file():
            path = pointer.parent / Path(pointer.read_text(encoding="utf-8").strip()).name
            if path.is_file():
                return path
        found = self._checkpoints()
        return found[-1] if found else None

    def metrics(self, start: int = 0) -> tuple[list[Metrics], int]:
        """The next logged metrics from byte offset ``start`` on, and the offset to go on from.

        At most `READ_BYTES` are read: a long log comes in portions, and none are left once it gives none.
        """
        path = self.path / "metrics.jsonl"
        if not path.is_file():
            return [], 0
        with path.open("rb") as file:
            if start > os.fstat(file.fileno()).st_size:
                start = 0  # the run was resumed from an earlier step
            file.seek(start)
            data = file.read(READ_BYTES)
        complete = data[: data.rfind(b"\n") + 1]
        found = []
        for line in complete.splitlines():
            record = json.loads(line)
            found.append(Metrics(record["step"], record["time"], record["model"], record["terms"]))
        return found, start + len(complete)

    def spectra(self, members: tuple[str, ...], start: int = 0) -> list[Spectrum]:
        """Logged spectra from record ``start`` on; ``members`` names the models in their order."""
        return [
            Spectrum(step, members[index], sigma, rank)
            for step, index, rank, sigma in self._spectra.read(start)
        ]

    def latest_preview(self, members: tuple[str, ...]) -> Preview | None:
        """The newest preview, or None."""
        found = self._previews()
        if not found:
            return None
        with Image.open(found[-1]) as file:
            image = np.asarray(file.convert("RGB"))
            about = {str(key): str(value) for key, value in file.info.items()}
        names = tuple(json.loads(about["rows"])) if "rows" in about else members
        # Before the size was written down images were square.
        width = int(about["image"].split("x")[0]) if "image" in about else image.shape[0] // (1 + len(names))
        rows = [
            np.stack(np.split(row, row.shape[1] // width, axis=1)) for row in np.split(image, 1 + len(names))
        ]
        return Preview(_step_of(found[-1]), rows[0], dict(zip(names, rows[1:], strict=True)))

    def latest_arrays(self, after: int = -1) -> Arrays | None:
        """The newest arrays of a step later than ``after``, or None."""
        found = self._arrays()
        if not found or _step_of(found[-1]) <= after:
            return None
        values: dict[str, dict[str, np.ndarray]] = {}
        with np.load(found[-1], allow_pickle=False) as file:
            for key in file.files:
                member, _, name = key.partition("/")
                values.setdefault(member, {})[name] = file[key]
        return Arrays(_step_of(found[-1]), values)

    def _checkpoints(self) -> list[Path]:
        return sorted((self.path / "checkpoints").glob(f"step-{7 * '[0-9]'}.safetensors"))

    def _previews(self) -> list[Path]:
        return sorted((self.path / "previews").glob(f"step-{7 * '[0-9]'}.png"))

    def _arrays(self) -> list[Path]:
        return sorted((self.path / "arrays").glob(f"step-{7 * '[0-9]'}.npz"))

    def _records(self) -> Iterator[Mapping[str, int]]:
        path = self.path / "metrics.jsonl"
        if not path.is_file():
            return
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                return  # the line being written when the process was killed


def _step_of(path: Path) -> int:
    return int(path.stem.removeprefix("step-"))
