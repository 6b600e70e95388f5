"""Writing a run folder from any training code: it opens live in the window and stands among all runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.data.pixels import to_uint8
from jnn_studio.jacobian import effective_rank
from jnn_studio.training.config import validate_as
from jnn_studio.training.events import Metrics, Preview, Spectrum, State
from jnn_studio.training.folder.ownership import own
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.other_code.written_config import WrittenConfig

_BEAT_SECONDS = 2.0


class RunWriterError(StudioError):
    """Something cannot be written into a run; the message says what is accepted."""


class RunWriter:
    """One run that the code around it trains.

    Whoever opens the folder in the window, or looks at Runs, sees it as it is being written. The process
    holds the run until it is closed or ends, so that one which has died is told from one at work. For one
    thread.

    Args:
        path: a new or empty folder.
        name: what to call the run.
        steps: how many there are to be; progress is measured by it.
        models: labels by key, or one label, of what is trained; ``"model"`` is the key of a single one.
        eta: what weighs the penalty, for all models or by key.
        settings: whatever tells this run from another; shown and compared in Runs.
        material: what it learns from, in a few words.
        device: what it is trained on, in words.

    Raises:
        ConfigError: a value is out of range.
        RunFolderError: the folder holds something already, or cannot be written.

    Example:
        >>> import tempfile
        >>> with RunWriter(Path(tempfile.mkdtemp()) / "run", "mine", steps=2) as run:
        ...     for step in (1, 2):
        ...         run.log(step, {"total": 1 / step, "accuracy": 0.5 * step})
        >>> run.folder.state().state
        'finished'
    """

    def __init__(
        self,
        path: Path | str,
        name: str,
        *,
        steps: int,
        models: Mapping[str, str] | str = "Model",
        eta: float | Mapping[str, float] | None = None,
        settings: Mapping[str, bool | int | float | str] | None = None,
        material: str = "",
        device: str = "",
    ) -> None:
        labels = {"model": models} if isinstance(models, str) else dict(models)
        etas = dict(eta) if isinstance(eta, Mapping) else dict.fromkeys(labels, eta)
        config = {
            "name": name,
            "schedule": {"steps": steps},
            "models": [{"key": key, "label": label, "eta": etas.get(key)} for key, label in labels.items()],
            "settings": dict(settings or {}),
            "material": material,
        }
        self._begin(RunFolder.create(Path(path), validate_as(WrittenConfig, config, "RunWriter")))
        self.folder.device = device
        self._say("running")

    def _begin(self, folder: RunFolder, step: int = 0, seconds: float = 0.0) -> None:
        config = folder.config()
        if not isinstance(config, WrittenConfig):
            raise RunWriterError(
                f"{folder.path} is a run of kind {config.kind!r}, which the program itself trains"
            )
        self.folder, self.config = folder, config
        self._keys = [model.key for model in config.models]
        self._owner = own(folder)
        self._step, self._begun, self._beat = step, time.monotonic() - seconds, 0.0
        self._open = True

    @classmethod
    def go_on(cls, path: Path | str, step: int) -> Self:
        """The writer of a run that was begun before, from ``step`` on; what was logged later is dropped.

        Raises:
            RunFolderError: there is no run in ``path``, or another process is writing it.
            RunWriterError: it is a run that the program itself trains.
        """
        folder = RunFolder.open(Path(path))
        writer = cls.__new__(cls)
        writer._begin(folder, step)
        folder.truncate(step)
        logged, start = folder.metrics()
        seconds = 0.0
        while logged:
            seconds = logged[-1].time
            logged, start = folder.metrics(start)
        writer._begun = time.monotonic() - seconds
        folder.device = folder.state().device
        writer._say("running")
        return writer

    def log(self, step: int, terms: Mapping[str, Any], model: str = "") -> None:
        """Values at a step (from 0), each one number: curves by the names of the terms.

        ``"total"`` is what lists and plots show first; ``"reconstruction"``, ``"penalty"``, ``"eta"`` and
        ``"held_out_psnr"`` have words of their own.
        """
        values = {str(term): float(value) for term, value in terms.items()}
        self.folder.log(Metrics(self._at(step), time.monotonic() - self._begun, self._key(model), values))
        self._alive()

    def spectrum(self, step: int, sigma: Tensor | np.ndarray | Sequence[float], model: str = "") -> None:
        """Singular values (k,) at a step, for one input or the mean over several; k is the same every time.

        Raises:
            RunWriterError: they are no k numbers, or not as many as before.
        """
        values = torch.as_tensor(sigma).detach().to("cpu", torch.float32).flatten().sort(descending=True)[0]
        if not len(values) or not bool(torch.isfinite(values).all()):
            raise RunWriterError(
                f"singular values are finite numbers, at least one; got {values.tolist()[:8]}"
            )
        key, rank = self._key(model), float(effective_rank(values))
        try:
            self.folder.log_spectrum(
                Spectrum(self._at(step), key, values.numpy(), rank), self._keys.index(key)
            )
        except ValueError as error:
            raise RunWriterError(f"{len(values)} singular values cannot be added: {error}") from error
        self._alive()

    def preview(
        self, step: int, originals: Tensor | np.ndarray, rows: Mapping[str, Tensor | np.ndarray]
    ) -> None:
        """Images to look at: the first row, and further ones by the key of a model or a name of their own.

        Each is (images, channels, height, width) in [0, 1] or uint8 (images, height, width, 3), all alike.

        Raises:
            RunWriterError: they are not.
        """
        first = _pixels(originals)
        found = {name: _pixels(row) for name, row in rows.items()}
        for name, row in found.items():
            if row.shape != first.shape:
                raise RunWriterError(f"the row {name!r} is {row.shape} where the originals are {first.shape}")
        self.folder.save_preview(Preview(self._at(step), first, found))
        self._alive()

    def close(self, state: State = "stopped", reason: str = "") -> None:
        """Let go of the run; it is finished if its last step was logged, whatever ``state`` says."""
        if not self._open:
            return
        self._open = False
        done = state == "stopped" and self._step >= self.config.schedule.steps
        try:
            self.folder.set_state("finished" if done else state, self._step, reason)
        finally:
            self._owner.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.close("failed", f"{type(error).__name__}: {error}")
        else:
            self.close()

    def _at(self, step: int) -> int:
        if not self._open:
            raise RunWriterError("the run was closed; go on with it by RunWriter.go_on")
        if not 0 <= step <= self.config.schedule.steps:
            raise RunWriterError(f"step {step} is none of the run's 0 to {self.config.schedule.steps}")
        self._step = max(self._step, step)
        return step

    def _key(self, model: str) -> str:
        if model and model not in self._keys:
            raise RunWriterError(f"the run has no model {model!r}, only {', '.join(self._keys)}")
        return model or self._keys[0]

    def _say(self, state: State) -> None:
        self.folder.set_state(state, self._step)
        self._beat = time.monotonic()

    def _alive(self) -> None:
        if time.monotonic() - self._beat > _BEAT_SECONDS:
            self._say("running")


def _pixels(images: Tensor | np.ndarray) -> np.ndarray:
    if isinstance(images, np.ndarray) and images.dtype == np.uint8:
        found = images
    else:
        tensor = torch.as_tensor(images).detach().to("cpu", torch.float32)
        found = to_uint8(tensor) if tensor.ndim == 4 and tensor.shape[1] in (1, 3) else np.empty(0)
    if found.ndim != 4 or found.shape[-1] != 3 or not found.size:
        raise RunWriterError(
            f"these images are {tuple(images.shape)}; give (images, channels, height, width) in [0, 1] with "
            "1 or 3 channels, or uint8 (images, height, width, 3)"
        )
    return found
