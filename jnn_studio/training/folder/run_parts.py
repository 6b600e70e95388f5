"""The files of a run's folder that come one by one or grow, and what has been noted of them."""

from __future__ import annotations

from pathlib import Path

from jnn_studio.base.system_errors import reason_of
from jnn_studio.base.text import counted
from jnn_studio.training.folder.metrics_log import MetricsLog
from jnn_studio.training.folder.spectra_file import SpectraFile

ASIDE = ".damaged"
"""Ending of a log that could not be read, beside the one that was begun in its place."""
_TOLD = 8


class RunParts:
    """Logs, checkpoints, previews and arrays, and notes on those that are damaged.

    Attributes:
        notes: a sentence by the file's name within the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metrics = MetricsLog(path / "metrics.jsonl")
        self.spectra = SpectraFile(path / "spectra.npy")
        self.notes: dict[str, str] = {}

    def note(self, path: Path, what: str) -> None:
        """Remember what is to be told of a file."""
        name = path.relative_to(self.path).as_posix()
        self.notes[name] = f"{name} {what}."

    def told(self) -> tuple[str, ...]:
        """All notes, or the first few and how many more."""
        told = tuple(self.notes.values())
        more = counted(
            len(told) - _TOLD, "more file of the run is damaged.", "more files of the run are damaged."
        )
        return told if len(told) <= _TOLD else (*told[:_TOLD], more)

    def logged(self) -> dict[str, int]:
        """Bytes in each log."""
        paths = (self.metrics.path, self.spectra.path)
        return {path.name: path.stat().st_size if path.is_file() else 0 for path in paths}

    def checkpoints(self) -> list[Path]:
        """In the order of their steps, as all of these."""
        return self._steps("checkpoints", "safetensors")

    def previews(self) -> list[Path]:
        """Pictures of reconstructions."""
        return self._steps("previews", "png")

    def arrays(self) -> list[Path]:
        """Fields that a lab shows."""
        return self._steps("arrays", "npz")

    def _steps(self, folder: str, suffix: str) -> list[Path]:
        """Files of a step, in the order of steps; whatever else has such a name is none of the run's."""
        found = sorted((self.path / folder).glob(f"step-{7 * '[0-9]'}.{suffix}"))
        return [path for path in found if not path.is_dir()]


def step_of(path: Path) -> int:
    """The step that a checkpoint, preview or arrays are of, by its name."""
    return int(path.stem.removeprefix("step-"))


def why_unread(error: Exception) -> str:
    """Why a file cannot be read, without its name."""
    return reason_of(error) if isinstance(error, OSError) else str(error)
