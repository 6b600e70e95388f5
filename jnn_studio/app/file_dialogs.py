"""Asking for files and folders without stopping anything: every dialog tells when it is answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.data.image_formats import EXTENSIONS, WRITTEN

WEIGHTS = "Weights (*.safetensors)"
ARCHIVES = "Archives (*.zip)"
IMAGES = f"Images ({' '.join(f'*{extension}' for extension in EXTENSIONS)})"
PICTURES = f"Pictures ({' '.join(f'*{ending}' for written in WRITTEN for ending in written.endings)})"
TABLES = "Attribute tables (*.csv *.tsv *.tab *.txt)"
SESSIONS = "Sessions (*.jnnsession)"
DIRECTIONS = "Directions (*.json)"

_Chosen = Callable[[Path], object]


def ask_file(
    parent: QWidget, title: str, filter_text: str, chosen: _Chosen, start: Path | None = None
) -> None:
    """An existing file; the dialog begins in the folder ``start``."""
    _ask(parent, title, QFileDialog.FileMode.ExistingFile, chosen, filter_text, start).open()


def ask_folder(
    parent: QWidget, title: str, chosen: _Chosen, start: Path | None = None, object_name: str = ""
) -> None:
    """An existing folder; ``object_name``: of the dialog."""
    dialog = _ask(parent, title, QFileDialog.FileMode.Directory, chosen, start=start)
    dialog.setObjectName(object_name)
    dialog.open()


def ask_new_file(
    parent: QWidget, title: str, filter_text: str, suffix: str, chosen: _Chosen, name: str = ""
) -> None:
    """Where to write; ``name`` is proposed, ``suffix`` added to a name without one."""
    dialog = _ask(parent, title, QFileDialog.FileMode.AnyFile, chosen, filter_text)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(name)
    dialog.open()


def ask_where_to_save(
    parent: QWidget, what: str, name: str, kind: str, suffix: str, write: Callable[[Path], None]
) -> None:
    """Have `write` called with the path chosen, and show any OSError it raises.

    `what` completes "Save …", `name` is the name proposed, `kind` describes files ending in `suffix`.
    """

    def save(path: Path) -> None:
        try:
            write(path)
        except OSError as error:
            _explain(parent, what, path, error)

    ask_new_file(parent, f"Save {what}", f"{kind} (*.{suffix})", suffix, save, f"{name}.{suffix}")


def file_name(title: str) -> str:
    """A title as a file's name."""
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split()) or "untitled"


def _ask(
    parent: QWidget,
    title: str,
    mode: QFileDialog.FileMode,
    chosen: _Chosen,
    filter_text: str = "",
    start: Path | None = None,
) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(mode)
    if filter_text:
        dialog.setNameFilter(filter_text)
    if start is not None:
        dialog.setDirectory(str(start))
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    return dialog


def _explain(parent: QWidget, what: str, path: Path, error: OSError) -> None:
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        f"Could not save {what}",
        f"Nothing was saved to {path}: {reason_of(error)}.",
        QMessageBox.StandardButton.Ok,
        parent,
    )
    box.setInformativeText(f"{advice_for(error)}, or choose another folder.")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
