"""Asking for files and folders without stopping anything: every dialog tells when it is answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from jnn_studio.data.listing import EXTENSIONS

WEIGHTS = "Weights (*.safetensors)"
ARCHIVES = "Archives (*.zip)"
IMAGES = f"Images ({' '.join(f'*{extension}' for extension in sorted(EXTENSIONS))})"
PICTURES = "PNG pictures (*.png)"
TABLES = "Attribute tables (*.csv *.tsv *.txt)"
SESSIONS = "Sessions (*.jnnsession)"
DIRECTIONS = "Directions (*.json)"


def ask_file(
    parent: QWidget, title: str, filter_text: str, chosen: Callable[[Path], object], start: Path | None = None
) -> None:
    """An existing file."""
    _ask(parent, title, QFileDialog.FileMode.ExistingFile, filter_text, chosen, start)


def ask_folder(
    parent: QWidget, title: str, chosen: Callable[[Path], object], start: Path | None = None
) -> None:
    """An existing folder."""
    _ask(parent, title, QFileDialog.FileMode.Directory, "", chosen, start)


def ask_new_file(
    parent: QWidget,
    title: str,
    filter_text: str,
    suffix: str,
    chosen: Callable[[Path], object],
    name: str = "",
) -> None:
    """Where to write; ``name`` is proposed."""
    dialog = _dialog(parent, title, QFileDialog.FileMode.AnyFile, filter_text)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(name)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.open()


def _ask(
    parent: QWidget,
    title: str,
    mode: QFileDialog.FileMode,
    filter_text: str,
    chosen: Callable[[Path], object],
    start: Path | None,
) -> None:
    dialog = _dialog(parent, title, mode, filter_text)
    if start is not None:
        dialog.setDirectory(str(start))
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.open()


def _dialog(parent: QWidget, title: str, mode: QFileDialog.FileMode, filter_text: str) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(mode)
    if filter_text:
        dialog.setNameFilter(filter_text)
    return dialog
