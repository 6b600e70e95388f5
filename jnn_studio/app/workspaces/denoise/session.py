"""What the pages of Denoise share: the photograph, its noise, the denoisers, and what they made of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast

import torch
from PySide6.QtCore import QObject, Signal, Slot

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.mailbox import Buffer
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.app.workspaces.denoise.levels import Levels, levels_of
from jnn_studio.app.workspaces.denoise.models_choice import ModelsChoice, OpenedModels, open_choice
from jnn_studio.app.workspaces.denoise.sample import sample_photo
from jnn_studio.app.workspaces.denoise.work import (
    Noised,
    OpenedPhoto,
    Report,
    Result,
    make_noisy,
    run_bm3d,
    run_network,
    take_as_noisy,
)
from jnn_studio.data.photo import Photo, read_photo
from jnn_studio.labs.denoise import bm3d
from jnn_studio.labs.denoise.measures import Quality, quality
from jnn_studio.labs.denoise.methods import BM3D
from jnn_studio.models.weights import LoadedDenoiser

MIN_SIGMA, MAX_SIGMA = 0.01, 4.0
MAX_SEED = 999_999


class PhotoSession(QObject):
    """Used on the main thread; reading, noise, denoising and measuring are done on threads of its own.

    Nothing is open until `begin` or `open_photo`. What has changed is asked for anew, and what is then out of
    date is given up: between two tiles, or by ending BM3D's process.

    Signals:
        photo_changed: another photograph is open; its noisy image is still to come.
        noisy_changed: `noisy`, `clean` and `sigma` are those of the present settings; results are to come.
        noisy_measured: `noisy_quality` has arrived.
        models_changed: other denoisers are open.
        result_arrived: (method) of the denoisers' or BM3D's.
        work_changed: `waiting`, `failures` or `stopped` have changed.
        progress_changed: (method, share between 0 and 1) while a large photograph is denoised.
        settings_changed: `sigma`, `seed`, `already_noisy` or `choice` have changed.
        failed: (title, Failure).

    Attributes:
        photo: what is open.
        clean: (3, h, w) in [-1, 1]; None while the photograph is taken as noisy already.
        noisy: (3, h, w) in [-1, 1], not clipped; None until it is there.
        sigma: σ of the noise, for images in [-1, 1]; estimated or typed where `already_noisy`.
        estimate: what σ was estimated as, where it was.
        models: denoisers by method, in the methods' order.
        results: what has arrived of the present noisy image.
        levels: pictures to look at by "clean", "noisy" and method, those of results before the present too.
        waiting: methods whose results are to come.
        failures: why a method has no result.
        stopped: somebody has asked not to go on.
    """

    photo_changed = Signal()
    noisy_changed = Signal()
    noisy_measured = Signal()
    models_changed = Signal()
    result_arrived = Signal(str)
    work_changed = Signal()
    progress_changed = Signal(str, float)
    settings_changed = Signal()
    failed = Signal(str, object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self._telling = partial(context.telling, self.failed)
        self.photo: Photo | None = None
        self.path: Path | None = None
        """Where the photograph is; None for the sample."""
        self.clean: torch.Tensor | None = None
        self.noisy: torch.Tensor | None = None
        self.noisy_quality: Quality | None = None
        self.sigma = 0.5
        self.seed = 0
        self.already_noisy = False
        self.estimate: float | None = None
        self.choice = ModelsChoice()
        self.bundled_sigmas: tuple[float, ...] = ()
        self.bundled_sigma: float | None = None
        """Which of them the open ones are; None for others."""
        self.models: Mapping[str, LoadedDenoiser] = {}
        self.models_known = False
        """Whether the choice of denoisers has been looked up, even if there are none."""
        self.results: dict[str, Result] = {}
        self.levels: dict[str, Levels] = {}
        self.waiting: set[str] = set()
        self.failures: dict[str, Failure] = {}
        self.stopped = False
        self._begun = False
        self._progress: Buffer[tuple[threading.Event, str, float]] = Buffer()
        self._networks = Worker(context.bridge, "denoise")
        self._classical = Worker(context.bridge, "bm3d")
        self._stop = {method: threading.Event() for method in ("networks", BM3D)}
        context.ticked.connect(self._tick)
        context.at_close(self.close)

    # --- what is open ------------------------------------------------------------------------------

    def begin(self) -> None:
        """The sample and the bundled denoisers, if nothing has been asked for; once."""
        if self._begun:
            return
        self._begun = True
        if not self.models_known:
            self._load_models()
        self.open_sample()

    @Slot(object)
    def open_photo(self, path: Path) -> None:
        """Show a file's picture instead."""
        self._begin_with_models()

        def work() -> OpenedPhoto:
            photo = read_photo(path)
            return OpenedPhoto(photo, levels_of(photo.pixels))

        self.context.loading.request(
            "denoise photo", work, partial(self._take, path), self._telling("Cannot open the photograph")
        )

    def open_sample(self) -> None:
        """Show the picture that needs no file."""
        self._begin_with_models()

        def work() -> OpenedPhoto:
            photo = sample_photo()
            return OpenedPhoto(photo, levels_of(photo.pixels))

        self.context.loading.request(
            "denoise photo", work, partial(self._take, None), self._telling("Cannot draw the sample")
        )

    @Slot(object)
    def open_models(self, path: Path) -> None:
        """Use the denoisers of a weights file, or of a folder such as a run."""
        self._load_models(ModelsChoice(path=path))

    def use_bundled(self, sigma: float | None = None) -> None:
        """Use the denoisers that ship for ``sigma``; None: for the one nearest to `sigma`."""
        self._load_models(ModelsChoice(sigma=sigma))

    # --- the noise ---------------------------------------------------------------------------------

    @Slot(float)
    def set_sigma(self, sigma: float) -> None:
        """σ of the noise that is added; where the photograph is noisy already, what BM3D takes it to be."""
        sigma = min(max(float(sigma), MIN_SIGMA), MAX_SIGMA)
        if sigma == self.sigma:
            return
        self.sigma = sigma
        self.settings_changed.emit()
        self._follow_sigma()
        if self.photo is None:
            return
        if self.already_noisy:
            self._denoise(networks=False)
        else:
            self._ask_noisy()

    @Slot(int)
    def set_seed(self, seed: int) -> None:
        """Which noise is drawn."""
        seed = min(max(int(seed), 0), MAX_SEED)
        if seed != self.seed:
            self.seed = seed
            self.settings_changed.emit()
            if self.photo is not None and not self.already_noisy:
                self._ask_noisy()

    @Slot(bool)
    def set_already_noisy(self, already: bool) -> None:
        """Whether the photograph itself is what is to be denoised; its σ is then estimated."""
        if already != self.already_noisy:
            self.already_noisy = already
            self.estimate = None
            self.settings_changed.emit()
            if self.photo is not None:
                self._ask_noisy()

    # --- working -----------------------------------------------------------------------------------

    def stop(self) -> None:
        """Give up what is being denoised."""
        if self.waiting:
            self._cancel()
            self.stopped = True
            self.work_changed.emit()

    def go_on(self) -> None:
        """Make the results that are missing."""
        if self.noisy is not None:
            missing = set(self.models) - set(self.results)
            self._start_networks(missing)
            if BM3D not in self.results:
                self._start_bm3d()
            self.work_changed.emit()

    def close(self) -> None:
        """Give up everything and end the threads."""
        for stop in self._stop.values():
            stop.set()
        self._networks.close()
        self._classical.close()

    # --- arriving ----------------------------------------------------------------------------------

    def _begin_with_models(self) -> None:
        if not self._begun:
            self._begun = True
            if not self.models_known:
                self._load_models()

    def _take(self, path: Path | None, opened: OpenedPhoto) -> None:
        self._cancel()
        self.photo, self.path = opened.photo, path
        self.clean = self.noisy = self.noisy_quality = self.estimate = None
        self.results, self.failures, self.levels = {}, {}, {}
        self.levels["noisy" if self.already_noisy else "clean"] = opened.levels
        self.photo_changed.emit()
        self._ask_noisy()

    def _ask_noisy(self) -> None:
        photo = self.photo
        if photo is None:
            return
        self._cancel()
        self._networks.forget("measure")
        if self.already_noisy:
            work = partial(take_as_noisy, photo)
        else:
            work = partial(make_noisy, photo, self.clean, self.sigma, self.seed)
        self._networks.request("noisy", work, self._take_noisy, self._telling("Cannot make the noisy image"))
        self.work_changed.emit()

    def _take_noisy(self, noised: Noised) -> None:
        if self.photo is None:
            return
        self.clean, self.noisy, self.noisy_quality = noised.clean, noised.noisy, None
        self.results, self.failures = {}, {}
        self.levels["noisy"] = noised.levels
        if noised.clean is None:
            self.levels.pop("clean", None)
        elif "clean" not in self.levels:
            self.levels["clean"] = levels_of(self.photo.pixels)
        if noised.estimate is not None:
            self.estimate = noised.estimate
            self.sigma = min(max(noised.estimate, MIN_SIGMA), MAX_SIGMA)
            self.settings_changed.emit()
            self._follow_sigma()
        self.noisy_changed.emit()
        self._denoise()

    def _measure_noisy(self) -> None:
        noisy, clean = self.noisy, self.clean
        if noisy is not None and clean is not None:
            self._networks.request(
                "measure",
                lambda: quality(noisy, clean),
                self._take_noisy_quality,
                self._telling("Cannot measure the noisy image"),
            )

    def _take_noisy_quality(self, found: Quality) -> None:
        self.noisy_quality = found
        self.noisy_measured.emit()

    # --- denoising ---------------------------------------------------------------------------------

    def _denoise(self, networks: bool = True) -> None:
        """Have everything denoised anew, or BM3D's part alone."""
        if self.noisy is None:
            return
        if networks:
            self._measure_noisy()
            self._start_networks(set(self.models))
        self.results.pop(BM3D, None)
        self._start_bm3d()
        self.work_changed.emit()

    def _start_networks(self, methods: set[str]) -> None:
        self._stop["networks"].set()
        stop = self._stop["networks"] = threading.Event()
        noisy, clean = cast(torch.Tensor, self.noisy), self.clean
        self.stopped = False
        for method, loaded in self.models.items():
            if method in methods:
                self.failures.pop(method, None)
                self.waiting.add(method)
                work = partial(
                    run_network, loaded.model, noisy, clean, self._reporter(stop, method), stop.is_set
                )
                self._request(self._networks, method, work, loaded.name)

    def _start_bm3d(self) -> None:
        self._stop[BM3D].set()
        stop = self._stop[BM3D] = threading.Event()
        self.failures.pop(BM3D, None)
        if not bm3d.available():
            return
        self.stopped = False
        self.waiting.add(BM3D)
        noisy, clean, sigma = cast(torch.Tensor, self.noisy), self.clean, self.sigma
        self._request(self._classical, BM3D, partial(run_bm3d, noisy, sigma, clean, stop.is_set), "BM3D")

    def _request(self, worker: Worker, method: str, work: partial[Result | None], name: str) -> None:
        worker.request(
            method, work, partial(self._take_result, method), partial(self._take_failure, method, name)
        )

    def _take_result(self, method: str, result: Result | None) -> None:
        if result is None:  # given up
            return
        self.waiting.discard(method)
        self.results[method] = result
        self.levels[method] = result.levels
        self.result_arrived.emit(method)
        self.work_changed.emit()

    def _take_failure(self, method: str, name: str, failure: Failure) -> None:
        self.waiting.discard(method)
        self.failures[method] = failure
        self.levels.pop(method, None)
        self.work_changed.emit()
        self._telling(f"{name} did not come to an end")(failure)

    def _cancel(self) -> None:
        """Nothing that is being denoised arrives any more."""
        for stop in self._stop.values():
            stop.set()
        for method in self.waiting:
            (self._classical if method == BM3D else self._networks).forget(method)
        self.waiting = set()

    def _reporter(self, stop: threading.Event, method: str) -> Report:
        """Called on the worker's thread."""
        return lambda done, total: self._progress.put((stop, method, done / total))

    def _tick(self) -> None:
        newest = {method: share for stop, method, share in self._progress.take() if not stop.is_set()}
        for method, share in newest.items():
            if method in self.waiting:
                self.progress_changed.emit(method, share)

    # --- denoisers ---------------------------------------------------------------------------------

    def _load_models(self, choice: ModelsChoice | None = None) -> None:
        wanted = self.choice if choice is None else choice
        self.models_known = True
        sigma = self.sigma
        self.context.loading.request(
            "denoise models",
            lambda: open_choice(wanted, sigma),
            partial(self._take_models, wanted),
            self._telling("Cannot open the denoisers"),
        )

    def _take_models(self, choice: ModelsChoice, opened: OpenedModels) -> None:
        gone = set(self.models)
        self.choice, self.models = choice, opened.models
        self.bundled_sigmas, self.bundled_sigma = opened.sigmas, opened.sigma
        for method in gone:
            self._networks.forget(method)
            self.waiting.discard(method)
            self.results.pop(method, None)
            self.failures.pop(method, None)
            if method not in opened.models:
                self.levels.pop(method, None)
        self.settings_changed.emit()
        self.models_changed.emit()
        if self.noisy is not None:
            self._start_networks(set(self.models))
            self.work_changed.emit()

    def _follow_sigma(self) -> None:
        """Bundled denoisers go along with σ where nobody has chosen one."""
        meant = self.choice.sigma_for(self.bundled_sigmas, self.sigma)
        if meant != self.bundled_sigma:
            self._load_models()
