"""Having every method denoise the noisy image on other threads, and giving up what is out of date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal
from torch import Tensor

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.methods import BM3D
from jnn_studio.labs.denoise.denoisers.telling import denoise_told
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel
from jnn_studio.labs.denoise.photos.photo import Result, run_method, with_strength
from jnn_studio.models.weights import LoadedDenoiser


@dataclass(frozen=True)
class DenoisingTask:
    """What is to be denoised: images (3 or 1, h, w) in [-1, 1], and their noise.

    ``stabilised``: counted photons are stabilised first. ``exact``: the photograph has 16 bits, and so shall
    results.
    """

    noisy: Tensor
    clean: Tensor | None
    noise: NoiseModel
    stabilised: bool = True
    exact: bool = False

    def by(self, denoise: Callable[[Tensor, float, Watch], Tensor]) -> Callable[[Tensor, Watch], Tensor]:
        """What a method for Gaussian noise does about this noise."""
        noise, stabilised = self.noise, self.stabilised
        return lambda noisy, watch: noise.denoise(
            lambda image, sigma: denoise(image, sigma, watch), noisy, stabilised
        )


class Denoising(QObject):
    """Networks take turns on one thread; BM3D runs in its own process beside them.

    Signals:
        result_arrived: (method).
        work_changed: `waiting`, `failures` or `stopped` have changed.
        progress_changed: (method, share between 0 and 1) while a large image is denoised.
        failed: (title, Failure).

    Attributes:
        results: what has arrived of the present task.
        waiting: methods whose results are to come.
        failures: why a method has no result.
        stopped: somebody has asked not to go on.
        strength: how much of what methods make is in their results, from 0 to 1.
    """

    result_arrived = Signal(str)
    work_changed = Signal()
    progress_changed = Signal(str, float)
    failed = Signal(str, object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._telling = partial(context.telling, self.failed)
        self.results: dict[str, Result] = {}
        self.waiting: set[str] = set()
        self.failures: dict[str, Failure] = {}
        self.stopped = False
        self.strength = 1.0
        self._task: DenoisingTask | None = None
        self.worker = context.new_worker("denoise")
        """Also there for what comes before: a queue of its own would only compete with it."""
        self._classical = context.new_worker("bm3d")
        self._blending = context.new_worker("strength")
        """Not behind a network that takes a minute."""

    def start_networks(self, task: DenoisingTask, models: Mapping[str, LoadedDenoiser]) -> None:
        """Have ``models``, by method, denoise; what they were at is given up."""
        self.stopped = False
        for method, loaded in models.items():
            self._request(self.worker, method, task, task.by(_asked(loaded)), f"“{loaded.name}”")
        self.work_changed.emit()

    def start_bm3d(self, task: DenoisingTask) -> None:
        """Have BM3D denoise, if it is installed."""
        self.forget(BM3D)
        if bm3d.available():
            self.stopped = False
            self._request(self._classical, BM3D, task, task.by(_bm3d), "BM3D")
        self.work_changed.emit()

    def set_strength(self, strength: float) -> None:
        """Have all results, those to come too, with so much of what methods make."""
        self.strength = strength
        for method, result in self.results.items():
            self._blend(method, result)

    def forget(self, method: str) -> None:
        """Give up what a method is at, and drop what it has made."""
        self._give_up(method)
        self.results.pop(method, None)
        self.failures.pop(method, None)

    def forget_all(self) -> None:
        """`forget` every method."""
        for method in (*self.waiting, *self.results, *self.failures):
            self.forget(method)
        self.work_changed.emit()

    def stop(self) -> None:
        """Give up what is under way; results that are there stay."""
        if self.waiting:
            for method in tuple(self.waiting):
                self._give_up(method)
            self.stopped = True
            self.work_changed.emit()

    def _give_up(self, method: str) -> None:
        (self._classical if method == BM3D else self.worker).forget(method)
        self._blending.forget(method)
        self.waiting.discard(method)

    def _request(
        self,
        worker: Worker,
        method: str,
        task: DenoisingTask,
        denoise: Callable[[Tensor, Watch], Tensor],
        name: str,
    ) -> None:
        self.forget(method)
        self._task = task
        self.waiting.add(method)
        strength, exact = self.strength, task.exact
        worker.request(
            self,
            method,
            lambda watch: run_method(denoise, task.noisy, task.clean, watch, strength=strength, exact=exact),
            partial(self._take, method),
            partial(self._fail, method, name),
            progressed=partial(self._progressed, method),
        )

    def _progressed(self, method: str, progress: Progress) -> None:
        self.progress_changed.emit(method, progress.done / progress.total)

    def _take(self, method: str, result: Result) -> None:
        self.waiting.discard(method)
        self.results[method] = result
        self.result_arrived.emit(method)
        self.work_changed.emit()
        self._blend(method, result)

    def _blend(self, method: str, result: Result) -> None:
        """Have a result with the present strength, if it is one with another."""
        task, strength = self._task, self.strength
        if result.strength == strength:
            self._blending.forget(method)
        elif task is not None:
            self._blending.request(
                self,
                method,
                lambda watch: with_strength(result, task.noisy, task.clean, strength, watch),
                partial(self._take, method),
                self._telling("Cannot show the result with this strength"),
            )

    def _fail(self, method: str, name: str, failure: Failure) -> None:
        self.waiting.discard(method)
        self.failures[method] = failure
        self.work_changed.emit()
        self._telling(f"{name} could not denoise the image")(failure)


def _asked(loaded: LoadedDenoiser) -> Callable[[Tensor, float, Watch], Tensor]:
    """A network; one that knows its σ is told none."""
    return lambda image, sigma, watch: denoise_told(loaded, image, sigma, watch)


def _bm3d(image: Tensor, sigma: float, watch: Watch) -> Tensor:
    return bm3d.denoise_bm3d(image, sigma, watch=watch)
