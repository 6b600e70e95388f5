"""Denoise's photograph and a hand to work it with; networks are tiny, their files are real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.denoise.batch_page import BatchPage
from jnn_studio.app.workspaces.denoise.evaluate.page import EvaluatePage
from jnn_studio.app.workspaces.denoise.folder.page import FolderPage
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.methods import PENALISED, SUPERVISED

from .photos import save_denoiser, write_photo

B = TypeVar("B", FolderPage, EvaluatePage)


@pytest.fixture
def context(qtbot: QtBot, settings: QSettings) -> Iterator[AppContext]:
    made = AppContext(settings)
    yield made
    made.close()


@pytest.fixture
def without_bm3d(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where it is not installed."""
    monkeypatch.setattr(bm3d, "available", lambda: False)


@pytest.fixture
def desk(context: AppContext, without_bm3d: None) -> PhotoDesk:
    return PhotoDesk(context)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder with two denoisers, trained for σ = 0.5 as their files say."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for seed, method in enumerate((SUPERVISED, PENALISED)):
        save_denoiser(folder / f"{method}.safetensors", method, seed, 0.5)
    return folder


@pytest.fixture
def show_batch(
    qtbot: QtBot, context: AppContext, desk: PhotoDesk, weights: Path
) -> Iterator[Callable[[type[B]], B]]:
    """Makes one of the pages about folders, in view, with both denoisers open."""
    shown: list[BatchPage] = []

    def show(kind: type[B]) -> B:
        page = kind(context, desk)
        page.resize(1208, 740)
        page.show()
        desk.open_models(weights)
        qtbot.waitUntil(lambda: len(desk.models) == 2)
        shown.append(page)
        return page

    yield show
    for page in shown:
        page.hide()
        page.deleteLater()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """57 × 43 pixels in bright colours."""
    return write_photo(tmp_path / "photo.png", 57, 43)
