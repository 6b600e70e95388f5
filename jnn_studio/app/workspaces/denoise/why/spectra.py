"""Having the denoisers' Jacobians looked at on a thread of their own, and giving up what is out of date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal
from torch import Tensor

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.denoise.entries import method_label
from jnn_studio.app.workspaces.denoise.method_colors import method_color
from jnn_studio.app.workspaces.denoise.why.vector_strips import Strip, strip_of
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.labs.denoise.denoisers.telling import range_of, told
from jnn_studio.labs.denoise.spectra.spectrum import Crop, CropSpectrum, denoiser_spectrum
from jnn_studio.models.weights import LoadedDenoiser

COUNT = 256
"""Singular values that are looked for, where a crop has so many: at 32 × 32 pixels the penalised denoiser's
fall below the supervised one's after the first hundred or two."""
VECTORS = 24
"""Pairs of singular vectors that are made into pictures."""
TOLERANCE = 1e-2
"""Largest residual relative to σ₁ at which a search ends: less than a curve's width."""


@dataclass(frozen=True, eq=False)
class SpectrumQuestion:
    """The Jacobian of which denoiser, at which crop of which noisy image (3, h, w), with noise of which σ."""

    loaded: LoadedDenoiser
    noisy: Tensor
    crop: Crop
    sigma: float

    def same_as(self, other: SpectrumQuestion | None) -> bool:
        """Whether the answer would be the same: images are compared by identity, which is instant."""
        return (
            other is not None
            and self.loaded is other.loaded
            and self.noisy is other.noisy
            and self.crop == other.crop
            and (self.sigma == other.sigma or range_of(self.loaded) is None)
        )


@dataclass(frozen=True)
class Answer:
    """A spectrum, and its first vectors as pictures."""

    question: SpectrumQuestion
    spectrum: CropSpectrum
    strip: Strip


def answer(method: str, question: SpectrumQuestion, watch: Watch) -> Answer:
    """The leading singular triplets. A network for grey sees the green channel.

    Raises:
        Cancelled: ``watch``, which hears of portions of the work, said so.
    """
    model = told(question.loaded, question.sigma).model
    image = question.noisy[1:2] if model.config.channels == 1 else question.noisy
    spectrum = denoiser_spectrum(
        model,
        image,
        question.crop,
        min(COUNT, model.config.channels * question.crop.side**2),
        tolerance=TOLERANCE,
        watch=watch,
    )
    role, _ = method_color(method)
    return Answer(question, spectrum, strip_of(method_label(method), role, spectrum, VECTORS))


class Spectra(QObject):
    """One method after the other; each answer is there as soon as it is found.

    Signals:
        arrived: (method) its answer is there.
        work_changed: `waiting`, `portions` or `failures` have changed.
        failed: (title, Failure).

    Attributes:
        answers: the newest of each method; it may be of an older question while the method is waiting.
        waiting: the questions under way, by method, in their order.
        portions: (portions of work done, at most) of those that have begun.
        failures: questions that could not be answered.
    """

    arrived = Signal(str)
    work_changed = Signal()
    failed = Signal(str, object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._telling = partial(context.telling, self.failed)
        self.answers: dict[str, Answer] = {}
        self.waiting: dict[str, SpectrumQuestion] = {}
        self.portions: dict[str, tuple[int, int]] = {}
        self.failures: dict[str, SpectrumQuestion] = {}
        self._worker = context.new_worker("denoiser spectra")

    def want(self, questions: Mapping[str, SpectrumQuestion]) -> None:
        """Answer these, by method, and nothing else; those that are answered or under way stay so."""
        for method in tuple(self.waiting):
            if method not in questions or not questions[method].same_as(self.waiting[method]):
                self._give_up(method)
        for method, question in questions.items():
            known = self.answers.get(method)
            answered = known is not None and question.same_as(known.question)
            hopeless = question.same_as(self.failures.get(method))
            if not (answered or hopeless or method in self.waiting):
                self._ask(method, question)
        self.work_changed.emit()

    def forget(self, method: str) -> None:
        """Drop a method's answer."""
        self._give_up(method)
        self.answers.pop(method, None)
        self.failures.pop(method, None)

    def stop(self) -> None:
        """Give up what is under way; answers that are there stay."""
        self.want({})

    # --- inside ----------------------------------------------------------------------------------------

    def _ask(self, method: str, question: SpectrumQuestion) -> None:
        self.failures.pop(method, None)
        self.waiting[method] = question
        self._worker.request(
            self,
            method,
            partial(answer, method, question),
            partial(self._take, method),
            partial(self._fail, method, question),
            progressed=partial(self._progressed, method),
        )

    def _give_up(self, method: str) -> None:
        if self.waiting.pop(method, None) is not None:
            self._worker.forget(method)
        self.portions.pop(method, None)

    def _progressed(self, method: str, progress: Progress) -> None:
        self.portions[method] = (progress.done, progress.total)
        self.work_changed.emit()

    def _take(self, method: str, found: Answer) -> None:
        self._done(method)
        self.answers[method] = found
        self.arrived.emit(method)
        self.work_changed.emit()

    def _fail(self, method: str, question: SpectrumQuestion, failure: Failure) -> None:
        self._done(method)
        self.answers.pop(method, None)
        self.failures[method] = question
        self.work_changed.emit()
        self._telling(f"No singular values of “{question.loaded.name}”")(failure)

    def _done(self, method: str) -> None:
        self.waiting.pop(method, None)
        self.portions.pop(method, None)
