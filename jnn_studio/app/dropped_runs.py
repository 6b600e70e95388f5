"""A run handed over by a file of its folder: it is shown on Runs, wherever it is dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData

from jnn_studio.app.arriving import glance_at
from jnn_studio.app.context import AppContext
from jnn_studio.app.widgets.drop_zone import DropOffer
from jnn_studio.training.folder.named_run import run_named_by

Offer = Callable[[QMimeData], DropOffer]
Take = Callable[[QMimeData], object]


def with_runs(context: AppContext, offer: Offer, take: Take) -> tuple[Offer, Take]:
    """What a page offers and takes, and beside it runs."""

    def offer_run(mime: QMimeData) -> DropOffer:
        return offer(mime) if _run(mime) is None else DropOffer("Show this run on the page Runs")

    def take_run(mime: QMimeData) -> None:
        run = _run(mime)
        if run is None:
            take(mime)
        else:
            context.run_requested.emit(run)

    return offer_run, take_run


def _run(mime: QMimeData) -> Path | None:
    path = glance_at(mime).path
    return None if path is None else run_named_by(path)
