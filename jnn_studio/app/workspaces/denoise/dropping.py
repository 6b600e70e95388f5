"""Photographs, pictures and weights that another program hands to Denoise: dropped on a page, or pasted."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QWidget

from jnn_studio.app.arriving import REMOTE, arrival_of, glance_at, keep_arrival
from jnn_studio.app.dropped_runs import with_runs
from jnn_studio.app.widgets.drop_zone import DropOffer, DropZone
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.base.endings import ending_of
from jnn_studio.base.text import printable
from jnn_studio.data.image_formats import EXTENSIONS
from jnn_studio.models.weights import SUFFIXES

NOTHING_OPENED = "Nothing was opened"


def let_drop(page: QWidget, desk: PhotoDesk, message: MessageBar) -> None:
    """Have a page open what is dropped anywhere on it: a photograph, or weights: a file or folder."""
    taking = with_runs(desk.context, _offer, partial(take, desk, message))
    DropZone(page, *taking, partial(message.show_info, NOTHING_OPENED))


def take(desk: PhotoDesk, message: MessageBar, mime: QMimeData) -> None:
    """Open it; a picture without a file is kept as one first. Nothing is fetched from the net."""
    arrival = arrival_of(mime)
    if arrival.path is not None:
        if ending_of(arrival.path) in SUFFIXES or arrival.path.is_dir():
            desk.open_models(arrival.path)
        else:
            desk.open_photo(arrival.path)
    elif arrival.is_picture:
        keep_arrival(desk.context, desk, arrival, desk.open_photo, desk.not_opened)
    else:
        message.show_info(NOTHING_OPENED, arrival.refusal)


def _offer(mime: QMimeData) -> DropOffer:
    seen = glance_at(mime)
    if seen.path is None:
        return DropOffer("Denoise this picture") if seen.is_picture else DropOffer(REMOTE, good=False)
    if ending_of(seen.path) in SUFFIXES or seen.path.is_dir():
        return DropOffer("Use these denoisers")
    if ending_of(seen.path) in ("", *EXTENSIONS):
        return DropOffer("Denoise this photograph")
    return DropOffer(f"“{printable(seen.path.name)}” is no photograph and holds no weights", good=False)
