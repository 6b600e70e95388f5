"""Which denoisers a desk has chosen, and those that are open: read on a thread, following σ where they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.labs.denoise.denoisers.methods import BundledKey
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice, OpenedDenoisers, open_choice
from jnn_studio.models.weights import LoadedDenoiser


class DeskDenoisers(QObject):
    """Nothing is read until `begin` or `use`. ``told_sigma`` says which σ denoisers are told now.

    Signals:
        changed: (methods) others are open; these were until now.
        failed: (title, Failure).

    Attributes:
        first: what `begin` opens.
        choice: what is open, as it was asked for.
        models: denoisers by method, in the methods' order.
        known: the choice has been looked up, even if there are none.
        bundled_keys: which denoisers ship.
        bundled_key: which of them the open ones are; None for others.
    """

    changed = Signal(object)
    failed = Signal(str, object)

    def __init__(self, context: AppContext, told_sigma: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._told_sigma = context, told_sigma
        self._telling = partial(context.telling, self.failed)
        self.first = self.choice = ModelsChoice()
        self.models: Mapping[str, LoadedDenoiser] = {}
        self.known = False
        self.bundled_keys: tuple[BundledKey, ...] = ()
        self.bundled_key: BundledKey | None = None
        self._begun = False

    def begin(self) -> None:
        """Open `first`, unless others were asked for."""
        if not self._begun:
            self.use(self.first)

    def use(self, choice: ModelsChoice) -> None:
        """Open these instead."""
        self._begun = True
        sigma = self._told_sigma()

        def refused(failure: Failure) -> None:
            self._telling("Cannot open the denoisers")(failure)
            if not self.known and choice.path is not None:
                self.use(ModelsChoice())

        self._context.loading.request(
            self,
            "denoise models",
            lambda _: open_choice(choice, sigma),
            partial(self._take, choice),
            refused,
        )

    def follow(self) -> None:
        """Bundled denoisers of one σ go along with it where nobody has chosen one."""
        if self.choice.meant(self.bundled_keys, self._told_sigma()) != self.bundled_key:
            self.use(self.choice if self.known else self.first)

    def _take(self, choice: ModelsChoice, opened: OpenedDenoisers) -> None:
        before = tuple(self.models)
        self.choice, self.models, self.known = choice, opened.models, True
        self.bundled_keys, self.bundled_key = opened.keys, opened.key
        self.changed.emit(before)
        self.follow()
