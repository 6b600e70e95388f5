"""Ask where to save, without blocking; say so if it could not be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_where_to_save(
    parent: QWidget, what: str, name: str, kind: str, suffix: str, write: Callable[[Path], None]
) -> QFileDialog:
    """Open a save dialog over `parent`; call `write` with the path chosen, and show any OSError it raises.

    `what` completes "Save …", `name` is the name proposed, `kind` describes files ending in `suffix`.
    """
    dialog = QFileDialog(parent, f"Save {what}", f"{name}.{suffix}", f"{kind} (*.{suffix})")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)

    def save(path: str) -> None:
        try:
            write(Path(path))
        except OSError as error:
            _explain(parent, what, Path(path), error)

    dialog.fileSelected.connect(save)
    dialog.open()
    return dialog


def file_name(title: str) -> str:
    """A title as a file's name."""
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split()) or "untitled"


def _explain(parent: QWidget, what: str, path: Path, error: OSError) -> None:
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        f"Could not save {what}",
        f"Nothing was saved to {path}: {error.strerror or error}.",
        QMessageBox.StandardButton.Ok,
        parent,
    )
    box.setInformativeText("Choose another folder, or check its permissions and the space left on the disk.")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
