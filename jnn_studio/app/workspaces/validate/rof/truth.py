"""The right solution of a problem that is being typed, found away from the main thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QObject, SignalInstance

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.validate.rof.settings import PAGE
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.measures import Measures

Show = Callable[[RofConfig, Mapping[str, np.ndarray]], None]


class Truth:
    """Finds the newest problem's solution and hands it to ``show``; emits ``failed`` if there is none.

    ``owner``: what it is shown in.
    """

    def __init__(self, owner: QObject, context: AppContext, show: Show, failed: SignalInstance) -> None:
        self._owner, self._context, self._show, self._failed = owner, context, show, failed
        self._of: RofConfig | None = None

    def find(self, config: RofConfig) -> bool:
        """Have it found, unless it is the one that was asked for last; whether it is still to come."""
        known = self._of
        if known is not None and (known.problem, known.measuring) == (config.problem, config.measuring):
            return False
        self._of = config

        def show(truth: Mapping[str, np.ndarray]) -> None:
            self._show(config, truth)

        self._context.loading.request(
            self._owner,
            f"{PAGE}.truth",
            lambda watch: Measures(config, "cpu", watch).truth(),
            show,
            self._not_found,
        )
        return True

    def forget(self) -> None:
        """Nobody wants it any more."""
        self._of = None
        self._context.loading.forget(f"{PAGE}.truth")

    def _not_found(self, failure: Failure) -> None:
        self._failed.emit("The right solution was not found", failure.text, failure.details)
