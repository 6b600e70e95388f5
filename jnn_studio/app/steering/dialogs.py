"""The questions a page that trains asks; none of them holds up the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from jnn_studio.app.file_dialogs import ask_folder
from jnn_studio.base.text import printable

_CONFIRM = "train.confirm_discard"


def confirm_discard(parent: QWidget, name: str, path: Path, discard: Callable[[], None]) -> None:
    """Ask whether the run may be deleted; asks once, however often it is called."""
    if parent.findChild(QMessageBox, _CONFIRM) is not None:
        return
    box = QMessageBox(parent)
    box.setObjectName(_CONFIRM)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Discard the run?")
    box.setText(f"Discard “{name}” and what it has learnt?")
    box.setInformativeText(f"The run in {printable(str(path))} is deleted. This cannot be undone.")
    keep = box.addButton("Keep training", QMessageBox.ButtonRole.RejectRole)
    yes = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
    keep.setObjectName("train.keep_training")
    yes.setObjectName("train.discard_now")
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    yes.clicked.connect(discard)
    box.open()


def withdraw_discard(parent: QWidget) -> None:
    """The question has become pointless."""
    box = parent.findChild(QMessageBox, _CONFIRM)
    if box is not None:
        box.close()


def ask_run_folder(parent: QWidget, begin: Path, opened: Callable[[Path], None]) -> None:
    """Have a run folder chosen."""
    ask_folder(parent, "Open a run folder", opened, begin, object_name="train.open_dialog")
