"""What the pages of Denoise share: the photograph, its noise, the denoisers, and what they made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from functools import partial
from pathlib import Path

import torch
from PySide6.QtCore import QObject, Signal, Slot

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.denoise.denoising import Denoising, DenoisingTask
from jnn_studio.app.workspaces.denoise.desk_denoisers import DeskDenoisers
from jnn_studio.base.text import printable
from jnn_studio.base.watch import Watch
from jnn_studio.data.levels import Levels, levels_of
from jnn_studio.data.photo import Photo, read_photo
from jnn_studio.labs.denoise.denoisers.methods import BM3D, BundledKey
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice
from jnn_studio.labs.denoise.denoisers.telling import range_of
from jnn_studio.labs.denoise.measuring.measures import Quality, quality
from jnn_studio.labs.denoise.noisy.noise_estimate import NoiseEstimate
from jnn_studio.labs.denoise.noisy.noise_model import GAUSSIAN, POISSON, NoiseModel
from jnn_studio.labs.denoise.photos.photo import (
    Noised,
    OpenedPhoto,
    Result,
    make_noisy,
    take_as_noisy,
)
from jnn_studio.labs.denoise.photos.sample import sample_photo
from jnn_studio.models.weights import LoadedDenoiser

MIN_SIGMA, MAX_SIGMA = 0.001, 4.0
MIN_PEAK, MAX_PEAK = 0.5, 100_000.0
MAX_SEED = 999_999


class PhotoDesk(QObject):
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
        settings_changed: `sigma`, what else there is of `noise`, `seed`, `already_noisy`, `strength` or
            `choice` have changed.
        failed: (title, Failure).

    Attributes:
        photo: what is open.
        clean: (3, h, w) in [-1, 1], of a grey photograph (1, h, w); None while it is taken as noisy already.
        noisy: as many channels in [-1, 1], not clipped; None until it is there.
        sigma: σ of the noise, for images in [-1, 1]; estimated or typed where `already_noisy`.
        estimate: what the noise was estimated as, where it was.
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
        self.sigma = self.chosen_sigma = 0.5
        self.noise_kind = GAUSSIAN
        self.peak = 8.0
        """Photons that white counts, where they are counted."""
        self.stabilised = True
        """Counted photons are stabilised before methods for Gaussian noise are asked."""
        self.seed = 0
        self.already_noisy = False
        self.estimate: NoiseEstimate | None = None
        self.opening = ""
        """The name of the photograph that is being read."""
        self.levels: dict[str, Levels] = {}
        self._photo_levels: Levels = ()
        self._photo_asked = False
        self._first_photo: Path | None = None
        self._chosen = DeskDenoisers(context, lambda: self.told_sigma, self)
        self._chosen.changed.connect(self._take_models)
        self._chosen.failed.connect(self.failed)
        self._denoising = Denoising(context, self)
        self._denoising.result_arrived.connect(self._take_result)
        self._denoising.work_changed.connect(self.work_changed)
        self._denoising.progress_changed.connect(self.progress_changed)
        self._denoising.failed.connect(self.failed)

    @property
    def results(self) -> Mapping[str, Result]:
        return self._denoising.results

    @property
    def strength(self) -> float:
        """How much of what methods make is in their results: from 0, the noisy image, to 1."""
        return self._denoising.strength

    @property
    def waiting(self) -> Set[str]:
        return self._denoising.waiting

    @property
    def failures(self) -> Mapping[str, Failure]:
        return self._denoising.failures

    @property
    def stopped(self) -> bool:
        return self._denoising.stopped

    @property
    def models(self) -> Mapping[str, LoadedDenoiser]:
        """Open denoisers by method, in the methods' order."""
        return self._chosen.models

    @property
    def models_known(self) -> bool:
        """The choice of denoisers has been looked up, even if there are none."""
        return self._chosen.known

    @property
    def choice(self) -> ModelsChoice:
        """Which denoisers are open, as they were asked for."""
        return self._chosen.choice

    @property
    def bundled_keys(self) -> tuple[BundledKey, ...]:
        """Which denoisers ship."""
        return self._chosen.bundled_keys

    @property
    def bundled_key(self) -> BundledKey | None:
        """Which of them the open ones are; None for others."""
        return self._chosen.bundled_key

    # --- what is open ------------------------------------------------------------------------------

    @property
    def noise(self) -> NoiseModel:
        """The noise that is added, or that the photograph is taken to have."""
        counted = None if self.noise_kind == GAUSSIAN else self.peak
        cut = counted is None and self.estimate is not None and self.estimate.cut
        return NoiseModel(0.0 if self.noise_kind == POISSON else self.sigma, counted, cut)

    @property
    def told_sigma(self) -> float:
        """σ that methods for Gaussian noise are told."""
        return self.noise.told(self.stabilised)

    def begin(self) -> None:
        """Open what `begin_with` says, or the sample and bundled denoisers, unless others were asked for."""
        self._chosen.begin()
        if not self._photo_asked and self._first_photo is not None:
            self.open_photo(self._first_photo)
        elif not self._photo_asked:
            self.open_sample()

    def begin_with(self, photo: Path | None, models: ModelsChoice | None = None) -> None:
        """What is to be open first; nothing is read yet."""
        self._first_photo = photo
        self._chosen.first = models or ModelsChoice()

    @Slot(object)
    def open_photo(self, path: Path) -> None:
        """Show a file's picture instead."""
        self._open(lambda: read_photo(path), path, printable(path.name))

    def not_opened(self, failure: Failure) -> None:
        """A picture that was handed over cannot be used."""
        self._telling("Cannot open the photograph")(failure)

    def open_sample(self) -> None:
        """Show the picture that needs no file."""
        self._open(sample_photo, None, "the sample")

    @Slot(object)
    def open_models(self, path: Path) -> None:
        """Use the denoisers of a weights file, or of a folder such as a run."""
        self._chosen.use(ModelsChoice(path=path))

    def use_bundled(self, choice: ModelsChoice) -> None:
        """Use denoisers that ship."""
        self._chosen.use(choice)

    # --- the noise ---------------------------------------------------------------------------------

    @Slot(float)
    def set_sigma(self, sigma: float) -> None:
        """σ of the noise that is added; where the photograph is noisy already, what methods take it to be."""
        sigma = min(max(float(sigma), MIN_SIGMA), MAX_SIGMA)
        if sigma == self.sigma:
            return
        self.sigma = sigma
        if not self.already_noisy:
            self.chosen_sigma = sigma
        self.settings_changed.emit()
        self._chosen.follow()
        if not self.already_noisy:
            self._ask_noisy()
        elif self.noise_kind == GAUSSIAN and (task := self._task) is not None:
            telling = {m: loaded for m, loaded in self.models.items() if range_of(loaded) is not None}
            if telling:
                self._denoising.start_networks(task, telling)
            self._denoising.start_bm3d(task)
        else:
            self._start_all()

    def set_noise_kind(self, kind: str) -> None:
        """`GAUSSIAN`, `POISSON` or `BOTH`, as the lab has them."""
        if kind != self.noise_kind:
            self.noise_kind = kind
            self._noise_changed()

    @Slot(float)
    def set_peak(self, peak: float) -> None:
        """How many photons white counts."""
        peak = min(max(float(peak), MIN_PEAK), MAX_PEAK)
        if peak != self.peak:
            self.peak = peak
            if self.noise_kind != GAUSSIAN:
                self._noise_changed()

    @Slot(bool)
    def set_stabilised(self, stabilised: bool) -> None:
        """Whether counted photons are stabilised first."""
        if stabilised != self.stabilised:
            self.stabilised = stabilised
            self.settings_changed.emit()
            self._chosen.follow()
            if self.noise_kind != GAUSSIAN:
                self._start_all()

    def _noise_changed(self) -> None:
        self.settings_changed.emit()
        self._chosen.follow()
        if not self.already_noisy:
            self._ask_noisy()
        else:
            self._start_all()

    @Slot(int)
    def set_seed(self, seed: int) -> None:
        """Which noise is drawn."""
        seed = min(max(int(seed), 0), MAX_SEED)
        if seed != self.seed:
            self.seed = seed
            self.settings_changed.emit()
            if not self.already_noisy:
                self._ask_noisy()

    @Slot(bool)
    def set_already_noisy(self, already: bool) -> None:
        """Whether the photograph itself is what is to be denoised; its σ is then estimated."""
        if already != self.already_noisy:
            self.already_noisy = already
            self.estimate = None
            self.sigma = self.chosen_sigma
            self.settings_changed.emit()
            self._chosen.follow()
            self._ask_noisy()

    @Slot(float)
    def set_strength(self, strength: float) -> None:
        """How much of what methods make is shown; they need not work again for it."""
        strength = min(max(float(strength), 0.0), 1.0)
        if strength != self.strength:
            self._denoising.set_strength(strength)
            self.settings_changed.emit()

    # --- arriving ----------------------------------------------------------------------------------

    def _open(self, read: Callable[[], Photo], path: Path | None, name: str) -> None:
        self._photo_asked = True
        self._chosen.begin()

        def work(_: Watch) -> OpenedPhoto:
            photo = read()
            return OpenedPhoto(photo, levels_of(photo.pixels))

        def refused(failure: Failure) -> None:
            self._set_opening("")
            self._telling("Cannot open the photograph")(failure)
            if self.photo is None and path is not None:
                self.open_sample()

        self._set_opening(name)
        self.context.loading.request(self, "denoise photo", work, partial(self._take, path), refused)

    def _set_opening(self, name: str) -> None:
        self.opening = name
        self.work_changed.emit()

    def _take(self, path: Path | None, opened: OpenedPhoto) -> None:
        self._denoising.forget_all()
        self.photo, self.path, self._photo_levels = opened.photo, path, opened.levels
        self.clean = self.noisy = self.noisy_quality = self.estimate = None
        self.levels = {"noisy" if self.already_noisy else "clean": opened.levels}
        self._set_opening("")
        self.photo_changed.emit()
        self._ask_noisy()

    def _ask_noisy(self) -> None:
        photo = self.photo
        if photo is None:
            return
        self._denoising.forget_all()
        self._denoising.worker.forget("measure")
        if self.already_noisy:
            make = partial(take_as_noisy, photo, self._photo_levels)
        else:
            make = partial(make_noisy, photo, self.clean, self.noise, self.seed)
        self._denoising.worker.request(
            self, "noisy", lambda _: make(), self._take_noisy, self._telling("Cannot make the noisy image")
        )

    def _take_noisy(self, noised: Noised) -> None:
        if self.photo is None:
            return
        self.clean, self.noisy, self.noisy_quality = noised.clean, noised.noisy, None
        self.levels["noisy"] = noised.levels
        self.levels.pop("clean", None)
        if noised.clean is not None:
            self.levels["clean"] = self._photo_levels
        if noised.estimate is not None and self.noise_kind == GAUSSIAN:
            self.estimate = noised.estimate
            self.sigma = min(max(noised.estimate.sigma, MIN_SIGMA), MAX_SIGMA)
            self.settings_changed.emit()
            self._chosen.follow()
        self.noisy_changed.emit()
        self._measure_noisy()
        self._start_all()

    def _measure_noisy(self) -> None:
        noisy, clean = self.noisy, self.clean
        if noisy is not None and clean is not None:
            self._denoising.worker.request(
                self,
                "measure",
                lambda _: quality(noisy, clean),
                self._take_noisy_quality,
                self._telling("Cannot measure the noisy image"),
            )

    def _take_noisy_quality(self, found: Quality) -> None:
        self.noisy_quality = found
        self.noisy_measured.emit()

    # --- denoising ---------------------------------------------------------------------------------

    @property
    def _task(self) -> DenoisingTask | None:
        if self.noisy is None or self.photo is None:
            return None
        return DenoisingTask(
            self.noisy, self.clean, self.noise, self.stabilised, exact=self.photo.depth == 16
        )

    def stop(self) -> None:
        """Give up what is being denoised; results that are there stay."""
        self._denoising.stop()

    def go_on(self) -> None:
        """Make the results that are missing."""
        task = self._task
        if task is not None:
            missing = {m: loaded for m, loaded in self.models.items() if m not in self.results}
            self._denoising.start_networks(task, missing)
            if BM3D not in self.results:
                self._denoising.start_bm3d(task)

    def _start_all(self) -> None:
        task = self._task
        if task is not None:
            self._denoising.start_networks(task, self.models)
            self._denoising.start_bm3d(task)

    def _take_result(self, method: str) -> None:
        self.levels[method] = self.results[method].levels
        self.result_arrived.emit(method)

    # --- denoisers ---------------------------------------------------------------------------------

    def _take_models(self, before: tuple[str, ...]) -> None:
        for method in before:
            self._denoising.forget(method)
            if method not in self.models:
                self.levels.pop(method, None)
        self.settings_changed.emit()
        self.models_changed.emit()
        task = self._task
        if task is not None:
            self._denoising.start_networks(task, self.models)
