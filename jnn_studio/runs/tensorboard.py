"""What a run has logged, as TensorBoard reads it: scalars, singular values, previews and settings.

It is made from the run's folder alone, so that it serves runs that are over, and runs under way on whichever
machine: what is new since last time is added.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jnn_studio.base.errors import StudioError
from jnn_studio.base.flat_settings import flat_texts
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import UNDER_WAY, Metrics
from jnn_studio.training.folder.liveness import Pulse
from jnn_studio.training.folder.run_files import DamagedFileError, read_preview
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.folder.run_parts import step_of
from jnn_studio.training.kind import run_members
from jnn_studio.training.words import PSNR

if TYPE_CHECKING:
    from torch.utils.tensorboard import FileWriter

SUFFIX = ".jnn-studio"
"""What the names of our event files end with: those, and no others, are written anew."""
RANK, SIGMA, PREVIEW = "effective_rank", "singular_values", "preview"
_BINS = 30


class TensorBoardError(StudioError):
    """A run cannot be written for TensorBoard; the message says why, and what to do."""


class TensorBoardRun:
    """One run written into the folder ``to``, in it a folder for each model: they lie over each other.

    What this has written there before is replaced.

    Raises:
        TensorBoardError: TensorBoard is not installed.
        ConfigError, OSError: the run cannot be read, or the folder not written.
    """

    def __init__(self, path: Path, to: Path) -> None:
        try:
            from torch.utils.tensorboard import FileWriter
        except ImportError as error:
            raise TensorBoardError(
                "logs for TensorBoard need the package tensorboard, which is not installed; install it with: "
                'pip install "jnn-studio[tensorboard]"'
            ) from error
        self._folder = RunFolder.open(path)
        self._pulse = Pulse(path)
        self._config, identity = self._folder.config_and_identity()
        self._keys = [member.key for member in run_members(self._config)]
        self._begun = identity.created or (path / "config.toml").stat().st_mtime
        self._targets = {key: to / key for key in self._keys}
        self._make = FileWriter
        self._writers: dict[str, FileWriter] = {}
        self._begin()

    def _begin(self) -> None:
        """From the first line of the logs on."""
        self.close()
        for key, target in self._targets.items():
            for old in target.glob(f"events.out.tfevents.*{SUFFIX}"):
                old.unlink()
            self._writers[key] = self._make(str(target), filename_suffix=SUFFIX)
        self._read, self._spectra, self._shown, self._last = 0, 0, -1, -1
        self._times: dict[tuple[str, int], float] = {}
        self._told = False

    @property
    def under_way(self) -> bool:
        """Whether more may come."""
        state = self._folder.state()
        return state.state in UNDER_WAY and self._pulse.feel(state).life != "dead"

    def update(self) -> int:
        """Write what is new; how many steps there are by now."""
        if self._folder.logged()["metrics.jsonl"] < self._read:  # gone on from an earlier step
            self._begin()
        for metrics in self._new_metrics():
            writer, time = self._writers[metrics.member], self._begun + metrics.time
            self._times[metrics.member, metrics.step] = time
            self._last = max(self._last, metrics.step)
            for term, value in metrics.terms.items():
                writer.add_summary(self._summary().scalar(term, value), metrics.step, time)
        spectra, self._spectra = self._folder.spectra_from(self._keys, self._spectra)
        for spectrum in spectra:
            writer, time = self._writers[spectrum.member], self._time(spectrum.member, spectrum.step)
            writer.add_summary(self._summary().scalar(RANK, spectrum.effective_rank), spectrum.step, time)
            sigma = spectrum.sigma[np.isfinite(spectrum.sigma)]
            if len(sigma):
                counted = self._summary().histogram(SIGMA, sigma, "auto" if len(sigma) > 1 else _BINS)
                writer.add_summary(counted, spectrum.step, time)
        self._add_previews()
        if not self._told and self._last >= 0:
            self._told = True
            self._add_settings(self._config)
        for writer in self._writers.values():
            writer.flush()
        return self._last

    def close(self) -> None:
        """No more is written."""
        for writer in self._writers.values():
            writer.close()

    def _new_metrics(self) -> Iterator[Metrics]:
        while True:
            found, self._read = self._folder.metrics(self._read, self._keys)
            if not found:
                return
            yield from found

    def _add_previews(self) -> None:
        """Each model's reconstructions under the originals."""
        for path in sorted((self._folder.path / "previews").glob(f"step-{7 * '[0-9]'}.png")):
            step = step_of(path)
            if step <= self._shown:
                continue
            self._shown = step
            with suppress(OSError, DamagedFileError):  # what cannot be read is left out, as in the window
                preview = read_preview(path, step, self._keys)
                for key in self._keys:
                    if key in preview.reconstructions:
                        rows = (preview.originals, preview.reconstructions[key])
                        image = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
                        summary = self._summary().image(PREVIEW, image, dataformats="HWC")
                        self._writers[key].add_summary(summary, step, self._time(key, step))

    def _add_settings(self, config: RunConfig) -> None:
        settings = {name: _as_number(text) for name, text in flat_texts(config).items() if text}
        for key, writer in self._writers.items():
            for summary in self._summary().hparams(settings | {"model": key}, {PSNR: 0.0, RANK: 0.0}):
                writer.add_summary(summary, 0, self._begun)

    def _time(self, key: str, step: int) -> float:
        return self._times.get((key, step), self._begun)

    @staticmethod
    def _summary() -> Any:
        from torch.utils.tensorboard import summary

        return summary


def _as_number(text: str) -> str | float:
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text
