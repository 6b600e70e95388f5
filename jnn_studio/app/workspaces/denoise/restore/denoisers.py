"""The denoisers that Restore goes by: those of the desk, or bundled ones for the noise of its own problem."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.labs.denoise.denoisers.methods import BundledKey, bundled_denoisers
from jnn_studio.models.weights import LoadedDenoiser


class RestoreDenoisers(QObject):
    """Where the desk takes the bundled denoisers of the σ nearest to its photograph's noise, these take those
    nearest to the noise of the problem. Those for any σ, and those somebody has chosen,
    are the same.

    Signals:
        changed: `models` or `known` have changed.
        failed: (title, Failure).

    Attributes:
        models: denoisers by method, in the methods' order.
        known: it has been looked up which there are, even if there are none.
    """

    changed = Signal()
    failed = Signal(str, object)

    def __init__(self, context: AppContext, desk: PhotoDesk, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._desk = context, desk
        self._telling = partial(context.telling, self.failed)
        self.models: Mapping[str, LoadedDenoiser] = desk.models
        self.known = desk.models_known
        self._asked: BundledKey | None = None
        """Which of the bundled ones were asked for last; None while they are the desk's."""

    def follow(self, noise: float) -> None:
        """Go by what the desk has chosen, for a problem with noise of this σ."""
        desk = self._desk
        meant = desk.choice.meant(desk.bundled_keys, noise)
        if meant is None or meant == desk.bundled_key:
            self._asked = None
            self._context.loading.forget(self._key)
            if self.models is not desk.models or self.known != desk.models_known:
                self._take(desk.models_known, desk.models)
        elif meant != self._asked:
            self._asked = meant
            self._context.loading.request(
                self,
                self._key,
                lambda _: bundled_denoisers(meant),
                partial(self._take, True),
                self._telling("Cannot open the denoisers"),
            )

    _key = "denoise.restore.models"

    def _take(self, known: bool, models: Mapping[str, LoadedDenoiser]) -> None:
        self.models, self.known = models, known
        self.changed.emit()
