"""Tiny denoisers and small photographs in real files, and waiting for what becomes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.models.conditioned_denoiser import build as build_conditioned
from jnn_studio.models.config import ConditionedDenoiserConfig, DenoiserConfig
from jnn_studio.models.denoiser import build
from jnn_studio.models.weights import save_model

TINY = DenoiserConfig(widths=(2, 3, 4, 4))


def save_denoiser(path: Path, method: str, seed: int, sigma: float, config: DenoiserConfig = TINY) -> None:
    save_model(path, build(config, seed), method, {"method": method, "sigma": str(sigma)})


def save_any_sigma(path: Path, method: str, seed: int = 0) -> None:
    """One that is told σ, from 0.02 to 2."""
    model = build_conditioned(ConditionedDenoiserConfig(widths=(4,)), seed)
    save_model(path, model, method, {"method": method, "sigmas": "0.02 to 2.0"})


def write_photo(path: Path, width: int, height: int, seed: int = 0) -> Path:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(path)
    return path


def wait_for_noisy(qtbot: QtBot, desk: PhotoDesk, path: Path | None) -> None:
    qtbot.waitUntil(
        lambda: desk.photo is not None and desk.path == path and desk.noisy is not None,
        timeout=10_000,
    )


def wait_for_results(qtbot: QtBot, desk: PhotoDesk) -> None:
    """Everything there is to have of the noisy image has arrived."""
    qtbot.waitUntil(
        lambda: (
            desk.noisy is not None
            and desk.models_known
            and not desk.waiting
            and set(desk.results) >= set(desk.models)
            and (desk.clean is None or desk.noisy_quality is not None)
        ),
        timeout=20_000,
    )


def open_all(qtbot: QtBot, desk: PhotoDesk, photo: Path, weights: Path) -> None:
    desk.open_models(weights)
    desk.open_photo(photo)
    qtbot.waitUntil(lambda: len(desk.models) == 2)
    wait_for_noisy(qtbot, desk, photo)
    wait_for_results(qtbot, desk)


def drop(page: QWidget, path: Path) -> None:
    """As from a file manager."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    at = page.rect().center()
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(at, *how)
    QApplication.sendEvent(page, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(page, QDropEvent(QPointF(at), *how))
