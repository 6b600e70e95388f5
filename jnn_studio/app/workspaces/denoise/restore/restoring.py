"""Having a photograph spoilt and restored on a thread of its own, step by step to look at."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.mailbox import Slot
from jnn_studio.app.engine.worker import Failure
from jnn_studio.base.watch import Watch
from jnn_studio.data.levels import Levels, levels_of
from jnn_studio.data.photo import Photo
from jnn_studio.labs.denoise.noisy.noise import to_pixels, to_signed
from jnn_studio.labs.denoise.restoring.priors import DenoiserPrior, prior_of
from jnn_studio.labs.denoise.restoring.restoration import (
    DegradationConfig,
    DegradedPhoto,
    Pair,
    PriorConfig,
    pose,
    restore_both,
    seen_psnr,
)
from jnn_studio.labs.denoise.spectra.spectrum import Crop
from jnn_studio.models.weights import LoadedDenoiser


@dataclass(frozen=True)
class DegradationQuestion:
    """Which part of which photograph is spoilt, and how; photographs are compared by identity."""

    photo: Photo
    crop: Crop
    config: DegradationConfig


@dataclass(frozen=True, eq=False)
class Posed:
    """A problem and its pictures; ``psnr``: of what is seen, the plain PSNR in dB."""

    question: DegradationQuestion
    problem: DegradedPhoto
    clean: Levels
    seen: Levels
    psnr: float


@dataclass(frozen=True)
class Prior:
    """A denoiser by its method, how it is asked, which says of which σ, and how it is used."""

    method: str
    loaded: LoadedDenoiser
    asked: DenoiserPrior
    config: PriorConfig


@dataclass(frozen=True, eq=False)
class Standing:
    """Where both restorations stand, as a whole.

    Attributes:
        prior: what the learnt one goes by.
        step: steps done; 0 for the first guess.
        learnt, control: the pictures.
        learnt_psnr, control_psnr: plain PSNR in dB, of every step from the first guess on.
        learnt_change, control_change: root mean square of what each step changed.
        sigmas: σ that the denoiser was asked about at every step; NaN for the first guess.
        lipschitz: the largest singular value of the denoiser's Jacobian at every step, where it was asked
            and for the σ it was asked about, NaN for the first guess; empty where nobody wants it.
        seconds: since the start.
    """

    prior: Prior
    step: int
    learnt: Levels
    control: Levels
    learnt_psnr: tuple[float, ...]
    control_psnr: tuple[float, ...]
    learnt_change: tuple[float, ...]
    control_change: tuple[float, ...]
    sigmas: tuple[float, ...]
    lipschitz: tuple[float, ...]
    seconds: float


class Restoring(QObject):
    """One problem at a time; what is out of date is given up within a fraction of a step.

    Signals:
        changed: any of the attributes.
        failed: (title, Failure).

    Attributes:
        posed: the problem that was asked for last, once it is there.
        refusal: why there is no such problem.
        snapshot: the newest step of the last restoration of it; None before.
        running: a restoration is under way.
    """

    changed = Signal()
    failed = Signal(str, object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._telling = partial(context.telling, self.failed)
        self.posed: Posed | None = None
        self.refusal = ""
        self.snapshot: Standing | None = None
        self.running = False
        self._question: DegradationQuestion | None = None
        self._newest: Slot[Standing] = Slot()
        """What the last restoration leaves: another one has another."""
        self._worker = context.new_worker("restore")
        context.ticked.connect(self._tick)

    def want(self, question: DegradationQuestion | None) -> None:
        """Pose this problem, unless it is the one there is; a restoration of another one is given up."""
        if question == self._question:
            return
        self.stop()
        self._question, self.posed, self.snapshot, self.refusal = question, None, None, ""
        self._worker.forget("pose")
        if question is not None:
            self._worker.request(self, "pose", lambda _: _posed(question), self._take_posed, self._refuse)
        self.changed.emit()

    def start(self, prior: Prior) -> None:
        """Restore what is seen, from its first guess."""
        if self.posed is None:
            return
        self.stop()
        self.running, self.snapshot = True, None
        self._newest = Slot()
        work = partial(_restored, self.posed.problem, prior, self._newest)
        self._worker.request(self, "restore", work, self._take_last, self._fail)
        self.changed.emit()

    def stop(self) -> None:
        """Give up what is under way; the newest step stays."""
        if self.running:
            self._worker.forget("restore")
            self._newest = Slot()
            self.running = False
            self.changed.emit()

    # --- inside ----------------------------------------------------------------------------------------

    def _take_posed(self, posed: Posed) -> None:
        self.posed = posed
        self.changed.emit()

    def _refuse(self, failure: Failure) -> None:
        self.refusal = failure.text
        self.changed.emit()

    def _take_last(self, last: Standing) -> None:
        self._newest.take()
        self.running, self.snapshot = False, last
        self.changed.emit()

    def _fail(self, failure: Failure) -> None:
        self.running = False
        self.changed.emit()
        self._telling("The picture could not be restored")(failure)

    def _tick(self) -> None:
        found = self._newest.take()
        if found is not None:
            self.snapshot = found
            self.changed.emit()


def _posed(question: DegradationQuestion) -> Posed:
    crop = question.crop
    pixels = question.photo.channels[crop.top : crop.top + crop.side, crop.left : crop.left + crop.side]
    problem = pose(to_signed(pixels), question.config)
    clean, seen = (levels_of(to_pixels(image)) for image in (problem.clean, problem.shown))
    return Posed(question, problem, clean, seen, seen_psnr(problem))


def _restored(problem: DegradedPhoto, prior: Prior, newest: Slot[Standing], watch: Watch) -> Standing:
    """Leaves every step in ``newest``; the last one. Raises `Cancelled` once ``watch`` says so."""
    began = time.perf_counter()
    asked = prior_of(prior.loaded, watch)
    assert asked is not None  # the page offers nothing else
    pairs: list[Pair] = []
    lipschitz: list[float] = []
    for pair in restore_both(problem, asked, prior.config, watch):
        if prior.config.lipschitz == "yes":
            lipschitz.append(asked.lipschitz(pair.learnt, watch))
        pairs.append(pair.without_images)
        found = _snapshot(prior, pair, pairs, lipschitz, time.perf_counter() - began)
        newest.put(found)
    return found


def _snapshot(
    prior: Prior, pair: Pair, pairs: list[Pair], lipschitz: list[float], seconds: float
) -> Standing:
    learnt_picture, control_picture = (
        levels_of(to_pixels(found.image)) for found in (pair.learnt, pair.control)
    )
    learnt, control = zip(*(found.psnr for found in pairs), strict=True)
    return Standing(
        prior,
        pair.learnt.step,
        learnt_picture,
        control_picture,
        learnt,
        control,
        tuple(found.learnt.change for found in pairs),
        tuple(found.control.change for found in pairs),
        tuple(found.learnt.sigma for found in pairs),
        tuple(lipschitz),
        seconds,
    )
