"""Asking for files and folders without stopping anything: every dialog tells when it is answered."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from jnn_studio.base.endings import ending_of, with_ending
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.base.text import printable
from jnn_studio.data.image_formats import EXTENSIONS, WRITTEN

MODELS = "Models (*.safetensors *.jnnmodel)"
ARCHIVES = "Archives (*.zip)"
IMAGES = f"Images ({' '.join(f'*{extension}' for extension in EXTENSIONS)})"
PICTURES = f"Pictures ({' '.join(f'*{ending}' for written in WRITTEN for ending in written.endings)})"
KERNELS = "Kernels (*.npy *.png *.tif *.tiff)"
FIGURES = "Figures (*.png *.svg *.pdf)"
TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".txt")
TABLES = f"Attribute tables ({' '.join(f'*{ending}' for ending in TABLE_ENDINGS)})"
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
    parent: QWidget,
    title: str,
    filter_text: str,
    ending: str,
    chosen: _Chosen,
    name: str = "",
    others: Collection[str] = (),
    replaces: bool = True,
) -> None:
    """Where to write a file; ``name`` is proposed.

    ``ending`` is added to a name that has neither it nor one of ``others``, and if the name has the ending of
    another kind of file, that is said and asked first. So is replacing the file that would be written, unless
    whoever asks does that (not ``replaces``).
    """

    def asked(typed: Path) -> None:
        path = typed if ending_of(typed) in others else with_ending(typed, ending)
        words = []
        if path != typed and ending_of(typed):
            words.append(
                f"“{printable(typed.name)}” does not end in {ending}: it becomes “{printable(path.name)}”."
            )
        if replaces and path.exists():
            words.append(f"There is a file “{printable(path.name)}” already; it will be replaced.")
        if words:
            _ask_to_write(parent, title, path, words, chosen)
        else:
            chosen(path)

    dialog = _ask(parent, title, QFileDialog.FileMode.AnyFile, asked, filter_text)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # It would ask for the name as it was typed, which need not be the one that is written.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
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

    ending = f".{suffix}"
    ask_new_file(parent, f"Save {what}", f"{kind} (*{ending})", ending, save, f"{name}{ending}")


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
        f"Nothing was saved to {printable(str(path))}: {reason_of(error)}.",
        QMessageBox.StandardButton.Ok,
        parent,
    )
    box.setInformativeText(f"{advice_for(error)}, or choose another folder.")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def _ask_to_write(parent: QWidget, title: str, path: Path, words: list[str], chosen: _Chosen) -> None:
    box = QMessageBox(QMessageBox.Icon.Question, title, f"Write {printable(str(path))}?", parent=parent)
    box.setObjectName("write_box")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setInformativeText("\n".join(words))
    write = box.addButton("Write", QMessageBox.ButtonRole.AcceptRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    write.setObjectName("write_box.write")
    box.setDefaultButton(cancel)
    box.setEscapeButton(cancel)
    write.clicked.connect(lambda: chosen(path))
    box.open()
